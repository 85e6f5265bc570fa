"""What the clock or a nudge starts."""

from __future__ import annotations

from celery import shared_task

from channels import services


@shared_task(name="channels.send_due", ignore_result=True, soft_time_limit=120, time_limit=180)
def send_due() -> int:
    """Send messages that are due."""
    return services.send_due()


@shared_task(name="channels.poll_due", ignore_result=True, soft_time_limit=240, time_limit=290)
def poll_due() -> int:
    """Fetch mailboxes that are due."""
    return services.poll_due()


@shared_task(name="channels.fetch_due", ignore_result=True, soft_time_limit=240, time_limit=290)
def fetch_due() -> int:
    """Fetch files that providers keep for us."""
    return services.fetch_due()
