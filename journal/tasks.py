"""What the clock or a nudge starts."""

from __future__ import annotations

from celery import shared_task

from journal import nudge, services


@shared_task(name=nudge.DELIVER, ignore_result=True)
def deliver(*, helps: bool = False) -> int:
    """Deliver everything that is due, unless another worker is at it: that one looks again before it stops.
    One that helps does not ask whether there is another."""
    turn = None if helps else nudge.Turn(nudge.DELIVER)
    if turn is not None and not turn.begin():
        return 0
    return services.deliver_all(turn=turn)


@shared_task(name="journal.prune", ignore_result=True)
def prune() -> int:
    """Delete what nothing will ask for again."""
    return services.prune()
