"""What the clock starts."""

from __future__ import annotations

from celery import shared_task

from notices import services

BATCH = 500


@shared_task(name="notices.deliver", ignore_result=True)
def deliver() -> int:
    """Deliver notices whose people's own hours have begun, batch by batch, until none is left."""
    total = 0
    while claimed := services.deliver_due(limit=BATCH):
        total += claimed
        if claimed < BATCH:
            break
    return total


@shared_task(name="notices.prune", ignore_result=True)
def prune() -> int:
    """Delete notices that were read long ago."""
    return services.prune()
