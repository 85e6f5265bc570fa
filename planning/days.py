"""One stretch of days as the search sees it, and its plan as the evaluator does. Pure.

What must not move stands as walls: each engineer's free time between walls (fixed visits, absences, the ends
of a shift) is a worker of its own, so that no search can drop or shift a promise. Instants are whole seconds
since 1970, as in `dispatch.evaluator`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dispatch import evaluator
from dispatch.evaluator import Person, Span, Stop, Work
from dispatch.optimiser.problem import Break, Order, Problem, Worker
from dispatch.policy import PRODUCT, Policy
from dispatch.travel import Point
from planning.roads import NOWHERE, UNKNOWN, road_seconds

SHORTEST_GAP = 15 * 60
PRIZES: Mapping[int, int] = {1: 144_000, 2: 36_000, 3: 10_800, 4: 3_600}
"""Seconds of cost that leaving work of a priority undone is worth; each day of waiting adds a tenth."""
UNTOLD_CHANGE = 300
"""What moving a visit costs that nobody was told of: enough to leave alone what is as good."""
MOST_AGEING_DAYS = 10
TOLD_TOLERANCE = 30 * 60
"""A visit that comes so many seconds later than its customer was told is still the visit they expect."""


@dataclass(frozen=True, slots=True)
class Task:
    """Work to find a place for. `was` is (engineer, start) of its visit; `told` whether people know of it."""

    work: Work
    priority: int = 3
    visit_id: int = 0
    was: tuple[int, int] | None = None
    told: bool = False
    waiting_days: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A task with the engineer and the time found for it; `seconds` 0 is all of it, else this is a part."""

    task: Task
    person_id: int
    start: int
    travel_minutes: int
    seconds: int = 0

    @property
    def end(self) -> int:
        return self.start + (self.seconds or self.task.work.seconds)


@dataclass(frozen=True, slots=True)
class Gap:
    """Free time of one engineer between two walls. `target` is where to be when it ends, if anywhere."""

    person: Person
    span: Span
    origin: Point | None
    target: Point | None
    has_target: bool
    pause: Break | None = None


@dataclass(slots=True)
class DayPlan:
    """What a search made of the tasks; `unplaced` are those without a place, in the order given."""

    placed: list[Placed] = field(default_factory=list)
    unplaced: list[Task] = field(default_factory=list)
    cost: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Prices:
    """What the search weighs driving against, in seconds of cost."""

    change: int = 1_800
    late_share: float = 0.5
    prizes: Mapping[int, int] = field(default_factory=lambda: dict(PRIZES))


def gaps_of(person: Person, between: Span) -> list[Gap]:
    """The free time that an engineer's walls leave between two instants, in order."""
    found: list[Gap] = []
    for shift in person.shifts:
        begin, end = max(shift[0], between[0]), min(shift[1], between[1])
        if end - begin < SHORTEST_GAP:
            continue
        walls = [stop for stop in person.stops if stop.end > shift[0] and stop.start < shift[1]]
        found += _between_walls(person, (shift[0], end), begin, walls)
    return found


def _between_walls(person: Person, shift: Span, begin: int, walls: Sequence[Stop]) -> list[Gap]:
    busy: list[tuple[int, int, Stop | None]] = [(stop.start, stop.end, stop) for stop in walls]
    busy += [(a, b, None) for a, b in person.absences if b > shift[0] and a < shift[1]]
    busy.sort(key=lambda one: one[:2])
    place, ready = person.home, shift[0]
    gaps: list[Gap] = []
    for start, end, stop in [*busy, (shift[1], shift[1], None)]:
        span = (max(ready, begin), min(start, shift[1]))
        if span[1] - span[0] >= SHORTEST_GAP:
            target = stop.place if stop else None
            gaps.append(Gap(person, span, place, target, has_target=stop is not None))
        if stop is not None:
            place = stop.place
        ready = max(ready, end)
    return _with_break(person, shift, gaps)


def _with_break(person: Person, shift: Span, gaps: list[Gap]) -> list[Gap]:
    """Put the shift's break where most of its window is free; a break that fits nowhere is had already."""
    for earliest, latest, seconds in person.breaks:
        if not shift[0] <= earliest < shift[1]:
            continue
        room = [min(gap.span[1], latest + seconds) - max(gap.span[0], earliest) for gap in gaps]
        if room and max(room) >= seconds:
            best = room.index(max(room))
            gap = gaps[best]
            pause = Break(max(earliest, gap.span[0]), min(latest, gap.span[1] - seconds), seconds)
            gaps[best] = Gap(person, gap.span, gap.origin, gap.target, gap.has_target, pause)
            break
    return gaps


def problem_of(
    gaps: Sequence[Gap], tasks: Sequence[Task], between: Span, prices: Prices, policy: Policy = PRODUCT
) -> Problem:
    """The search's problem: gaps are its workers, tasks its orders; times count from `between[0]`."""
    zero = between[0]
    able = _Able(gaps, zero, policy)
    orders = [_order(task, gaps, able, between, prices) for task in tasks]
    workers = [
        Worker(
            start=_spot(gap.origin),
            end=_spot(gap.target) if gap.has_target else NOWHERE,
            shift=(gap.span[0] - zero, gap.span[1] - zero),
            can=able.of(number),
            pause=_shifted(gap.pause, zero),
            name=gap.person.name,
        )
        for number, gap in enumerate(gaps)
    ]
    return Problem(workers, orders, road_seconds)


class _Able:
    """Who may do what, by signature: tasks that the evaluator cannot tell apart are asked about once."""

    def __init__(self, gaps: Sequence[Gap], at: int, policy: Policy) -> None:
        self._gaps, self._at, self._policy = gaps, at, policy
        self._numbers: dict[object, int] = {}
        self._can: list[set[int]] = [set() for _gap in gaps]

    def signature(self, work: Work) -> int:
        """The number of this kind of work."""
        key = (
            frozenset(work.skills.items()),
            work.area,
            work.customer_id,
            frozenset(work.parts.items()),
            work.same_engineer,
        )
        if key not in self._numbers:
            number = self._numbers[key] = len(self._numbers)
            allowed: dict[int, bool] = {}
            for place, gap in enumerate(self._gaps):
                person = gap.person
                if person.id not in allowed:
                    allowed[person.id] = not evaluator.fixed_reasons(person, work, self._at, self._policy)
                if allowed[person.id]:
                    self._can[place].add(number)
        return self._numbers[key]

    def of(self, place: int) -> frozenset[int]:
        """The kinds of work that may be done in a gap."""
        return frozenset(self._can[place])


def _order(task: Task, gaps: Sequence[Gap], able: _Able, between: Span, prices: Prices) -> Order:
    work, zero = task.work, between[0]
    opens, closes = start_window(task, between)
    was = _gap_at(gaps, task.was) if task.was else -1
    prize = int(
        prices.prizes.get(task.priority, PRIZES[4]) * (1 + min(task.waiting_days, MOST_AGEING_DAYS) / 10)
    )
    start_by, late_price = _lateness(task, prize, prices)
    return Order(
        place=_spot(work.place),
        seconds=work.seconds,
        window=(opens - zero, max(opens, closes) - zero),
        prize=prize if closes >= opens else 0,
        start_by=max(0, min(start_by, closes) - zero),
        late_price=late_price,
        needs=frozenset({able.signature(work)}),
        was=was,
        change_price=(prices.change if task.told else UNTOLD_CHANGE) if was >= 0 else 0,
        name=str(work.id),
    )


def _lateness(task: Task, prize: int, prices: Prices) -> tuple[int, int]:
    """From when on a start is late, and what that costs: after the promise, or well after what was told."""
    promised = task.work.promised[1]
    if task.told and task.was and task.was[1] + TOLD_TOLERANCE < promised:
        return task.was[1] + TOLD_TOLERANCE, prices.change
    return promised, int(prize * prices.late_share)


def start_window(task: Task, between: Span) -> Span:
    """The first and last instant at which a task may begin; the last is before the first when none is.

    Where somebody was told a time, never before it.
    """
    opens, closes = _work_window(task.work, between)
    if task.told and task.was:
        opens = max(opens, min(task.was[1], closes))
    return opens, closes


def _work_window(work: Work, between: Span) -> Span:
    opens = max(between[0], work.window[0], work.promised[0], work.after)
    closes = min(min(between[1], work.window[1]) - work.seconds, work.start_by)
    if work.hours is None:
        return opens, closes
    fitting = [
        (max(opens, a), min(closes, b - work.seconds))
        for a, b in work.hours
        if min(closes, b - work.seconds) >= max(opens, a)
    ]
    return max(fitting, key=lambda span: (span[1] - span[0], -span[0]), default=(opens, opens - 1))


def _gap_at(gaps: Sequence[Gap], was: tuple[int, int]) -> int:
    for number, gap in enumerate(gaps):
        if gap.person.id == was[0] and gap.span[0] <= was[1] < gap.span[1]:
            return number
    return -1


def timed(gap: Gap, tasks: Sequence[Task], between: Span) -> list[Placed] | None:
    """When each task of a gap begins, breaks kept; None when they do not fit after all.

    Two clocks run along: without the break and with it; each takes the way that is over first.
    """
    free: list[tuple[int | None, int | None, bool]] = [
        (gap.span[0], None if gap.pause else gap.span[0], False)
    ]
    legs: list[int] = []
    place = _spot(gap.origin)
    for task in tasks:
        spot = _spot(task.work.place)
        legs.append(_leg(place, spot))
        place = spot
        opens, closes = start_window(task, between)
        free.append(_step(free[-1], legs[-1], gap.pause, (opens, closes), task.work.seconds))
    last = _leg(place, _spot(gap.target)) if gap.has_target else 0
    ending = _step(free[-1], last, gap.pause, (0, gap.span[1]), 0)
    if ending[1] is None:
        return None
    return _traced(gap, tasks, free, legs, had=ending[2], between=between)


def _step(
    ready: tuple[int | None, int | None, bool], leg: int, pause: Break | None, window: Span, seconds: int
) -> tuple[int | None, int | None, bool]:
    """(free without the break, free with it, whether the break was had before this leg)."""
    without, with_it = ready[0], ready[1]
    arrive = None if without is None or pause is None else without + leg
    had_before = None if with_it is None else with_it + leg
    on_the_way = None
    if pause is not None and without is not None and without <= pause.closes:
        on_the_way = max(without + leg, pause.opens) + pause.seconds
    options = [at for at in (had_before, on_the_way) if at is not None]
    after = min(options, default=None)
    return (
        _free_after(arrive, window, seconds),
        _free_after(after, window, seconds),
        had_before is not None and after == had_before,
    )


def _free_after(arrive: int | None, window: Span, seconds: int) -> int | None:
    if arrive is None:
        return None
    start = max(_whole_minute(arrive), window[0])
    return start + seconds if start <= window[1] else None


def _traced(
    gap: Gap,
    tasks: Sequence[Task],
    free: Sequence[tuple[int | None, int | None, bool]],
    legs: Sequence[int],
    *,
    had: bool,
    between: Span,
) -> list[Placed] | None:
    """Follow the clocks back from the end: with the break until the leg on which it was had."""
    found: list[Placed] = []
    for number in range(len(tasks), 0, -1):
        without, with_it, had_before = free[number]
        end = with_it if had else without
        if end is None:
            return None
        task = tasks[number - 1]
        found.append(Placed(task, gap.person.id, end - task.work.seconds, -(-legs[number - 1] // 60)))
        had = had and had_before
    return found[::-1]


def _leg(a: tuple[float, float], b: tuple[float, float]) -> int:
    return int(road_seconds(np.array([a]), np.array([b]))[0, 0])


def _spot(place: Point | None) -> tuple[float, float]:
    return UNKNOWN if place is None else place


def _shifted(pause: Break | None, zero: int) -> Break | None:
    return Break(pause.opens - zero, pause.closes - zero, pause.seconds) if pause else None


def _whole_minute(at: int) -> int:
    return -(-at // 60) * 60
