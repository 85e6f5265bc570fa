"""The plan of a horizon: crews and work over several days first, then stretch by stretch by the search.

Pure; each verdict is the evaluator's. A stretch is what is searched at once, usually a day; so memory is bounded
by the busiest day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from dispatch import evaluator
from dispatch.crews import Likings, Team, earliest_team
from dispatch.evaluator import Person, Reason, Span, Stop, Verdict, Work
from dispatch.optimiser.search import Budget, solve
from dispatch.parting import earliest_parts, ended, in_parts, parts_of
from dispatch.policy import PRODUCT, Policy
from planning.days import Gap, Placed, Prices, Task, gaps_of, problem_of, start_window, timed

DAY = 24 * 3600
Progress = Callable[[int], bool]
"""Told how many per cent are done; False asks to stop."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search in all: `seconds` by the clock, or a fixed number of `steps` a round and stretch."""

    seconds: float | None = None
    steps: int | None = None
    threads: int = 2
    seed: int = 1


@dataclass(slots=True)
class Plan:
    """What was found: a place for each task placed (one for each member of a crew), and why not the others."""

    placed: list[Placed] = field(default_factory=list)
    unplaced: list[tuple[Task, tuple[Reason, ...]]] = field(default_factory=list)
    steps: int = 0


class Stopped(Exception):
    """The run was asked to stop."""


def plan(
    people: Sequence[Person],
    tasks: Iterable[Task],
    stretches: Sequence[Span],
    *,
    prices: Prices,
    effort: Effort,
    likings: Likings | None = None,
    policy: Policy = PRODUCT,
    progress: Progress | None = None,
) -> Plan:
    """Place tasks in the free time of people; their stops are walls and stay. `people` are changed.

    Deterministic for given steps and seed. Raises `Stopped` when `progress` said so.
    """
    planner = _Planner(people, prices, likings or {}, policy)
    waiting = sorted(tasks, key=lambda task: (task.priority, task.work.promised[1], task.work.id))
    if stretches:
        waiting = planner.place_crews(waiting, (stretches[0][0], stretches[-1][1]))
        waiting = planner.place_parts(waiting, (stretches[0][0], stretches[-1][1]))
    for number, stretch in enumerate(stretches):
        told = _share(progress, number, len(stretches))
        waiting = planner.search(waiting, stretch, _part(effort, len(stretches)), told)
    everything = (stretches[0][0], stretches[-1][1]) if stretches else (0, 0)
    waiting = planner.place_parts(waiting, everything, if_whole=True)
    planner.found.unplaced += [(task, why_not(people, task, everything, policy)) for task in waiting]
    return planner.found


def _part(effort: Effort, stretches: int) -> Effort:
    seconds = None if effort.seconds is None else effort.seconds / stretches
    return replace(effort, seconds=seconds)


def _share(progress: Progress | None, number: int, of: int) -> Progress | None:
    if progress is None:
        return None
    return lambda percent: progress((number * 100 + percent) // of)


class _Planner:
    """The plan as it grows, over the same people."""

    def __init__(self, people: Sequence[Person], prices: Prices, likings: Likings, policy: Policy) -> None:
        self.people, self.prices, self.likings, self.policy = people, prices, likings, policy
        self.by_id = {person.id: person for person in people}
        self.found = Plan()

    def place_crews(self, waiting: Sequence[Task], between: Span) -> list[Task]:
        """Give work of several engineers its team; returns what one engineer can do."""
        for task in waiting:
            if task.work.crew_size == 1:
                continue
            team = earliest_team(self.people, task.work, between, self.likings, self.policy)
            if isinstance(team, Reason):
                self.found.unplaced.append((task, (team,)))
            else:
                self._book(team, task)
        return [task for task in waiting if task.work.crew_size == 1]

    def place_parts(self, waiting: Sequence[Task], between: Span, *, if_whole: bool = False) -> list[Task]:
        """Give work that may take several days its parts; returns what is still to be planned. Work that fits
        somebody's day whole is left to the search, unless `if_whole`."""
        left = []
        for task in waiting:
            is_whole = not task.work.may_split or (not if_whole and self._fits_whole(task.work, between))
            verdict = None if is_whole else self._in_parts(task.work, between)
            if verdict is None:
                left.append(task)
            else:
                self._book_parts(parts_of(verdict), task)
        return left

    def _fits_whole(self, work: Work, between: Span) -> bool:
        asked = (evaluator.earliest_start(person, work, *between, self.policy) for person in self.people)
        return any(_is_good(verdict) for verdict in asked)

    def _in_parts(self, work: Work, between: Span) -> Verdict | None:
        """The parts of who is done first, in as few parts as possible."""
        found = earliest_parts(self.people, work, between, self.policy)
        good = [verdict for verdict in found if all(map(_is_good, parts_of(verdict)))]
        return min(good, key=lambda v: (ended(v) // DAY, len(v.then), ended(v), v.person.id), default=None)

    def _book_parts(self, parts: Sequence[Verdict], task: Task) -> None:
        for number, part in enumerate(parts):
            start, end = part.span
            one = Placed(task, part.person.id, start, part.travel_minutes, end - start)
            known = stop_id(task) if number == 0 else 0
            part.person.add(Stop(known, f"#{task.work.id}", start, end, task.work.place))
            self.found.placed.append(one)

    def search(
        self, waiting: list[Task], stretch: Span, effort: Effort, progress: Progress | None
    ) -> list[Task]:
        """Search one stretch; returns the tasks that found no place in it."""
        gaps = [gap for person in self.people for gap in gaps_of(person, stretch)]
        fitting = [task for task in waiting if _fits(task, stretch)]
        if not gaps or not fitting:
            return waiting
        watch = _Watch(progress) if progress else None
        solution = solve(
            problem_of(gaps, fitting, stretch, self.prices, self.policy),
            Budget(seconds=effort.seconds, steps=effort.steps, threads=effort.threads),
            seed=effort.seed,
            progress=watch,
        )
        if watch is not None and watch.was_stopped:
            raise Stopped
        self.found.steps += solution.steps
        routes = [[fitting[i] for i in route] for route in solution.routes]
        served = {id(one.task) for one in self._kept(_timed(gaps, routes, stretch))}
        return [task for task in waiting if id(task) not in served]

    def _book(self, team: Team, task: Task) -> None:
        for verdict in team.verdicts:
            one = Placed(task, verdict.person.id, team.start, verdict.travel_minutes)
            verdict.person.add(_stop(one))
            self.found.placed.append(one)

    def _kept(self, placed: Sequence[Placed]) -> list[Placed]:
        """Plan what was placed, at the old time where that is as good; take back what the evaluator is against."""
        for one in placed:
            self.by_id[one.person_id].add(_stop(one))
        good = [
            self._as_before(one) for one in placed if _stands(self.by_id[one.person_id], one, self.policy)
        ]
        self.found.placed += good
        return good

    def _as_before(self, one: Placed) -> Placed:
        """The same visit at the time it has already, when the plan around it lets that stand."""
        was = one.task.was
        if was is None or was[0] != one.person_id or was[1] == one.start:
            return one
        person, old = self.by_id[one.person_id], replace(one, start=was[1])
        if not _agrees(person, old, self.policy):
            return one
        _take_back(person, one)
        person.add(_stop(old))
        return old


def _fits(task: Task, stretch: Span) -> bool:
    opens, closes = start_window(task, stretch)
    return opens <= closes


class _Watch:
    """Hands the search's progress on, and remembers when it was asked to stop."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.was_stopped = progress, False

    def __call__(self, share: float, _cost: int) -> bool:
        self.was_stopped = self.was_stopped or not self.progress(int(share * 100))
        return not self.was_stopped


def _timed(gaps: Sequence[Gap], routes: Sequence[list[Task]], stretch: Span) -> list[Placed]:
    """The times of all routes. Whole minutes may not fit where seconds did: then the last task gives way."""
    placed: list[Placed] = []
    for gap, route in zip(gaps, routes, strict=True):
        tasks = list(route)
        while tasks:
            if (times := timed(gap, tasks, stretch)) is not None:
                placed += times
                break
            tasks.pop()
    return placed


def _stands(person: Person, one: Placed, policy: Policy) -> bool:
    """Whether the evaluator agrees, now that the whole stretch is planned; else the stop is taken back."""
    if _agrees(person, one, policy):
        return True
    _take_back(person, one)
    return False


def _agrees(person: Person, one: Placed, policy: Policy) -> bool:
    task = one.task
    verdict = evaluator.evaluate(person, task.work, one.start, ignoring=stop_id(task), policy=policy)
    return all(_is_lateness(reason) for reason in verdict.broken)


def _take_back(person: Person, one: Placed) -> None:
    person.stops = [stop for stop in person.stops if stop.visit_id != stop_id(one.task)]


def _is_good(verdict: Verdict) -> bool:
    """Whether a time was found that breaks nothing but the promise."""
    return verdict.start is not None and all(_is_lateness(reason) for reason in verdict.broken)


def _is_lateness(reason: Reason) -> bool:
    return reason.code == evaluator.WINDOW and reason.facts.get("bound") == "promised_end"


def why_not(
    people: Sequence[Person], task: Task, between: Span, policy: Policy = PRODUCT
) -> tuple[Reason, ...]:
    """Why a task found no place: each rule in the way with how many it keeps out, the commonest first."""
    ask = in_parts if task.work.may_split else _whole
    if not task.work.may_split and not _fits(task, between):
        return (Reason(evaluator.WINDOW, {"bound": "none_fits"}),)
    counts: dict[str, tuple[Reason, int]] = {}
    for person in people:
        verdict = ask(person, task.work, between, policy)
        reason = verdict.broken[0] if verdict.broken else Reason("dearer")
        first, number = counts.get(reason.code, (reason, 0))
        counts[reason.code] = (first, number + 1)
    ranked = sorted(counts.values(), key=lambda pair: -pair[1])
    told = tuple(Reason(one.code, {**one.facts, "people": number}) for one, number in ranked)
    return told or (Reason("nobody"),)


def _whole(person: Person, work: Work, between: Span, policy: Policy) -> Verdict:
    return evaluator.earliest_start(person, work, *between, policy=policy)


def stop_id(task: Task) -> int:
    """What a task's stop is called in memory: its visit, else the work order with a minus."""
    return task.visit_id or -task.work.id


def _stop(one: Placed) -> Stop:
    work = one.task.work
    return Stop(stop_id(one.task), f"#{work.id}", one.start, one.end, work.place)
