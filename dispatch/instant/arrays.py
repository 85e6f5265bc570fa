"""The passes over all rows in numpy: what answers until the compiled ones of `kernel` are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch.evaluator import Span, Work
from dispatch.evaluator.search import opening_starts
from dispatch.instant import layout
from dispatch.instant import tables as t
from dispatch.instant.world import NEVER, Given, Question, Starts
from dispatch.policy import ALLOW, BLOCK, CONFIRM, Policy

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class _Rows:
    """The rows of able engineers that could hold the work, travel aside: one column each, whose they are, and
    the way there and on (minutes; onward only where something follows)."""

    numbers: Ints
    person: Ints
    minutes: Ints
    km: Floats
    onward: Ints


def scan(given: Given) -> Starts:
    """What `kernel.scan` finds."""
    ask = given.ask
    found = Starts.nothing(given.world.crowd.count)
    rows = _live(given, has_overtime=ask.policy.verdict(codes.OVERTIME) != BLOCK)
    starts = _starts_in(rows, ask)
    starts[rows.minutes > given.most[rows.person]] = NEVER
    good = np.flatnonzero((starts < NEVER) & (starts <= _last_starts(rows, ask.work)))
    person, is_over = rows.person[good], rows.numbers[t.IS_OVER, good]
    best = _first_of_each(found.at, starts[good], person, is_over, ask.policy)
    chosen, whose = good[best], person[best]
    found.km[whose] = rows.km[chosen]
    past = starts[chosen] + ask.work.seconds - rows.numbers[t.SHIFT_END, chosen]
    found.numbers[layout.MINUTES, whose] = rows.minutes[chosen]
    found.numbers[layout.LOAD, whose] = rows.numbers[t.LOAD, chosen]
    found.numbers[layout.OVER, whose] = np.maximum(0, -(-past // 60))
    found.numbers[layout.FROM, whose] = rows.numbers[t.ORIGIN, chosen]
    return found


def pair(given: Given, until: Ints, windows: Sequence[Span]) -> tuple[Ints, Floats]:
    """What `kernel.pair` finds."""
    ask = given.ask
    rows = _live(given, has_overtime=ask.policy.verdict(codes.OVERTIME) == ALLOW)
    first = _starts_in(rows, ask)
    first[rows.minutes > given.most[rows.person]] = NEVER
    last = np.minimum(_ends(rows.numbers, ask.work), _last_starts(rows, ask.work))
    last = np.minimum(np.minimum(last, ask.bounds[1]), until[rows.person])
    gap, window, at = _in_windows(ask, first, last, windows)
    direct = rows.numbers[t.DIRECT]
    added = np.where(direct >= 0, np.maximum(0, rows.minutes + rows.onward - direct), rows.minutes)
    columns = rows.person[gap], at, rows.minutes[gap], added[gap], rows.numbers[t.LOAD, gap]
    return np.array((window, *columns), np.int64), rows.km[gap]


def _live(given: Given, *, has_overtime: bool) -> _Rows:
    ask, table, trips, places = given.ask, given.table, given.trips, given.world.places
    earliest, latest = ask.bounds
    everybody = table.person
    rows = np.flatnonzero(given.able[everybody])
    numbers = table.rows[rows].T
    begin = np.maximum(numbers[t.READY], earliest)
    fits = (begin <= latest) & (begin + ask.work.seconds <= numbers[t.END])
    if not has_overtime:
        fits &= numbers[t.IS_OVER] == 0
    numbers, person = numbers[:, fits], everybody[rows[fits]]
    places.measure(trips)
    home = places.first[person]
    origin = home + numbers[t.ORIGIN]
    onward = np.where(numbers[t.FOLLOWING] >= 0, trips.onward[home + numbers[t.FOLLOWING]], 0)
    return _Rows(numbers, person, trips.minutes[origin], trips.km[origin], onward)


def _first_of_each(at: Ints, starts: Ints, person: Ints, is_over: Ints, policy: Policy) -> NDArray[np.intp]:
    """Write each engineer's first start into `at` and give its row. Overtime comes only when nothing else
    does, unless the policy allows it."""
    if policy.verdict(codes.OVERTIME) == CONFIRM:
        regular = is_over == 0
        np.minimum.at(at, person[regular], starts[regular])
        last = ~regular & (at[person] == NEVER)
        np.minimum.at(at, person[last], starts[last])
    else:
        regular = last = np.ones(starts.shape, np.bool_)
        np.minimum.at(at, person, starts)
    counts: Bools = regular | last
    found: NDArray[np.intp] = (counts & (starts == at[person])).nonzero()[0]
    return found


def _starts_in(rows: _Rows, ask: Question) -> Ints:
    """The first start in each row, what follows aside; NEVER where there is none. With `_last_starts` it is
    `evaluator.search.start_in`."""
    earliest, latest = ask.bounds
    numbers = rows.numbers
    ready = np.maximum(numbers[t.READY], ask.from_at)
    lead = np.minimum(numbers[t.LEAD_SECONDS], np.maximum(0, numbers[t.LEAD_UNTIL] - ready))
    start = np.maximum(ready + rows.minutes * 60 + lead, np.maximum(numbers[t.LEAD_UNTIL], earliest))
    start, fits = _opened(start + -start % 60, ask)
    fits &= start <= np.minimum(_ends(numbers, ask.work), latest)
    return np.where(fits, start, NEVER)


def _ends(numbers: Ints, work: Work) -> Ints:
    """The last start in each row that keeps the shift and the breaks."""
    end = np.minimum(numbers[t.END], numbers[t.TAIL_FROM]) - work.seconds
    found: Ints = np.minimum(end, numbers[t.SHIFT_END] - 1)
    return found


def _last_starts(rows: _Rows, work: Work) -> Ints:
    """The last start in each row from which what follows is reached in time; NEVER where nothing does."""
    arrive_by, tail = rows.numbers[t.ARRIVE_BY], rows.numbers[t.TAIL_SECONDS]
    last = arrive_by - rows.onward * 60 - tail - work.seconds
    return np.where(rows.numbers[t.FOLLOWING] >= 0, last, NEVER)


def _opened(start: Ints, ask: Question) -> tuple[Ints, Bools]:
    """Each start moved to when the site is open, and whether there is such a time."""
    hours = opening_starts(ask.work, ask.policy)
    if hours is None:
        return start, np.ones(start.shape, np.bool_)
    if not hours:
        return start, np.zeros(start.shape, np.bool_)
    first = np.array([a for a, _b in hours], np.int64)
    last = np.array([b for _a, b in hours], np.int64)
    index = np.searchsorted(last, start, side="left")
    return np.maximum(start, first[np.minimum(index, len(last) - 1)]), index < len(last)


def _in_windows(
    ask: Question, first: Ints, last: Ints, windows: Sequence[Span]
) -> tuple[NDArray[np.intp], Ints, Ints]:
    """(gap, window, start) of every gap that has a start in a window."""
    begin = np.array([a for a, _b in windows], np.int64)
    end = np.array([b for _a, b in windows], np.int64)
    lowest = np.searchsorted(end, first, side="right")
    highest = np.searchsorted(begin, last, side="right") - 1
    counts = np.maximum(0, highest - lowest + 1)
    gap = np.repeat(np.arange(len(first)), counts)
    window = np.arange(len(gap)) - np.repeat(np.cumsum(counts) - counts, counts) + lowest[gap]
    at = np.maximum(first[gap], begin[window])
    at, fits = _opened(at + -at % 60, ask)
    fits &= (at < end[window]) & (at <= last[gap])
    return gap[fits], window[fits], at[fits]
