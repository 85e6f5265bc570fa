"""The plan of a horizon: crews and work over several days first, then stretch by stretch by the search.

Pure; each verdict is the evaluator's. A stretch is what is searched at once, usually a day; so memory is bounded
by the busiest day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.crews import Likings, Team, check_team, earliest_team
from dispatch.enums import LinkKind
from dispatch.evaluator import Person, Reason, Span, Stop, Work
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.stints import crew_in_stints
from planning import hanging
from planning.days import Placed, Prices, Task, gaps_of, problem_of
from planning.judging import agrees, first_in_stints, is_good, stop_id, stop_of, take_back, why_not
from planning.progress import Progress, Watch, share
from planning.vans import Vans

MOST_IN_A_ROW = 5
"""So many work orders in a row for one engineer are given to who may do all of them."""


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
    waiting = sorted(tasks, key=lambda task: (task.priority, task.work.promised[1], task.work.id))
    planner = _Planner(people, prices, likings or {}, policy)
    planner.awaited = {wait.first for task in waiting for wait in task.waits}
    planner.anew = {task.work.id for task in waiting if task.was is None}
    everything = (stretches[0][0], stretches[-1][1]) if stretches else (0, 0)
    waiting = planner.share_parts(waiting, everything[0])
    waiting = planner.keep_for_both(waiting, everything[0])
    waiting = planner.place_crews(waiting, everything, left_by_search=False)
    waiting = planner.place_stints(waiting, everything, if_whole=False)
    for number, stretch in enumerate(stretches):
        told = share(progress, number, len(stretches))
        waiting = planner.search(waiting, stretch, _part(effort, len(stretches)), told)
        waiting = planner.place_waiting(waiting, stretch)
    waiting = planner.place_crews(waiting, everything, left_by_search=True)
    waiting = planner.place_stints(waiting, everything, if_whole=True)
    waiting = planner.place_left(waiting, everything)
    waiting = planner.place_waiting(waiting, everything)
    waiting = planner.drop_halves(waiting)
    planner.found.unplaced += [(task, planner.why_not(task, everything)) for task in waiting]
    return planner.found


def _part(effort: Effort, stretches: int) -> Effort:
    seconds = None if effort.seconds is None else effort.seconds / stretches
    return replace(effort, seconds=seconds)


class _Planner:
    """The plan as it grows, over the same people. `ends`: when work planned by this run ends, and whose it is."""

    def __init__(self, people: Sequence[Person], prices: Prices, likings: Likings, policy: Policy) -> None:
        self.people, self.prices, self.likings, self.policy = people, prices, likings, policy
        self.by_id = {person.id: person for person in people}
        self.ends: dict[int, tuple[int, int]] = {}
        self.awaited: set[int] = set()
        self.anew: set[int] = set()
        self.found = Plan()
        self.vans: Vans | None = None
        self.halves: dict[int, str] = {}

    def share_parts(self, waiting: Sequence[Task], at: int) -> list[Task]:
        """Keep parts of which the vans hold too few for the more urgent work, before anything is planned."""
        if self.policy.verdict(codes.PARTS) == ALLOW or not any(task.work.parts for task in waiting):
            return list(waiting)

        def may(person: Person, task: Task) -> bool:
            return not self._may_not(person, task.work, at)

        self.vans = Vans(self.people, waiting, may, self.policy.roads)
        return [replace(task, only=self.vans.only(task)) for task in waiting]

    def keep_for_both(self, waiting: Sequence[Task], at: int) -> list[Task]:
        """Let work that the same engineer must go on with be begun by somebody who may do both, where anybody may."""
        new = {task.work.id: task for task in waiting if task.was is None}
        pairs = [
            (wait.first, task.work.id)
            for task in new.values()
            for wait in task.waits
            if wait.kind == LinkKind.SAME_ENGINEER and wait.first in new
        ]
        for first, then in pairs * min(len(pairs), MOST_IN_A_ROW):
            both = {p.id for p in self._people_for(new[first])} & {p.id for p in self._people_for(new[then])}
            works = new[first].work, new[then].work
            able = frozenset(
                i for i in both if not any(self._may_not(self.by_id[i], one, at) for one in works)
            )
            if able and able != new[first].only:
                new[first] = replace(new[first], only=able)
        return [new.get(task.work.id, task) if task.was is None else task for task in waiting]

    def _may_not(self, person: Person, work: Work, at: int) -> bool:
        return bool(evaluator.fixed_reasons(person, work, at, self.policy))

    def place_left(self, waiting: Sequence[Task], between: Span) -> list[Task]:
        """Place what was held back for scarce parts, or for who may do what follows too, with what is left."""
        left = []
        for task in waiting:
            if task.only is None:
                left.append(task)
                continue
            other = replace(task, only=self._still(task))
            if not self._insert(other, between):
                left.append(other)
        return left

    def _still(self, task: Task) -> frozenset[int] | None:
        """Who may do a task now that all else is planned, as far as scarce parts go."""
        if self.vans is None or self.vans.only(task) is None:
            return None
        self.vans.settle((one.task, one.person_id) for one in self.found.placed)
        return self.vans.still(task)

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
            bound, people = self._bound(task), self._people_for(task)
            stints: Sequence[Team] = ()
            if bound is None or not bound.may_split:
                left.append(task)
                continue
            if if_whole or not self._fits_whole(people, bound, between):
                stints = self._in_stints(people, bound, between)
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
        people = self._people_for(task)
        asked = (evaluator.earliest_start(person, work, *between, self.policy) for person in people)
        good = [verdict for verdict in asked if is_good(verdict)]
        best = min(good, key=lambda v: (v.span[0], v.travel_minutes, v.person.id), default=None)
        if best is not None:
            self._book(Team(*best.span, (best,)), task)
        return best is not None

    def _team(self, work: Work, between: Span) -> Team | Reason:
        return earliest_team(self.people, work, between, self.likings, self.policy)

    def _bound(self, task: Task) -> Work | None:
        return hanging.bound(task, self.ends)

    def why_not(self, task: Task, between: Span) -> tuple[Reason, ...]:
        """Why a task found no place: what it waits for has none, what must follow it has none, no crew can come, or
        the rules in the way."""
        work = self._bound(task)
        if work is None:
            wait = next(wait for wait in task.waits if wait.first not in self.ends)
            own = self._own_reasons(task, between) if wait.first in self.halves else ()
            return own or (Reason(codes.DEPENDENCY, {"work_order": wait.name}),)
        if task.work.id in self.halves:
            followed = Reason("followed", {"work_order": self.halves[task.work.id]})
            return self._own_reasons(task, between) or (followed,)
        if work.crew_size > 1:
            crew = self._crew_in_stints(work, between) if work.may_split else self._team(work, between)
            return (crew,) if isinstance(crew, Reason) else (Reason("dearer"),)
        held = None
        if self.vans is not None and task.only is not None:
            self.vans.settle((one.task, one.person_id) for one in self.found.placed)
            held = self.vans.goes_to
        return why_not(self.people, replace(task, work=work), between, self.policy, held=held)

    def _own_reasons(self, task: Task, between: Span) -> tuple[Reason, ...]:
        """Why nobody could do a task whatever it hangs on; nothing where somebody could."""
        told = (
            why_not(self.people, replace(task, waits=()), between, self.policy)
            if task.work.crew_size == 1
            else ()
        )
        return () if any(reason.code == "dearer" for reason in told) else told

    def drop_halves(self, waiting: Sequence[Task]) -> list[Task]:
        """Take back what was planned anew though what must go right after it found no place, and what waits for
        that. Returns what is not planned."""
        left = list(waiting)
        planned = {one.task.work.id: one.task for one in self.found.placed}
        while True:
            gone = hanging.halves(left, planned, self.anew)
            self.halves |= {first: task.name or f"#{task.work.id}" for first, task in gone.items()}
            lost = hanging.without(gone, planned)
            if not lost:
                return left
            left += [planned.pop(number) for number in sorted(lost)]
            self._take_off(lost)

    def _people_for(self, task: Task) -> list[Person]:
        return [person for person in self.people if task.only is None or person.id in task.only]

    def _fits_whole(self, people: Sequence[Person], work: Work, between: Span) -> bool:
        if work.crew_size > 1:
            return isinstance(self._team(work, between), Team)
        asked = (evaluator.earliest_start(person, work, *between, self.policy) for person in people)
        return any(is_good(verdict) for verdict in asked)

    def _crew_in_stints(self, work: Work, between: Span) -> tuple[Team, ...] | Reason:
        return crew_in_stints(self.people, work, between, self.likings, self.policy)

    def _in_stints(self, people: Sequence[Person], work: Work, between: Span) -> Sequence[Team]:
        """The stints of who is done first, in as few stints as possible, or of the first crew; none when nobody can."""
        if work.crew_size > 1:
            crew = self._crew_in_stints(work, between)
            return () if isinstance(crew, Reason) else crew
        return first_in_stints(people, work, between, self.policy)

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
        fitting = hanging.searchable(waiting, stretch, self.ends, self.anew)
        if not gaps or not fitting:
            return waiting
        watch = Watch(progress) if progress else None
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

    def _take_off(self, numbers: set[int]) -> None:
        names = {f"#{number}" for number in numbers}
        for person in self.people:
            person.stops = [stop for stop in person.stops if stop.work_order not in names]
        self.found.placed = [one for one in self.found.placed if one.task.work.id not in numbers]
        self.ends = {number: end for number, end in self.ends.items() if number not in numbers}

    def _book(self, team: Team, task: Task) -> None:
        for verdict in team.verdicts:
            one = Placed(task, verdict.person.id, team.start, verdict.travel_minutes)
            verdict.person.add(stop_of(one))
            self.found.placed.append(one)
        self.ends[task.work.id] = team.end, team.verdicts[0].person.id

    def _keep(self, placed: Sequence[Placed]) -> None:
        """Plan what was placed, at the old time where that is as good; take back what the evaluator is against,
        with the rest of its crew and what waits for it."""
        for one in placed:
            self.by_id[one.person_id].add(stop_of(one))
        groups: dict[int, list[Placed]] = {}
        for one in sorted(placed, key=lambda one: (one.start, one.person_id)):
            groups.setdefault(stop_id(one.task), []).append(one)
        for group in groups.values():
            if not self._stands(group):
                for one in group:
                    take_back(self.by_id[one.person_id], one)
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
        return all(agrees(self.by_id[o.person_id], replace(o, task=bound), self.policy) for o in group)

    def _as_before(self, one: Placed) -> Placed:
        """The same visit at the time it has already, when the plan around it lets that stand."""
        was = one.task.was
        if was is None or was[0] != one.person_id or was[1] == one.start:
            return one
        person, old = self.by_id[one.person_id], replace(one, start=was[1])
        if not agrees(person, old, self.policy):
            return one
        take_back(person, one)
        person.add(stop_of(old))
        return old
