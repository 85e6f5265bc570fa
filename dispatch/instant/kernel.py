"""The passes over all rows, to be compiled: the same answers as the arrays of `engine` and `slots`, sooner."""

from __future__ import annotations

from math import asin, ceil, sqrt

import numpy as np

from dispatch import travel
from dispatch.evaluator import FOREVER
from dispatch.instant import tables as t
from dispatch.instant.layout import (
    ADDED,
    ARRIVAL,
    AT,
    BUSY,
    EARLIEST,
    FROM,
    FROM_AT,
    IS_BOUND,
    LATEST,
    LOAD,
    MINUTES,
    NO_OVERTIME,
    OVER,
    OVERTIME,
    OVERTIME_LAST,
    OVERTIME_RULE,
    PERSON,
    SECONDS,
    WAY,
    WINDOW,
)
from dispatch.optimiser.kernel.compiled import Array, jit

NEVER = FOREVER
_READY, _END, _ARRIVE_BY, _SHIFT_END = t.READY, t.END, t.ARRIVE_BY, t.SHIFT_END
_LEAD_SECONDS, _LEAD_UNTIL = t.LEAD_SECONDS, t.LEAD_UNTIL
_TAIL_SECONDS, _TAIL_FROM = t.TAIL_SECONDS, t.TAIL_FROM
_ORIGIN, _FOLLOWING, _IS_OVER, _DIRECT, _LOAD = t.ORIGIN, t.FOLLOWING, t.IS_OVER, t.DIRECT, t.LOAD
_DIAMETER, _ROAD, _PARKING, _UNKNOWN = (
    travel.EARTH_DIAMETER_KM,
    travel.ROAD_FACTOR,
    travel.PARKING_MINUTES,
    travel.UNKNOWN_MINUTES,
)
_SAME_PLACE = travel.SAME_PLACE_KM
(_SLOW_KM, _SLOW), (_MIDDLE_KM, _MIDDLE), (_REST_KM, _FAST) = travel.BANDS


@jit
def way(places: Array, to: Array, factors: Array, minutes: Array, km: Array, place: int) -> int:
    """Minutes between a place and the work's, measured when they are asked for first."""
    if minutes[place] >= 0:
        return int(minutes[place])
    x, y, z = places[0, place] - to[0], places[1, place] - to[1], places[2, place] - to[2]
    if np.isnan(x):
        minutes[place] = _UNKNOWN
        return int(_UNKNOWN)
    length = _DIAMETER * asin(min(1.0, sqrt(x * x + y * y + z * z) / 2)) * _ROAD
    slow = min(length, _SLOW_KM)
    left = length - slow
    middle = min(left, _MIDDLE_KM)
    hours = slow / _SLOW * factors[0] + middle / _MIDDLE * factors[1] + (left - middle) / _FAST * factors[2]
    km[place] = length
    minutes[place] = 0 if length < _SAME_PLACE else ceil(hours * 60) + _PARKING
    return int(minutes[place])


@jit
def opened(start: int, hours: Array, asked: Array) -> int:
    """The first time at an instant or after at which the site is open; NEVER where there is none."""
    if not asked[IS_BOUND]:
        return start
    for place in range(hours.shape[0]):
        if hours[place, 1] >= start:
            return int(max(start, hours[place, 0]))
    return NEVER


@jit
def start_in(rows: Array, r: int, minutes: int, hours: Array, asked: Array) -> int:
    """The first start in a row that is so many minutes away, what follows aside; NEVER where there is none."""
    ready = max(rows[r, _READY], asked[FROM_AT])
    lead = min(rows[r, _LEAD_SECONDS], max(0, rows[r, _LEAD_UNTIL] - ready))
    start = max(ready + minutes * 60 + lead, rows[r, _LEAD_UNTIL], asked[EARLIEST])
    return int(opened(start + -start % 60, hours, asked))


@jit
def last_in(rows: Array, r: int, onward: int, asked: Array) -> int:
    """The last start in a row that keeps the shift, the breaks and, `onward` minutes away, what follows."""
    end = min(rows[r, _END], rows[r, _TAIL_FROM])
    if rows[r, _FOLLOWING] >= 0:
        end = min(end, rows[r, _ARRIVE_BY] - onward * 60 - rows[r, _TAIL_SECONDS])
    return int(min(end - asked[SECONDS], rows[r, _SHIFT_END] - 1, asked[LATEST]))


@jit
def scan(
    rows: Array,
    first: Array,
    places: Array,
    home: Array,
    to: Array,
    factors: Array,
    minutes: Array,
    km: Array,
    back: Array,
    back_km: Array,
    able: Array,
    most: Array,
    hours: Array,
    asked: Array,
    found: Array,
    found_km: Array,
) -> None:
    """Write the first start of each engineer of `able`, with the way to it, into `found`, where NEVER stands."""
    rule = asked[OVERTIME_RULE]
    for p in range(first.shape[0] - 1):
        if not able[p]:
            continue
        best, chosen, is_regular = NEVER, -1, False
        for r in range(first[p], first[p + 1]):
            if rows[r, _IS_OVER] and (rule == NO_OVERTIME or (rule == OVERTIME_LAST and is_regular)):
                break
            begin = max(rows[r, _READY], asked[EARLIEST])
            if begin >= best or begin > asked[LATEST] or begin + asked[SECONDS] > rows[r, _END]:
                continue
            away = way(places, to, factors, minutes, km, home[p] + rows[r, _ORIGIN])
            if away > most[p]:
                continue
            start = start_in(rows, r, away, hours, asked)
            if start >= best or start > last_in(rows, r, 0, asked):
                continue
            following = rows[r, _FOLLOWING]
            if following >= 0:
                onward = way(places, to, factors, back, back_km, home[p] + following)
                if start > last_in(rows, r, onward, asked):
                    continue
            best, chosen, is_regular = start, r, rows[r, _IS_OVER] == 0
        if chosen >= 0:
            place = home[p] + rows[chosen, _ORIGIN]
            found[AT, p], found[MINUTES, p], found[LOAD, p] = best, minutes[place], rows[chosen, _LOAD]
            found[OVER, p] = max(0, -((rows[chosen, _SHIFT_END] - best - asked[SECONDS]) // 60))
            found[FROM, p], found_km[p] = rows[chosen, _ORIGIN], km[place]


@jit
def first_ending_after(windows: Array, at: int) -> int:
    """The number of the first window that ends after an instant."""
    low, high = 0, windows.shape[0]
    while low < high:
        middle = (low + high) // 2
        if windows[middle, 1] > at:
            high = middle
        else:
            low = middle + 1
    return low


@jit
def pair(
    rows: Array,
    first: Array,
    places: Array,
    home: Array,
    to: Array,
    factors: Array,
    minutes: Array,
    km: Array,
    back: Array,
    back_km: Array,
    able: Array,
    most: Array,
    until: Array,
    hours: Array,
    asked: Array,
    windows: Array,
    pairs: Array,
    pairs_km: Array,
) -> int:
    """Write each row and window that go together into `pairs` as far as there is room; gives how many there are.

    `until`: each engineer's last start; `windows`: [(begin, end)] in order, none overlapping another.
    """
    count, room = 0, pairs.shape[1]
    for p in range(first.shape[0] - 1):
        if not able[p]:
            continue
        for r in range(first[p], first[p + 1]):
            if rows[r, _IS_OVER] and asked[OVERTIME_RULE] != OVERTIME:
                break
            begin = max(rows[r, _READY], asked[EARLIEST])
            if begin > asked[LATEST] or begin + asked[SECONDS] > rows[r, _END]:
                continue
            place = home[p] + rows[r, _ORIGIN]
            away = way(places, to, factors, minutes, km, place)
            start = start_in(rows, r, away, hours, asked)
            if away > most[p] or start > last_in(rows, r, 0, asked):
                continue
            onward, following = 0, rows[r, _FOLLOWING]
            if following >= 0:
                onward = way(places, to, factors, back, back_km, home[p] + following)
            last = min(last_in(rows, r, onward, asked), until[p])
            added = away
            if rows[r, _DIRECT] >= 0:
                added = max(0, away + onward - rows[r, _DIRECT])
            for w in range(first_ending_after(windows, start), windows.shape[0]):
                if windows[w, 0] > last:
                    break
                at = max(start, windows[w, 0])
                at = opened(at + -at % 60, hours, asked)
                if at >= windows[w, 1] or at > last:
                    continue
                if count < room:
                    pairs[WINDOW, count], pairs[PERSON, count], pairs[ARRIVAL, count] = w, p, at
                    pairs[WAY, count], pairs[ADDED, count] = away, added
                    pairs[BUSY, count], pairs_km[count] = rows[r, _LOAD], km[place]
                count += 1
    return count
