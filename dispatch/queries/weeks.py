"""What limits an engineer's overtime by the week: read only of those who have such a limit, in one statement more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dispatch.evaluator import Person, Span
from dispatch.evaluator.model import Week
from dispatch.evaluator.weeks import overtime_of
from dispatch.queries.reading import times_beside
from workforce import queries as workforce
from workforce.models import Engineer

A_WEEK = timedelta(days=8)
"""So far a week may begin before a time in it, with a shift of the night before."""


def tell_weeks(people: Iterable[tuple[Person, Engineer]], begin: datetime, end: datetime) -> None:
    """Write on engineers how much overtime their weeks allow, and what was worked of it outside of the time that
    was read: visits that lie between `begin` and `end` stand in their plan."""
    limited = [
        (person, engineer) for person, engineer in people if engineer.overtime_week_minutes is not None
    ]
    if not limited:
        return
    weeks = {person.id: _weeks(_zone(engineer), begin, end) for person, engineer in limited}
    first = min(spans[0][0] for spans in weeks.values())
    last = max(spans[-1][1] for spans in weeks.values())
    beside: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    for engineer_id, visit_id, span in times_beside(list(weeks), (first, last), (begin, end)):
        beside[engineer_id].append((visit_id, span))
    seen = int(begin.timestamp()), int(end.timestamp())
    for person, engineer in limited:
        shifts = workforce.shift_intervals(engineer, first - timedelta(days=1), last + timedelta(days=1))
        spans = [(int(a.timestamp()), int(b.timestamp())) for a, b in shifts]
        worked = [
            (visit_id, at, over)
            for visit_id, span in beside[person.id]
            for at, over in overtime_of(spans, [span])
        ]
        most = (engineer.overtime_week_minutes or 0) * 60
        person.weeks = tuple(
            Week(a, b, most, tuple((pk, over) for pk, at, over in worked if a <= at < b), seen)
            for a, b in ((int(a.timestamp()), int(b.timestamp())) for a, b in weeks[person.id])
        )


def _weeks(zone: ZoneInfo, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The weeks, from Monday to Monday by the clock of a zone, that a time touches, in order."""
    day = begin.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    found = []
    while (opens := datetime.combine(monday, time(0), tzinfo=zone)) < end:
        monday += timedelta(days=7)
        found.append((opens, datetime.combine(monday, time(0), tzinfo=zone)))
    return found


def _zone(engineer: Engineer) -> ZoneInfo:
    return engineer.zone or engineer.tenant.zone
