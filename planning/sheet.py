"""The plan of a run as it grows: who is booked for what, and where the next work fits. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from dispatch import evaluator
from dispatch import policy as codes
from dispatch.crews import Likings, Team, check_team, earliest_team
from dispatch.enums import LinkKind
from dispatch.evaluator import Person, Reason, Span, Stop, Verdict, Work
from dispatch.policy import ALLOW, Policy
from dispatch.reserves import Reserves
from dispatch.stints import crew_in_stints
from planning import hanging
from planning.days import Placed, Prices, Task
from planning.judging import agrees, first_in_stints, is_good, stop_id, stop_of
from planning.ranked import Ranked
from planning.vans import Vans

MOST_IN_A_ROW = 5
"""So many work orders in a row for one engineer are given to who may do all of them."""


@dataclass(slots=True)
class Plan:
    """What was found: a place for each task placed (one for each member of a crew), and why not the others."""

    placed: list[Placed] = field(default_factory=list)
    unplaced: list[tuple[Task, tuple[Reason, ...]]] = field(default_factory=list)
    steps: int = 0


class Sheet:
    """The plan over the same people. `ends`: when work planned by this run ends, and whose it is."""

    def __init__(self, people: Sequence[Person], prices: Prices, likings: Likings, policy: Policy) -> None:
        self.people, self.prices, self.likings, self.policy = people, prices, likings, policy
        self.by_id = {person.id: person for person in people}
        self.ends: dict[int, tuple[int, int]] = {}
        self.awaited: set[int] = set()
        self.anew: set[int] = set()
        self.found = Plan()
        self.vans: Vans | None = None
        self.halves: dict[int, str] = {}
        self.by_search: set[int] = set()
        self.ranked = Ranked(people, policy)
        self.hard_questions = 0
        self.reserves: Reserves | None = None

    @property
    def placed(self) -> list[Placed]:
        """What has a place so far."""
        return self.found.placed

    def as_judged(self, task: Task) -> Task:
        """The task with its urgency on the work, and without the visiting hours that the policy passes over."""
        work, is_free = task.work, self.policy.verdict(codes.VISITING_HOURS) == ALLOW
        if work.priority == task.priority and (work.hours is None or not is_free):
            return task
        return replace(
            task, work=replace(work, priority=task.priority, hours=None if is_free else work.hours)
        )

    def place(self, task: Task, between: Span) -> bool:
        """Place a task whole, or in stints."""
        if self._insert(task, between):
            return True
        return task.work.may_split and not self.place_stints([task], between, if_whole=True)

    def put_back(self, group: Sequence[Placed]) -> None:
        """Plan again what was taken off, as it was."""
        first = min(one.start for one in group)
        for one in group:
            stop = stop_of(one)
            self.by_id[one.person_id].add(stop if one.start == first else replace(stop, visit_id=0))
        self.keep(group)
        last = max(group, key=lambda one: one.end)
        leader = last.person_id if last.seconds else group[0].person_id
        self.ends[last.task.work.id] = last.end, leader

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
            bound = self.bound(task)
            is_later = task.work.crew_size == 1 or (task.is_for_search and not left_by_search)
            team = None if is_later or bound is None else self._team(bound, between)
            if isinstance(team, Team):
                self.book(team, task)
            else:
                left.append(task)
        return left

    def place_stints(self, waiting: Sequence[Task], between: Span, *, if_whole: bool) -> list[Task]:
        """Give work that may take several days its stints; returns what is still to be planned. Work that fits
        somebody's day whole is left to the search, unless `if_whole`."""
        left = []
        for task in waiting:
            bound, people = self.bound(task), self._people_for(task)
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
            ready = [task for task in left if task.waits and self.bound(task)]
            done = [task for task in ready if self._insert(task, between)]
            if not done:
                return left
            left = [task for task in left if task not in done]

    def _insert(self, task: Task, between: Span) -> bool:
        """The first time at which somebody can do the work, or a crew."""
        work = self.bound(task)
        if work is None:
            return False
        if work.crew_size > 1:
            team = self._team(work, between)
            if isinstance(team, Team):
                self.book(team, task)
            return isinstance(team, Team)
        here = self._where_it_was(task, work, between)
        found = [here] if here else self.ranked.options(as_told(task, work), between, task.only)
        if found:
            self.book(Team(*found[0].span, (found[0],)), task)
        return bool(found)

    def _where_it_was(self, task: Task, work: Work, between: Span) -> Verdict | None:
        """The visit's own engineer and time, where that stands."""
        if task.was is None or task.was[0] not in self.by_id or not between[0] <= task.was[1] < between[1]:
            return None
        verdict = evaluator.evaluate(self.by_id[task.was[0]], work, task.was[1], policy=self.policy)
        may = task.only is None or task.was[0] in task.only
        return verdict if may and is_good(verdict) else None

    def _team(self, work: Work, between: Span) -> Team | Reason:
        return earliest_team(self.people, work, between, self.likings, self.policy)

    def bound(self, task: Task) -> Work | None:
        """The work as it may be planned now, after what it hangs on and on days with room; None while something it
        waits for has no place. What has a visit keeps the room it has."""
        work = hanging.bound(task, self.ends)
        if work is None or self.reserves is None or task.visit_id:
            return work
        return self.reserves.known_to(work)

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
                self.keep([Placed(task, verdict.person.id, stint.start, verdict.travel_minutes, length)])
                verdict.person.add(Stop(known, f"#{task.work.id}", stint.start, stint.end, task.work.place))
        self.ends[task.work.id] = stints[-1].end, stints[-1].verdicts[0].person.id

    def take_off(self, numbers: set[int]) -> None:
        names = {f"#{number}" for number in numbers}
        for person in self.people:
            person.stops = [stop for stop in person.stops if stop.work_order not in names]
            person.release(numbers)
        self.give_back_time(one for one in self.placed if one.task.work.id in numbers)
        self.found.placed = [one for one in self.found.placed if one.task.work.id not in numbers]
        self.ends = {number: end for number, end in self.ends.items() if number not in numbers}
        self.by_search -= numbers

    def book(self, team: Team, task: Task) -> None:
        for verdict in team.verdicts:
            one = Placed(task, verdict.person.id, team.start, verdict.travel_minutes)
            verdict.person.add(stop_of(one))
            self.keep([one])
        self.ends[task.work.id] = team.end, team.verdicts[0].person.id

    def keep(self, group: Sequence[Placed]) -> None:
        """Count what has its stop in the plan as placed, with the parts that it takes."""
        for one in group:
            work = one.task.work
            self.by_id[one.person_id].promise(one.task.name or f"#{work.id}", work.id, work.parts)
        self.take_time(group)
        self.found.placed += group

    def take_time(self, group: Iterable[Placed]) -> None:
        """Count new visits among what capacity leaves free. What was planned before the run is counted where it was."""
        self._count(Reserves.take, group)

    def give_back_time(self, group: Iterable[Placed]) -> None:
        """Take new visits out of that count again."""
        self._count(Reserves.give_back, group)

    def _count(self, how: Callable[..., None], group: Iterable[Placed]) -> None:
        for one in group:
            if self.reserves is not None and not one.task.visit_id:
                facts = one.person_id, one.start, one.end, one.task.priority
                how(self.reserves, *facts, travel=one.travel_minutes)

    def _is_linked(self, task: Task) -> bool:
        return bool(task.waits) or task.work.id in self.awaited

    def _stands(self, group: Sequence[Placed]) -> bool:
        """Whether the evaluator agrees with everybody of a crew, now that the whole stretch is planned."""
        task = group[0].task
        work = self.bound(task)
        if work is None or len(group) < work.crew_size:
            return False
        people = [self.by_id[one.person_id] for one in group]
        if work.crew_size > 1 and check_team(people, work, self.likings):
            return False
        bound = replace(task, work=work)
        return all(agrees(self.by_id[o.person_id], replace(o, task=bound), self.policy) for o in group)


def as_told(task: Task, work: Work) -> Work:
    """The work as it may be planned without search: not before its customer was told."""
    if task.told is None:
        return work
    return replace(work, window=(max(work.window[0], task.told[0]), work.window[1]))
