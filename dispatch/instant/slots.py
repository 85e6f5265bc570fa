"""Arrival windows over days: for each the engineer who fits best, and how well that serves the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch import ranking, scores
from dispatch.evaluator import FOREVER, Person, Reason, Span
from dispatch.evaluator.search import needs_own_skills
from dispatch.instant import answers, arrays, engine, layout, passes
from dispatch.instant.world import Given, Question, World
from dispatch.policy import ALLOW, BLOCK, CONFIRM

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

GOOD, FAIR = 0.92, 0.75
"""Shares of the best score from which a window is of grade A, or of grade B."""
NEAR_MINUTES = 10


class Slot(NamedTuple):
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
    """One row for each engineer's gap and window that go together; travel in minutes."""

    window: Ints
    person: Ints
    at: Ints
    minutes: Ints
    added: Ints
    load: Ints
    km: Floats

    @classmethod
    def of(cls, numbers: Ints, km: Floats) -> _Pairs:
        """What `kernel.pair` has written."""
        window, person, at, minutes, added, load = numbers
        return cls(window, person, at, minutes, added, load, km)


def slots(world: World, ask: Question, windows: Sequence[Span]) -> list[Slot]:
    """The windows (in order, none overlapping another) in which somebody could arrive without a reason.

    Windows after the promise come too, told as such: late beats never.
    """
    left, soft, _why_not = answers.able(world, ask)
    pairs = _pairs(world, ask, left & ~soft, windows)
    if not pairs.window.size:
        return []
    told = scores.parts(_columns(world, ask, pairs), ask.work.priority, ask.policy)
    total = scores.totals(told, len(pairs.at))
    rows = _best_of_each(world, pairs, np.round(total, 6), len(windows))
    seen = np.zeros((len(windows), world.crowd.count), np.bool_)
    seen[pairs.window, pairs.person] = True
    choices = seen.sum(axis=1)
    most = float(total[rows].max())
    return [
        Slot(
            start=windows[window][0],
            end=windows[window][1],
            person=world.crowd.people[person],
            at=at,
            added_minutes=added,
            load_percent=load,
            choices=int(choices[window]),
            score=score,
            grade=_grade(at, ask, score, most),
        )
        for window, person, at, added, load, score in zip(
            pairs.window[rows].tolist(),
            pairs.person[rows].tolist(),
            pairs.at[rows].tolist(),
            pairs.added[rows].tolist(),
            pairs.load[rows].tolist(),
            total[rows].tolist(),
            strict=True,
        )
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
    most = engine.most_minutes(world.crowd, ask.policy, (BLOCK, CONFIRM))
    given = Given(world, ask, world.table(ask.kind), world.trips(ask), able, most)
    until = world.crowd.boundless
    if needs_own_skills(ask.work) and ask.policy.verdict(codes.CERTIFICATE) != ALLOW:
        until = world.crowd.certified_until(ask.work)
    if (ready := passes.compiled()) is None:
        found, km = arrays.pair(given, until, windows)
        return _Pairs.of(found, km)
    is_allowed = ask.policy.verdict(codes.OVERTIME) == ALLOW
    asked = ask.numbers(layout.OVERTIME if is_allowed else layout.NO_OVERTIME)
    spans = np.array(windows, np.int64).reshape(-1, 2)
    room = 2 * len(given.table.rows)
    while True:
        found, km = np.empty((6, room), np.int64), np.empty(room)
        count = ready.pair(*given.arrays, until, *asked, spans, found, km)
        if count <= room:
            return _Pairs.of(found[:, :count], km[:count])
        room = count


def _columns(world: World, ask: Question, pairs: _Pairs) -> scores.Columns:
    """The columns of the ranking with other times, and with the travel that is added instead of driven."""
    crowd, everybody = world.crowd, np.arange(world.crowd.count)
    at, minutes = pairs.at.astype(np.float64), pairs.minutes.astype(np.float64)
    nothing = np.zeros(len(at))
    return scores.Columns(
        slack=answers.slack(ask, at),
        wait=(at - ask.from_at) / 60,
        travel=pairs.added.astype(np.float64),
        overtime=nothing,
        load=pairs.load.astype(np.float64),
        **{
            name: column[pairs.person]
            for name, column in answers.personal(crowd, ask.work, everybody).items()
        },
        cost=answers.money(crowd.costs[:, pairs.person], ask.work, minutes, pairs.km, nothing),
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
