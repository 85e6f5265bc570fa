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


@shared_task(name="dispatch.ask_for_roads", ignore_result=True, queue="outside")
def ask_for_roads() -> int:
    """Ask routing services about the places of work that waits; a slow one holds up nothing of ours."""
    return services.ask_for_waiting()


@shared_task(name="dispatch.learn_travel", ignore_result=True)
def learn_travel() -> int:
    """Learn from finished trips, and forget legs that nobody asked about for long."""
    services.prune_legs()
    return services.calibrate_all()


@shared_task(name="dispatch.prune_changes", ignore_result=True)
def prune_changes() -> int:
    """Delete the changes of engineers and visits that every kept world has seen."""
    return services.prune_world_changes()
