"""Trips that were really driven, as far as what engineers reported tells where from, where to and how long."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from dispatch.models import Visit
from dispatch.queries.planning import seconds
from dispatch.travel import Point, point_of
from workforce import queries as workforce

MOST = 5_000
"""The latest trips, so many at most."""
AT_ONCE = timedelta(minutes=30)
"""Who sets out later after a visit may have been anywhere."""
A_NIGHT = timedelta(hours=8)
"""Who has not worked for so long sets out from home."""
_BreakTime = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Driven:
    """A finished trip to a visit."""

    visit_id: int
    origin: Point
    target: Point
    minutes: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of a visit's trip; `start` None when nobody said when it began."""

    visit_id: int
    engineer_id: int
    home: Point | None
    place: Point | None
    start: datetime | None
    arrived: datetime
    ended: datetime | None


def driven(since: datetime, until: datetime) -> list[Driven]:
    """Trips that ended between two instants, by engineer and time. Left out: where it is not known where they
    began, and those during which a break may have been taken."""
    seen = _seen(since, until)
    breaks = _breaks({one.engineer_id for one in seen}, since, until)
    found: list[Driven] = []
    for engineer_id, visits in groupby(seen, key=lambda one: one.engineer_id):
        found += _trips(list(visits), breaks.get(engineer_id, []))
    return found


def _seen(since: datetime, until: datetime) -> list[_Seen]:
    rows = (
        Visit.objects.filter(arrived_at__gte=since, arrived_at__lt=until)
        .order_by("-arrived_at")
        .values_list(
            "pk",
            "engineer_id",
            "engineer__home_latitude",
            "engineer__home_longitude",
            "work_order__site__latitude",
            "work_order__site__longitude",
            "travel_started_at",
            "arrived_at",
            "ended_at",
        )[:MOST]
    )
    found = [
        _Seen(pk, engineer, point_of(home_lat, home_lon), point_of(lat, lon), start, arrived, ended)
        for pk, engineer, home_lat, home_lon, lat, lon, start, arrived, ended in rows
        if arrived is not None
    ]
    return sorted(found, key=lambda one: (one.engineer_id, one.arrived))


def _trips(visits: Sequence[_Seen], breaks: Sequence[_BreakTime]) -> list[Driven]:
    found = []
    before: _Seen | None = None
    for one in visits:
        origin = _origin(one, before)
        if origin and one.place and one.start and not _touches(breaks, one.start, one.arrived):
            minutes = (one.arrived - one.start).total_seconds() / 60
            found.append(Driven(one.visit_id, origin, one.place, minutes))
        before = one
    return found


def _origin(one: _Seen, before: _Seen | None) -> Point | None:
    """Where the trip began, if that is known."""
    if one.start is None:
        return None
    if before is None or (before.ended and one.start - before.ended >= A_NIGHT):
        return one.home
    if before.ended and before.ended <= one.start <= before.ended + AT_ONCE:
        return before.place
    return None


def _breaks(engineer_ids: Collection[int], since: datetime, until: datetime) -> dict[int, list[_BreakTime]]:
    """When each engineer may have a break: from its earliest beginning to its latest end."""
    return {
        engineer.pk: [
            (seconds(first), seconds(last) + length)
            for first, last, length in workforce.break_windows(engineer, since, until)
        ]
        for engineer in workforce.engineers_to_plan(engineer_ids, since=since)
    }


def _touches(breaks: Sequence[_BreakTime], start: datetime, end: datetime) -> bool:
    """Whether a break may lie inside a trip, or overlap it."""
    first = bisect_left(breaks, seconds(start), key=lambda one: one[1])
    return first < len(breaks) and breaks[first][0] < seconds(end)
