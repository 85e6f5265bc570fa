"""Arrival windows over days: for each the engineer who fits best, and how well that serves the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch import ranking, scores
from dispatch.evaluator import FOREVER, Person, Reason, Span
from dispatch.evaluator.search import needs_own_skills, opening_starts
from dispatch.instant import answers, engine
from dispatch.instant import tables as t
from dispatch.instant.engine import NEVER, Question, World
from dispatch.policy import ALLOW, BLOCK, CONFIRM

Ints = NDArray[np.int64]
GOOD, FAIR = 0.92, 0.75
"""Shares of the best score from which a window is of grade A, or of grade B."""
NEAR_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Slot:
    """A window to arrive in. `person` comes at `at` if it is booked now; `choices` engineers could come.

    `added_minutes`: what the visit adds to that day's travel. `grade`: A, B or C.
    """

    start: int
    end: int
    person: Person
    at: int
    added_minutes: int
    load_percent: int
    choices: int
    score: float
    grade: str


@dataclass(slots=True)
class _Pairs:
    """One row for each engineer's gap and window that go together."""

    window: Ints
    person: Ints
    at: Ints
    minutes: Ints
    km: NDArray[np.float64]
    added: Ints
    load: Ints


def slots(world: World, ask: Question, windows: Sequence[Span]) -> list[Slot]:
    """The windows (in order, none overlapping another) in which somebody could arrive without a reason.

    Windows after the promise come too, told as such: late beats never.
    """
    left, soft, _why_not = answers.able(world, ask)
    pairs = _pairs(world, ask, left & ~soft, windows)
    if not pairs.window.size:
        return []
    columns = _columns(world, ask, pairs)
    total = scores.totals(scores.parts(columns, ask.work.priority, ask.policy), len(pairs.at))
    rows = _best_of_each(world, pairs, np.round(total, 6), len(windows))
    seen = np.zeros((len(windows), world.crowd.count), np.bool_)
    seen[pairs.window, pairs.person] = True
    choices = seen.sum(axis=1)
    most = float(total[rows].max())
    return [
        Slot(
            *windows[int(pairs.window[row])],
            person=world.crowd.people[int(pairs.person[row])],
            at=int(pairs.at[row]),
            added_minutes=int(pairs.added[row]),
            load_percent=int(pairs.load[row]),
            choices=int(choices[pairs.window[row]]),
            score=float(total[row]),
            grade=_grade(int(pairs.at[row]), ask, float(total[row]), most),
        )
        for row in rows.tolist()
    ]


def _best_of_each(world: World, pairs: _Pairs, total: NDArray[np.float64], windows: int) -> NDArray[np.intp]:
    """The row of each window's best engineer: by score, then the earliest."""
    best = np.full(windows, -np.inf)
    np.maximum.at(best, pairs.window, total)
    rows = np.flatnonzero(total == best[pairs.window])
    order = np.lexsort((world.crowd.ids[pairs.person[rows]], pairs.at[rows], pairs.window[rows]))
    _which, first = np.unique(pairs.window[rows][order], return_index=True)
    found: NDArray[np.intp] = rows[order[first]]
    return found


def _pairs(world: World, ask: Question, able: NDArray[np.bool_], windows: Sequence[Span]) -> _Pairs:
    table = world.table(engine.NO_BREAKS if ask.policy.verdict(codes.BREAK) == ALLOW else engine.ALL)
    rows = engine.live_rows(table, ask, able)
    if ask.policy.verdict(codes.OVERTIME) != ALLOW:
        rows = rows[table.numbers[t.IS_OVER, rows] == 0]
    numbers = table.numbers[:, rows]
    minutes, km = table.places.trips(ask.work.place, numbers[t.ORIGIN])
    first = engine.starts_in(numbers, ask, minutes)
    if (most := engine.most_minutes(world.crowd, ask.policy, (BLOCK, CONFIRM))) is not None:
        first[minutes > most[table.person[rows]]] = NEVER
    last = np.minimum(engine.ends(numbers, ask.work), engine.last_starts(table, numbers, ask.work))
    last = np.minimum(last, ask.bounds[1])
    if needs_own_skills(ask.work) and ask.policy.verdict(codes.CERTIFICATE) != ALLOW:
        last = np.minimum(last, world.crowd.certified_until(ask.work)[table.person[rows]])
    gap, window, at = _in_windows(ask, first, last, windows)
    onward = np.zeros(len(rows), np.int64)
    between = np.flatnonzero(numbers[t.DIRECT] >= 0)
    onward[between] = table.places.trips(ask.work.place, numbers[t.FOLLOWING, between])[0]
    added = np.maximum(0, minutes + onward - np.maximum(0, numbers[t.DIRECT]))
    return _Pairs(
        window, table.person[rows][gap], at, minutes[gap], km[gap], added[gap], numbers[t.LOAD][gap]
    )


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
    at += -at % 60
    fits = np.ones(at.shape, np.bool_)
    hours = opening_starts(ask.work, ask.policy)
    if hours is not None:
        at, fits = engine.opened(at, hours)
    fits &= (at < end[window]) & (at <= last[gap])
    return gap[fits], window[fits], at[fits]


def _columns(world: World, ask: Question, pairs: _Pairs) -> scores.Columns:
    """The columns of the ranking with other times, and with the travel that is added instead of driven."""
    nothing = np.zeros(world.crowd.count, np.int64)
    starts = engine.Starts(nothing, nothing, nothing.astype(np.float64), nothing, nothing)
    found = answers.Found(world, ask, starts, nothing > 0, [])
    columns = answers.columns_of(found, np.arange(world.crowd.count)).take(pairs.person.astype(np.intp))
    at, crowd, work = pairs.at.astype(np.float64), world.crowd, ask.work
    hours = (work.seconds / 60 + pairs.minutes) / 60
    promised = work.promised[1] < FOREVER
    return replace(
        columns,
        slack=(work.promised[1] - at) / 60 if promised else np.full(len(at), np.nan),
        wait=(at - ask.from_at) / 60,
        travel=pairs.added.astype(np.float64),
        load=pairs.load.astype(np.float64),
        cost=crowd.hour_cost[pairs.person] * hours + crowd.km_cost[pairs.person] * pairs.km,
    )


def _grade(at: int, ask: Question, score: float, most: float) -> str:
    share = score / most if most > 0 else 1.0
    if at > ask.work.promised[1] or share < FAIR:
        return "C"
    return "A" if share >= GOOD else "B"


def reasons_of(slot: Slot, ask: Question) -> tuple[list[Reason], list[Reason]]:
    """What speaks for a window, and what against it."""
    promised = ask.work.promised[1]
    pluses, minuses = [], []
    if slot.at > promised:
        facts = {"bound": "promised_end", "at": promised, "minutes": (slot.at - promised) // 60}
        minuses.append(Reason(codes.WINDOW, facts))
    elif promised < FOREVER:
        pluses.append(Reason("before_promise", {"minutes": (promised - slot.at) // 60}))
    if slot.load_percent == 0:
        pluses.append(Reason("free_day"))
    elif slot.added_minutes <= NEAR_MINUTES:
        pluses.append(Reason("near_visit", {"minutes": slot.added_minutes}))
    if slot.added_minutes >= ranking.LONG_TRAVEL_MINUTES:
        minuses.append(Reason("long_travel", {"minutes": slot.added_minutes}))
    if slot.load_percent >= ranking.BUSY_PERCENT:
        minuses.append(Reason("busy", {"percent": slot.load_percent}))
    return pluses, minuses
