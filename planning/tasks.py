"""What the clock starts, on a queue of its own: planning never holds up anything else."""

from __future__ import annotations

from celery import shared_task

from planning import services


@shared_task(name="planning.carry_out", ignore_result=True, queue="planning")
def carry_out() -> int:
    """Take up planning runs that wait, one after the other, until none is left."""
    total = 0
    while carried := services.carry_out_due(limit=1):
        total += carried
    return total
