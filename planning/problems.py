"""A stretch of days as a problem of the search, and what its solution means. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.enums import LinkKind
from dispatch.evaluator import Span
from dispatch.evaluator.checks import most_minutes
from dispatch.links import RIGHT_AFTER
from dispatch.optimiser.problem import FOREVER, Break, Order, Problem, Worker
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.travel import ESTIMATE, Point, Roads
from planning.days import (
    MOST_AGEING_DAYS,
    PRIZES,
    UNTOLD_CHANGE,
    Gap,
    Placed,
    Prices,
    Task,
    Wait,
    hours_of,
    start_window,
    whole_minute,
)
from planning.roads import NOWHERE, UNKNOWN, seconds_by

if TYPE_CHECKING:
    from planning.pricing import Objectives


@dataclass(frozen=True, slots=True)
class Asked:
    """A problem for the search: gaps are its workers; `owner` says which task each of its orders is of."""

    gaps: Sequence[Gap]
    tasks: Sequence[Task]
    between: Span
    problem: Problem
    owner: list[int]
    roads: Roads = ESTIMATE

    @property
    def zero(self) -> int:
        """The instant at which the problem's times begin: a whole minute, so that all its times are."""
        return self.between[0] // 60 * 60

    def placed(self, routes: Sequence[Sequence[int]], starts: Sequence[Sequence[int]]) -> list[Placed]:
        """What the routes and times of a solution mean."""
        found: list[Placed] = []
        for gap, route, times in zip(self.gaps, routes, starts, strict=True):
            place = gap.origin
            for order, start in zip(route, times, strict=True):
                task = self.tasks[self.owner[order]]
                minutes = self.roads.trip(place, task.work.place)[0]
                found.append(Placed(task, gap.person.id, self.zero + start, minutes))
                place = task.work.place
        return found


def problem_of(
    gaps: Sequence[Gap],
    tasks: Sequence[Task],
    between: Span,
    prices: Prices,
    policy: Policy = PRODUCT,
    *,
    objectives: Objectives | None = None,
) -> Asked:
    """The search's problem; its times count from `Asked.zero`. A crew's task is one order for each member; a task
    that waits for another of these is an order after that one's."""
    zero = between[0] // 60 * 60
    able = _Able(gaps, zero, policy)
    numbers = {person_id: n for n, person_id in enumerate(dict.fromkeys(gap.person.id for gap in gaps))}
    owner = [number for number, task in enumerate(tasks) for _member in range(task.work.crew_size)]
    first_of = {tasks[number].work.id: order for order, number in reversed(list(enumerate(owner)))}
    linked = {wait.first for task in tasks for wait in task.waits}
    far = _Far(gaps, numbers, policy)
    orders = []
    for order, number in enumerate(owner):
        task = tasks[number]
        member = order - first_of[task.work.id]
        is_alone = task.work.crew_size == 1 and not task.waits and task.work.id not in linked
        known = _order(task, able, between, prices, is_alone=is_alone)
        asks = objectives.prices(task) if objectives else {}
        was = numbers.get(_expected(task, member), -1)
        # Nobody at all is a change too for who waits for somebody who cannot come any more.
        change = known.change_price if task.told and was < 0 else 0
        # Whoever is sent, it is as good as it was without these prices that somebody is.
        prices_of = {numbers[i]: min(n, known.prize // 2) for i, n in asks.items() if i in numbers}
        wait = next((wait for wait in task.waits if wait.first in first_of), None)
        orders.append(
            replace(
                known,
                was=was,
                crew=number if task.work.crew_size > 1 else -1,
                forbidden=far.too_far(task.work.place),
                prices=prices_of,
                prize=known.prize + change + max(prices_of.values(), default=0),
                **(
                    _following(wait, first_of[wait.first], tasks[owner[first_of[wait.first]]]) if wait else {}
                ),
            )
        )
    workers = [
        Worker(
            start=_spot(gap.origin),
            end=_spot(gap.target) if gap.has_target else NOWHERE,
            shift=(whole_minute(gap.span[0]) - zero, gap.span[1] - zero),
            can=able.of(number),
            pause=_shifted(gap.pause, zero),
            person=numbers[gap.person.id],
            name=gap.person.name,
            regular_end=FOREVER if gap.regular_end is None else gap.regular_end - zero,
            overtime_price=objectives.overtime_price if objectives else 0,
        )
        for number, gap in enumerate(gaps)
    ]
    plan = _standing(gaps, tasks, owner)
    return Asked(
        gaps, tasks, between, Problem(workers, orders, seconds_by(policy.roads), plan), owner, policy.roads
    )


def _standing(gaps: Sequence[Gap], tasks: Sequence[Task], owner: Sequence[int]) -> list[list[int]]:
    """What stands in each gap already: orders in driving order. Crews and what waits are planned anew."""
    coming: dict[int, list[tuple[int, int]]] = {}
    for order, number in enumerate(owner):
        task = tasks[number]
        if task.was and task.work.crew_size == 1 and not task.waits:
            coming.setdefault(task.was[0], []).append((task.was[1], order))
    return [
        [
            order
            for start, order in sorted(coming.get(gap.person.id, ()))
            if gap.span[0] <= start < gap.span[1]
        ]
        for gap in gaps
    ]


def _following(wait: Wait, number: int, first: Task) -> dict[str, Any]:
    """How an order follows another one. What has a visit already is not given up for what goes right after it."""
    return {
        "after": number,
        "gap": wait.gap,
        "within": RIGHT_AFTER if wait.is_close else FOREVER,
        "same_person": wait.kind == LinkKind.SAME_ENGINEER,
        "binds": wait.is_close and first.was is None,
    }


def _expected(task: Task, member: int) -> int:
    """Who the customer expects as this member of the crew, or of one engineer; 0 for nobody."""
    if member < len(task.team):
        return task.team[member]
    return task.was[0] if task.was and not task.team else 0


class _Able:
    """Who may do what, by signature: tasks that the evaluator cannot tell apart are asked about once."""

    def __init__(self, gaps: Sequence[Gap], at: int, policy: Policy) -> None:
        self._gaps, self._at, self._policy = gaps, at, policy
        self._numbers: dict[object, int] = {}
        self._can: list[set[int]] = [set() for _gap in gaps]

    def signature(self, task: Task) -> int:
        """The number of this kind of work."""
        work = task.work
        key = (
            task.only,
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
                    may_take = task.only is None or person.id in task.only
                    allowed[person.id] = may_take and not evaluator.fixed_reasons(
                        person, work, self._at, self._policy
                    )
                if allowed[person.id]:
                    self._can[place].add(number)
        return self._numbers[key]

    def of(self, place: int) -> frozenset[int]:
        """The kinds of work that may be done in a gap."""
        return frozenset(self._can[place])


class _Far:
    """Who has too long a way to a place from wherever they are free. Ways between visits are left to the
    evaluator."""

    def __init__(self, gaps: Sequence[Gap], numbers: Mapping[int, int], policy: Policy) -> None:
        self._roads = policy.roads
        self._from: dict[tuple[int, int], set[Point | None]] = {}
        for gap in gaps if policy.verdict(codes.MAX_TRAVEL) != ALLOW else ():
            if most := most_minutes(gap.person, policy):
                self._from.setdefault((numbers[gap.person.id], most), set()).add(gap.origin)

    def too_far(self, place: Point | None) -> frozenset[int]:
        """The numbers of those who may not go there first."""
        return frozenset(
            number
            for (number, most), origins in self._from.items()
            if all(self._roads.trip(origin, place)[0] > most for origin in origins)
        )


def _order(task: Task, able: _Able, between: Span, prices: Prices, *, is_alone: bool) -> Order:
    work, zero = task.work, between[0] // 60 * 60
    opens, closes = start_window(task, between)
    hours = hours_of(work, between)
    if not is_alone and hours:
        # What must meet others is held at one moment: only the longest of its hours is open to it.
        first, last = max(hours, key=lambda span: (span[1] - span[0], -span[0]))
        opens, closes = max(opens, first), min(closes, last)
    prize = int(
        prices.prizes.get(task.priority, PRIZES[4]) * (1 + min(task.waiting_days, MOST_AGEING_DAYS) / 10)
    )
    told = (max(0, task.told[0] - zero), max(0, task.told[1] - zero)) if task.told else None
    return Order(
        place=_spot(work.place),
        seconds=work.seconds,
        window=(opens - zero, max(opens, closes) - zero),
        hours=tuple((a - zero, b - zero) for a, b in hours) if is_alone and len(hours) > 1 else (),
        prize=prize if closes >= opens else 0,
        start_by=max(0, min(work.promised[1], closes) - zero),
        late_price=int(prize * prices.late_share),
        needs=frozenset({able.signature(task)}),
        change_price=prices.change if task.told else UNTOLD_CHANGE,
        told=told,
        moved_price=prices.change,
        name=str(work.id),
    )


def _spot(place: Point | None) -> tuple[float, float]:
    return UNKNOWN if place is None else place


def _shifted(pause: Break | None, zero: int) -> Break | None:
    return Break(pause.opens - zero, pause.closes - zero, pause.seconds) if pause else None
