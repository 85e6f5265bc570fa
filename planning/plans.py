"""The plan of a horizon: crews and work over several days first, then stretch by stretch by the search.

Pure; each verdict is the evaluator's. A stretch is what is searched at once, usually a day; so memory is bounded
by the busiest day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dispatch import policy as codes
from dispatch.crews import Likings
from dispatch.evaluator import Person, Reason, Span
from dispatch.policy import PRODUCT, Policy
from dispatch.reserves import Reserves
from planning import hanging
from planning.days import Placed, Prices, Task, gaps_of, lies_in, start_window
from planning.explaining import NOT_LOOKED, why_left
from planning.judging import agrees, fits, stop_id, stop_of, take_back, why_not
from planning.leftovers import Leftovers, groups_of, urgency
from planning.pricing import Objectives
from planning.problems import problem_of
from planning.progress import Progress, Stopped, Teller, Watch
from planning.sheet import Plan, Sheet, as_told

SEARCHED, SETTLED, EXPLAINED = 80, 90, 95
"""Per cent told when the search, finding places for what it left, and improving are done."""
LEAST_SECONDS = 0.2
MOST_HARD_QUESTIONS = 200
"""So many crews and stints that found no place are asked about why."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search in all: `seconds` by the clock, or a fixed number of `steps` a round and stretch."""

    seconds: float | None = None
    steps: int | None = None
    threads: int = 2
    seed: int = 1


def plan(
    people: Sequence[Person],
    tasks: Iterable[Task],
    stretches: Sequence[Span],
    *,
    prices: Prices,
    effort: Effort,
    likings: Likings | None = None,
    policy: Policy = PRODUCT,
    reserves: Reserves | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Place tasks in the free time of people; their stops are walls and stay. `people` are changed.

    New work keeps out of days on which `reserves` have no room; they are kept up with what is placed.
    Deterministic for given steps and seed. Raises `Stopped` when `progress` said so.
    """
    planner = _Planner(people, prices, likings or {}, policy)
    planner.reserves = reserves
    waiting = sorted((planner.as_judged(task) for task in tasks), key=urgency)
    planner.awaited = {wait.first for task in waiting for wait in task.waits}
    planner.anew = {task.work.id for task in waiting if task.was is None}
    everything = (stretches[0][0], stretches[-1][1]) if stretches else (0, 0)
    tell, is_alone = Teller(progress), len(waiting) == 1
    tell(0)
    waiting = planner.share_parts(waiting, everything[0])
    waiting = planner.keep_for_both(waiting, everything[0])
    waiting = planner.place_alone(waiting, everything)
    waiting = planner.place_before(waiting, everything)
    left_seconds = effort.seconds
    for number, stretch in enumerate(stretches):
        steps = (SEARCHED * number / len(stretches), SEARCHED * (number + 1) / len(stretches))
        part = effort
        if left_seconds is not None:
            seconds = max(
                LEAST_SECONDS, left_seconds * shares(people, waiting, stretches[number:], policy)[0]
            )
            part = replace(effort, seconds=seconds)
        waiting, took = planner.search(waiting, stretch, part, Watch(tell, *steps))
        left_seconds = None if left_seconds is None else left_seconds - took
        waiting = planner.place_waiting(waiting, stretch)
        waiting = planner.place_left_of(waiting, stretch, tell)
    waiting = planner.place_crews(waiting, everything, left_by_search=True)
    waiting = planner.place_stints(waiting, everything, if_whole=True)
    waiting = planner.place_left(waiting, everything)
    waiting = planner.place_waiting(waiting, everything)
    waiting = planner.settle(waiting, everything, tell, improve=not is_alone)
    for number, task in enumerate(waiting):
        tell.of(EXPLAINED, 100, number, len(waiting))
        planner.found.unplaced.append((task, planner.why_not(task, everything)))
    return planner.found


def shares(
    people: Sequence[Person], tasks: Sequence[Task], stretches: Sequence[Span], policy: Policy = PRODUCT
) -> list[float]:
    """What share of the time for searching each stretch gets: as much as it is likely to plan of what waits, and
    a little for what is left over."""
    weights: list[float] = []
    left = sum(task.work.seconds * task.work.crew_size for task in tasks)
    for stretch in stretches:
        free = sum(gap.span[1] - gap.span[0] for one in people for gap in gaps_of(one, stretch, policy))
        fitting = sum(task.work.seconds * task.work.crew_size for task in tasks if fits(task, stretch))
        taken = min(free, fitting, left)
        left -= taken
        weights.append(taken + min(free, fitting) / 50)
    total = sum(weights)
    return [weight / total if total else 0.0 for weight in weights]


class _Planner(Sheet):
    """Searches stretch by stretch, finds places for the rest, and says why there are none."""

    def place_alone(self, waiting: Sequence[Task], between: Span) -> list[Task]:
        """One task alone needs no search: it goes to the ranking's first candidate."""
        if len(waiting) == 1 and waiting[0].work.crew_size == 1 and not waiting[0].was:
            return [task for task in waiting if not self._insert(task, between)]
        return list(waiting)

    def place_before(self, waiting: Sequence[Task], between: Span) -> list[Task]:
        """Place what the search cannot, where nothing more urgent waits for the search: the rest comes after it."""
        searched = [task for task in waiting if task.is_for_search and not task.work.may_split]
        first = min((task.priority for task in searched), default=5)
        early = [task for task in waiting if task.priority <= first]
        left = self.place_crews(early, between, left_by_search=False)
        left = self.place_stints(left, between, if_whole=False)
        return sorted([*left, *(task for task in waiting if task.priority > first)], key=urgency)

    def place_left_of(self, waiting: Sequence[Task], stretch: Span, tell: Teller) -> list[Task]:
        """Place what a stretch's search left over and somebody can do in it, the more urgent first."""
        left = []
        for task in waiting:
            tell(0)
            is_alone = task.work.crew_size == 1 and not self._is_linked(task)
            if not (is_alone and fits(task, stretch) and self._insert(task, stretch)):
                left.append(task)
        return left

    def settle(self, waiting: Sequence[Task], between: Span, tell: Teller, *, improve: bool) -> list[Task]:
        """Find places for what is left, at the expense of what is less urgent where there are none; returns what
        has none."""
        leftovers = Leftovers(self, tell)
        left = leftovers.settle(waiting, between, (SEARCHED, SETTLED))
        if improve:
            leftovers.improve(between, (SETTLED, EXPLAINED))
        left = self.place_waiting(left, between)
        left = self.drop_halves([*left, *self._fallen()])
        while done := {
            stop_id(task)
            for task in left
            if task.work.id not in self.halves and not task.waits and self._insert(task, between)
        }:
            # What found a place may have changed what breaks are still kept: so all are asked again.
            left = [task for task in left if stop_id(task) not in done]
        return sorted(left, key=urgency)

    def _fallen(self) -> list[Task]:
        """Take off what the evaluator is against by now."""
        groups = [group for group in groups_of(self.found.placed).values() if not group[0].seconds]
        fallen = [group[0].task for group in groups if not self._still_stands(group)]
        lost = hanging.without(
            {task.work.id for task in fallen}, {o.task.work.id: o.task for o in self.placed}
        )
        tasks = {one.task.work.id: one.task for one in self.placed if one.task.work.id in lost}
        self.take_off(lost)
        return list(tasks.values())

    def _still_stands(self, group: Sequence[Placed]) -> bool:
        """Whether the evaluator agrees with what is in the plan, whose own time counts as free."""
        self.give_back_time(group)
        stands = self._stands(group)
        self.take_time(group)
        return stands

    def why_not(self, task: Task, between: Span) -> tuple[Reason, ...]:
        """Why a task found no place: what it waits for has none, what must follow it has none, no crew can come, or
        the rules in the way."""
        work = self.bound(task)
        if work is None:
            wait = next(wait for wait in task.waits if wait.first not in self.ends)
            own = self._own_reasons(task, between) if wait.first in self.halves else ()
            return own or (Reason(codes.DEPENDENCY, {"work_order": wait.name}),)
        if task.work.id in self.halves:
            followed = Reason("followed", {"work_order": self.halves[task.work.id]})
            return self._own_reasons(task, between) or (followed,)
        if work.crew_size > 1 or work.may_split:
            self.hard_questions += 1
            if self.hard_questions > MOST_HARD_QUESTIONS:
                return (Reason(NOT_LOOKED),)
        if work.crew_size > 1:
            crew = self._crew_in_stints(work, between) if work.may_split else self._team(work, between)
            return (crew,) if isinstance(crew, Reason) else (Reason("dearer"),)
        if not work.may_split and task.only is None:
            return why_left(task, as_told(task, work), between, self.ranked, self.placed)
        held = None
        if self.vans is not None and task.only is not None:
            self.vans.settle((one.task, one.person_id) for one in self.found.placed)
            held = self.vans.goes_to
        return why_not(self.people, replace(task, work=work), between, self.policy, held=held)

    def _own_reasons(self, task: Task, between: Span) -> tuple[Reason, ...]:
        """Why nobody could do a task whatever it hangs on; nothing where somebody could."""
        alone = replace(task, waits=())
        asked = replace(alone, work=self.bound(alone) or alone.work)
        told = why_not(self.people, asked, between, self.policy) if task.work.crew_size == 1 else ()
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
            self.take_off(lost)

    def search(
        self, waiting: list[Task], stretch: Span, effort: Effort, watch: Watch
    ) -> tuple[list[Task], float]:
        """Search one stretch; returns the tasks that found no place in it, and how many seconds it took."""
        # The compiler takes most of a second to load: only the planner needs it.
        from dispatch.optimiser.search import Budget, solve  # noqa: PLC0415

        gaps = [gap for person in self.people for gap in gaps_of(person, stretch, self.policy)]
        fitting = hanging.searchable(self._with_room(waiting, stretch), stretch, self.ends, self.anew)
        if not gaps or not fitting:
            return waiting, 0.0
        objectives = Objectives(self.people, stretch, self.policy)
        asked = problem_of(gaps, fitting, stretch, self.prices, self.policy, objectives=objectives)
        solution = solve(
            asked.problem,
            Budget(seconds=effort.seconds, steps=effort.steps, threads=effort.threads),
            seed=effort.seed,
            progress=watch,
        )
        if watch.was_stopped:
            raise Stopped
        self.found.steps += solution.steps
        self._keep(asked.placed(solution.routes, solution.starts))
        served = {stop_id(one.task) for one in self.found.placed}
        return [task for task in waiting if stop_id(task) not in served], solution.seconds

    def _with_room(self, waiting: Sequence[Task], stretch: Span) -> list[Task]:
        """The tasks for which capacity leaves room in a stretch."""
        if self.reserves is None:
            return list(waiting)
        full = {task.work.id: self.reserves.known_to(task.work).full for task in waiting if not task.visit_id}
        return [
            task for task in waiting if not lies_in(start_window(task, stretch), full.get(task.work.id, ()))
        ]

    def _keep(self, placed: Sequence[Placed]) -> None:
        """Plan what was placed, at the old time where that is as good; take back what the evaluator is against,
        with the rest of its crew and what waits for it. Where capacity keeps time, the more urgent take theirs first.
        """
        for one in placed:
            self.by_id[one.person_id].add(stop_of(one))
        found: dict[int, list[Placed]] = {}
        for one in sorted(placed, key=lambda one: (one.start, one.person_id)):
            found.setdefault(stop_id(one.task), []).append(one)
        groups = list(found.values())
        if self.reserves is not None and not any(self._is_linked(one.task) for one in placed):
            groups.sort(key=lambda group: group[0].task.priority)
        for group in groups:
            if not self._stands(group):
                for one in group:
                    take_back(self.by_id[one.person_id], one)
                continue
            one = group[0]
            kept = [self._as_before(one)] if len(group) == 1 and not self._is_linked(one.task) else group
            self.keep(kept)
            self.by_search.add(one.task.work.id)
            self.ends[one.task.work.id] = kept[0].end, kept[0].person_id

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
