"""What the clock starts."""

from __future__ import annotations

from celery import shared_task

from tickets import services
from tickets.services.timers import SMALLEST_SHARE

BATCH = 2_000
TIMERS = 1_000
"""A round of timers over all tenants; 2,000 at a time were no cheaper."""


@shared_task(name="tickets.fire_timers", ignore_result=True)
def fire_timers() -> int:
    """Fire SLA timers that are due, round by round, until no tenant's share was full."""
    total = fired = services.fire_due_timers(limit=TIMERS)
    while fired >= SMALLEST_SHARE:
        fired = services.fire_due_timers(limit=TIMERS)
        total += fired
    return total


@shared_task(name="tickets.escalate", ignore_result=True)
def escalate() -> int:
    """Do what was to happen some time after a breach, batch by batch, until none is left."""
    total = 0
    while claimed := services.fire_due_escalations(limit=BATCH):
        total += claimed
        if claimed < BATCH:
            break
    return total


@shared_task(name="tickets.wake", ignore_result=True)
def wake() -> int:
    """Put waiting tickets whose time has come back on the desk, batch by batch, until none is left."""
    total = 0
    while claimed := services.wake_due_tickets(limit=BATCH):
        total += claimed
        if claimed < BATCH:
            break
    return total


@shared_task(name="tickets.refresh_calendars", ignore_result=True)
def refresh_calendars() -> int:
    """Expand the holidays of business calendars before they run out, and take over new decrees."""
    return services.refresh_calendars()
