"""Who is late: one rule for the board, the director's page and whoever else counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q

from dispatch.models import Visit
from dispatch.queries.stints import later_stints
from dispatch.rules import AWAITED, on_time_until

_FULL_MINUTE = timedelta(minutes=1)
LONGEST_AWAITED = timedelta(days=7)
"""Whoever should have come so long ago is not awaited any more, whatever the visit's state."""


def lateness_of(visits: Sequence[Visit], at: datetime) -> dict[int, int]:
    """By how many whole minutes the engineer of each visit comes, or came, after what was promised; 0 in time.

    Who is awaited comes now at the earliest. Of work over several days only the first stint is held to the promise,
    the others to what was planned. One statement at most. {visit id: minutes}
    """
    later = later_stints(visits)
    return {visit.pk: _minutes_late(visit, at, is_held=visit.pk not in later) for visit in visits}


def is_late(visit: Visit, minutes: int) -> bool:
    """Whether somebody is still to come and will be late, given the minutes of `lateness_of`."""
    return minutes > 0 and visit.status in AWAITED


def late_for_promises(at: datetime) -> list[tuple[Visit, int]]:
    """Every visit on whatever day that will come after what was promised, with by how many minutes, the one promised
    first in front: also those planned so."""
    is_after = Q(start_at__gte=F("work_order__promised_end_at") + _FULL_MINUTE)
    is_over = Q(work_order__promised_end_at__lte=at - _FULL_MINUTE)
    found = Visit.objects.filter(is_after | is_over, status__in=AWAITED, start_at__gt=at - LONGEST_AWAITED)
    found = found.select_related("work_order__site", "engineer").order_by("work_order__promised_end_at", "id")
    visits = list(found)
    later = later_stints(visits)
    late = [(visit, _minutes_late(visit, at)) for visit in visits if visit.pk not in later]
    return [(visit, minutes) for visit, minutes in late if minutes]


def _minutes_late(visit: Visit, at: datetime, *, is_held: bool = True) -> int:
    start = visit.span_at(at)[0]
    arrival = max(start, at) if visit.status in AWAITED else visit.arrived_at or start
    promised = visit.work_order.promised_end_at if is_held else None
    return max(0, (arrival - on_time_until(promised, visit.start_at)) // _FULL_MINUTE)
