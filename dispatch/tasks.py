"""What the clock starts."""

from __future__ import annotations

from celery import shared_task

from dispatch import services

BATCH = 200


@shared_task(name="dispatch.fire_timers", ignore_result=True)
def fire_timers() -> int:
    """Carry out what offers and rules waited for, batch by batch, until none is left."""
    total = 0
    while claimed := services.fire_due_timers(limit=BATCH):
        total += claimed
        if claimed < BATCH:
            break
    return total
