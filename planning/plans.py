"""The plan of a horizon: crews and work over several days first, then stretch by stretch by the search.

Pure; each verdict is the evaluator's. A stretch is what is searched at once, usually a day; so memory is bounded
by the busiest day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.crews import Likings, Team, check_team, earliest_team
from dispatch.evaluator import Person, Reason, Span, Stop, Verdict, Work
from dispatch.links import Bound, bound_of, merged
from dispatch.policy import PRODUCT, Policy
from dispatch.stints import crew_in_stints, earliest_stints, ended, in_stints, stints_of
from planning.days import Placed, Prices, Task, gaps_of, problem_of, start_window

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
    planner.awaited = {wait.first for task in waiting for wait in task.waits}
    everything = (stretches[0][0], stretches[-1][1]) if stretches else (0, 0)
    waiting = planner.place_crews(waiting, everything, left_by_search=False)
    waiting = planner.place_stints(waiting, everything, if_whole=False)
    for number, stretch in enumerate(stretches):
        told = _share(progress, number, len(stretches))
        waiting = planner.search(waiting, stretch, _part(effort, len(stretches)), told)
        waiting = planner.place_waiting(waiting, stretch)
    waiting = planner.place_crews(waiting, everything, left_by_search=True)
    waiting = planner.place_stints(waiting, everything, if_whole=True)
    waiting = planner.place_waiting(waiting, everything)
    planner.found.unplaced += [(task, planner.why_not(task, everything)) for task in waiting]
    return planner.found


def _part(effort: Effort, stretches: int) -> Effort:
    seconds = None if effort.seconds is None else effort.seconds / stretches
    return replace(effort, seconds=seconds)


def _share(progress: Progress | None, number: int, of: int) -> Progress | None:
    if progress is None:
        return None
    return lambda percent: progress((number * 100 + percent) // of)


class _Planner:
    """The plan as it grows, over the same people. `ends`: when work planned by this run ends, and whose it is."""

    def __init__(self, people: Sequence[Person], prices: Prices, likings: Likings, policy: Policy) -> None:
        self.people, self.prices, self.likings, self.policy = people, prices, likings, policy
        self.by_id = {person.id: person for person in people}
        self.ends: dict[int, tuple[int, int]] = {}
        self.awaited: set[int] = set()
        self.found = Plan()

    def place_crews(self, waiting: Sequence[Task], between: Span, *, left_by_search: bool) -> list[Task]:
        """Give work of several engineers the first team that can come; returns what is still to be planned. What
        the search can plan is left to it first."""
        left = []
        for task in waiting:
            bound = self._bound(task)
            is_later = task.work.crew_size == 1 or (task.is_for_search and not left_by_search)
            team = None if is_later or bound is None else self._team(bound, between)
            if isinstance(team, Team):
                self._book(team, task)
            else:
                left.append(task)
        return left

    def place_stints(self, waiting: Sequence[Task], between: Span, *, if_whole: bool) -> list[Task]:
        """Give work that may take several days its stints; returns what is still to be planned. Work that fits
        somebody's day whole is left to the search, unless `if_whole`."""
        left = []
        for task in waiting:
            bound = self._bound(task)
            stints: Sequence[Team] = ()
            if bound is not None and bound.may_split and (if_whole or not self._fits_whole(bound, between)):
                stints = self._in_stints(bound, between)
            if stints:
                self._book_stints(stints, task)
            else:
                left.append(task)
        return left

    def place_waiting(self, waiting: Sequence[Task], between: Span) -> list[Task]:
        """Plan what hangs on other work of the run as soon as that has its place: how close it must follow, or by
        whom, the search does not know. Returns what is still to be planned."""
        left = list(waiting)
        while True:
            ready = [task for task in left if task.waits and self._bound(task)]
            done = [task for task in ready if self._insert(task, between)]
            if not done:
                return left
            left = [task for task in left if task not in done]

    def _insert(self, task: Task, between: Span) -> bool:
        """The first time at which somebody can do the work, or a crew."""
        work = self._bound(task)
        if work is None:
            return False
        if work.crew_size > 1:
            team = self._team(work, between)
            if isinstance(team, Team):
                self._book(team, task)
            return isinstance(team, Team)
        asked = (evaluator.earliest_start(person, work, *between, self.policy) for person in self.people)
        good = [verdict for verdict in asked if _is_good(verdict)]
        best = min(good, key=lambda v: (v.span[0], v.travel_minutes, v.person.id), default=None)
        if best is not None:
            self._book(Team(*best.span, (best,)), task)
        return best is not None

    def _team(self, work: Work, between: Span) -> Team | Reason:
        return earliest_team(self.people, work, between, self.likings, self.policy)

    def _bound(self, task: Task) -> Work | None:
        """The work with what its links leave of the time; None while something it waits for has no place."""
        if not task.waits:
            return task.work
        if any(wait.first not in self.ends for wait in task.waits):
            return None
        work = task.work
        bounds = [bound_of(w.kind, *self.ends[w.first], gap=w.gap, zone=w.zone) for w in task.waits]
        bound = merged([*bounds, Bound(work.after, work.start_by, work.same_engineer)])
        return replace(
            work,
            after=bound.after,
            start_by=bound.start_by,
            same_engineer=bound.engineer_id,
            waits_for=task.waits[0].name,
        )

    def why_not(self, task: Task, between: Span) -> tuple[Reason, ...]:
        """Why a task found no place: what it waits for has none, no crew can come, or the rules in the way."""
        work = self._bound(task)
        if work is None:
            name = next(wait.name for wait in task.waits if wait.first not in self.ends)
            return (Reason(codes.DEPENDENCY, {"work_order": name}),)
        if work.crew_size > 1:
            crew = self._crew_in_stints(work, between) if work.may_split else self._team(work, between)
            return (crew,) if isinstance(crew, Reason) else (Reason("dearer"),)
        return why_not(self.people, replace(task, work=work), between, self.policy)

    def _fits_whole(self, work: Work, between: Span) -> bool:
        if work.crew_size > 1:
            return isinstance(self._team(work, between), Team)
        asked = (evaluator.earliest_start(person, work, *between, self.policy) for person in self.people)
        return any(_is_good(verdict) for verdict in asked)

    def _crew_in_stints(self, work: Work, between: Span) -> tuple[Team, ...] | Reason:
        return crew_in_stints(self.people, work, between, self.likings, self.policy)

    def _in_stints(self, work: Work, between: Span) -> Sequence[Team]:
        """The stints of who is done first, in as few stints as possible, or of the first crew; none when nobody can."""
        if work.crew_size > 1:
            crew = self._crew_in_stints(work, between)
            return () if isinstance(crew, Reason) else crew
        found = earliest_stints(self.people, work, between, self.policy)
        good = [verdict for verdict in found if all(map(_is_good, stints_of(verdict)))]
        best = min(good, key=lambda v: (ended(v) // DAY, len(v.then), ended(v), v.person.id), default=None)
        return [Team(*stint.span, (stint,)) for stint in stints_of(best)] if best else ()

    def _book_stints(self, stints: Sequence[Team], task: Task) -> None:
        for number, stint in enumerate(stints):
            known = stop_id(task) if number == 0 else 0
            for verdict in stint.verdicts:
                length = stint.end - stint.start
                self.found.placed.append(
                    Placed(task, verdict.person.id, stint.start, verdict.travel_minutes, length)
                )
                verdict.person.add(Stop(known, f"#{task.work.id}", stint.start, stint.end, task.work.place))
        self.ends[task.work.id] = stints[-1].end, stints[-1].verdicts[0].person.id

    def search(
        self, waiting: list[Task], stretch: Span, effort: Effort, progress: Progress | None
    ) -> list[Task]:
        """Search one stretch; returns the tasks that found no place in it."""
        # The compiler takes most of a second to load: only the planner needs it.
        from dispatch.optimiser.search import Budget, solve  # noqa: PLC0415

        gaps = [gap for person in self.people for gap in gaps_of(person, stretch)]
        fitting = self._searched(waiting, stretch)
        if not gaps or not fitting:
            return waiting
        watch = _Watch(progress) if progress else None
        asked = problem_of(gaps, fitting, stretch, self.prices, self.policy)
        solution = solve(
            asked.problem,
            Budget(seconds=effort.seconds, steps=effort.steps, threads=effort.threads),
            seed=effort.seed,
            progress=watch,
        )
        if watch is not None and watch.was_stopped:
            raise Stopped
        self.found.steps += solution.steps
        self._keep(asked.placed(solution.routes, solution.starts))
        served = {stop_id(one.task) for one in self.found.placed}
        return [task for task in waiting if stop_id(task) not in served]

    def _searched(self, waiting: Sequence[Task], stretch: Span) -> list[Task]:
        """The tasks that the search may place in a stretch, each with what it waits for."""
        known: dict[int, Task] = {}
        left = [task for task in waiting if task.is_for_search]
        while True:
            more = []
            for task in left:
                one = self._as_searched(task, known)
                if one is not None and one.work.id not in known and _fits(one, stretch):
                    more.append(one)
            if not more:
                return list(known.values())
            known |= {task.work.id: task for task in more}
            left = [task for task in left if task.work.id not in known]

    def _as_searched(self, task: Task, known: Mapping[int, Task]) -> Task | None:
        """A task as the search sees it: with the bounds of what has its place, or after one of `known`."""
        if not task.waits:
            return task
        if (bound := self._bound(task)) is not None:
            return replace(task, work=bound, waits=())
        can_follow = len(task.waits) == 1 and task.waits[0].first in known and task.waits[0].is_searched
        return task if can_follow else None

    def _book(self, team: Team, task: Task) -> None:
        for verdict in team.verdicts:
            one = Placed(task, verdict.person.id, team.start, verdict.travel_minutes)
            verdict.person.add(_stop(one))
            self.found.placed.append(one)
        self.ends[task.work.id] = team.end, team.verdicts[0].person.id

    def _keep(self, placed: Sequence[Placed]) -> None:
        """Plan what was placed, at the old time where that is as good; take back what the evaluator is against,
        with the rest of its crew and what waits for it."""
        for one in placed:
            self.by_id[one.person_id].add(_stop(one))
        groups: dict[int, list[Placed]] = {}
        for one in sorted(placed, key=lambda one: (one.start, one.person_id)):
            groups.setdefault(stop_id(one.task), []).append(one)
        for group in groups.values():
            if not self._stands(group):
                for one in group:
                    _take_back(self.by_id[one.person_id], one)
                continue
            one = group[0]
            kept = [self._as_before(one)] if len(group) == 1 and not self._is_linked(one.task) else group
            self.found.placed += kept
            self.ends[one.task.work.id] = kept[0].end, kept[0].person_id

    def _is_linked(self, task: Task) -> bool:
        return bool(task.waits) or task.work.id in self.awaited

    def _stands(self, group: Sequence[Placed]) -> bool:
        """Whether the evaluator agrees with everybody of a crew, now that the whole stretch is planned."""
        task = group[0].task
        work = self._bound(task)
        if work is None or len(group) < work.crew_size:
            return False
        people = [self.by_id[one.person_id] for one in group]
        if work.crew_size > 1 and check_team(people, work, self.likings):
            return False
        bound = replace(task, work=work)
        return all(_agrees(self.by_id[o.person_id], replace(o, task=bound), self.policy) for o in group)

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
    ask = in_stints if task.work.may_split else _whole
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
