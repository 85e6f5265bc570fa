"""The scan of all rows in one go, compiled: the same answers as the arrays of `engine`, sooner.

Compiling happens in a thread of its own, never in a request: until it is done `engine` answers with numpy.
What was compiled is kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from math import asin, ceil, cos, sin, sqrt
from threading import Lock, Thread
from typing import Any

import numpy as np

from dispatch import travel
from dispatch.instant import tables as t
from dispatch.optimiser.kernel.compiled import Array, jit

NEVER = 1 << 53
NO_OVERTIME, OVERTIME_LAST, OVERTIME = 0, 1, 2

_READY, _END, _ARRIVE_BY, _SHIFT_END = t.READY, t.END, t.ARRIVE_BY, t.SHIFT_END
_LEAD_SECONDS, _LEAD_UNTIL = t.LEAD_SECONDS, t.LEAD_UNTIL
_TAIL_SECONDS, _TAIL_FROM = t.TAIL_SECONDS, t.TAIL_FROM
_ORIGIN, _FOLLOWING, _IS_OVER = t.ORIGIN, t.FOLLOWING, t.IS_OVER
_DIAMETER, _ROAD, _PARKING, _UNKNOWN = (
    travel.EARTH_DIAMETER_KM,
    travel.ROAD_FACTOR,
    travel.PARKING_MINUTES,
    travel.UNKNOWN_MINUTES,
)
(_SLOW_KM, _SLOW), (_MIDDLE_KM, _MIDDLE), (_REST_KM, _FAST) = travel.BANDS


@jit
def km_to(places: Array, place: int, to: Array) -> float:
    """Kilometres by road, as `travel.km_between` has them; -1 when a place is not known."""
    latitude, longitude = places[0, place], places[1, place]
    if np.isnan(latitude) or np.isnan(to[0]):
        return -1.0
    a, b = sin((to[0] - latitude) / 2), sin((to[1] - longitude) / 2)
    h = a * a + cos(to[0]) * places[2, place] * (b * b)
    return float(_DIAMETER * asin(min(1.0, sqrt(h))) * _ROAD)


@jit
def minutes_for(km: float) -> int:
    """Whole minutes, as `travel.minutes_for` has them; those of an unknown trip below zero."""
    if km < 0.0:
        return int(_UNKNOWN)
    if km < 0.05:
        return 0
    slow = min(km, _SLOW_KM)
    left = km - slow
    middle = min(left, _MIDDLE_KM)
    hours = slow / _SLOW + middle / _MIDDLE + (left - middle) / _FAST
    return ceil(hours * 60) + int(_PARKING)


@jit
def scan(
    rows: Array,
    person: Array,
    places: Array,
    to: Array,
    able: Array,
    most: Array,
    hours: Array,
    asked: Array,
    found: Array,
    km: Array,
) -> None:
    """Write each engineer's first start into `found` (rows: start, minutes, row), overtime apart in the next
    three. `asked`: from_at, earliest, latest, seconds, overtime, whether hours bound the start."""
    from_at, earliest, latest, seconds = asked[0], asked[1], asked[2], asked[3]
    for r in range(rows.shape[0]):
        p = person[r]
        if not able[p]:
            continue
        base = 0
        if rows[r, _IS_OVER]:
            if asked[4] == NO_OVERTIME:
                continue
            base = 3 if asked[4] == OVERTIME_LAST else 0
        best = found[base, p]
        begin = max(rows[r, _READY], earliest)
        if begin >= best or begin > latest or begin + seconds > rows[r, _END]:
            continue
        way = km_to(places, rows[r, _ORIGIN], to)
        minutes = minutes_for(way)
        if minutes > most[p]:
            continue
        ready = max(rows[r, _READY], from_at)
        lead = min(rows[r, _LEAD_SECONDS], max(0, rows[r, _LEAD_UNTIL] - ready))
        start = max(ready + minutes * 60 + lead, rows[r, _LEAD_UNTIL], earliest)
        start += -start % 60
        if asked[5]:
            place = 0
            while place < hours.shape[0] and hours[place, 1] < start:
                place += 1
            if place == hours.shape[0]:
                continue
            start = max(start, hours[place, 0])
        end = start + seconds
        if start > latest or start >= best or start >= rows[r, _SHIFT_END]:
            continue
        if end > rows[r, _END] or end > rows[r, _TAIL_FROM]:
            continue
        following = rows[r, _FOLLOWING]
        if following >= 0:
            onward = minutes_for(km_to(places, following, to)) * 60
            if end + onward + rows[r, _TAIL_SECONDS] > rows[r, _ARRIVE_BY]:
                continue
        found[base, p], found[base + 1, p], found[base + 2, p] = start, minutes, r
        km[base // 3, p] = max(way, 0.0)


Scan = Callable[..., None]
_ready: list[Scan] = []
_began = Lock()


def compiled() -> Scan | None:
    """The scan when it is compiled; the first time that it is not, a thread begins to."""
    if _ready:
        return _ready[0]
    if _began.acquire(blocking=False):
        Thread(target=compile_now, name="compile-instant", daemon=True).start()
    return None


def compile_now() -> None:
    """Compile, or load what was compiled before, by asking about nobody."""
    nothing: Any = np.zeros((0, t.WIDTH), np.int64)
    scan(
        nothing,
        np.zeros(0, np.int64),
        np.zeros((3, 0)),
        np.zeros(2),
        np.zeros(0, np.bool_),
        np.zeros(0, np.int64),
        np.zeros((0, 2), np.int64),
        np.zeros(6, np.int64),
        np.zeros((6, 0), np.int64),
        np.zeros((2, 0)),
    )
    _ready.append(scan)
