"""What the clock or a nudge starts."""

from __future__ import annotations

from celery import shared_task

from journal import services


@shared_task(name="journal.deliver", ignore_result=True)
def deliver() -> int:
    """Deliver everything that is due."""
    return services.deliver_all()


@shared_task(name="journal.prune", ignore_result=True)
def prune() -> int:
    """Delete what nothing will ask for again."""
    return services.prune()
