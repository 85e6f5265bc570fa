"""What the clock starts."""

from __future__ import annotations

from celery import shared_task

from workforce import services


@shared_task(name="workforce.tell_of_certificates", ignore_result=True)
def tell_of_certificates() -> int:
    """Tell of certificates that end soon, once a day, each once."""
    return services.tell_of_certificates()
