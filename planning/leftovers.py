"""What the search left, put in where somebody can do it, the more urgent first, also at the expense of the less
urgent; and what it placed, given to whom the ranking puts before. Pure; the judge is the evaluator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from dispatch import evaluator, ranking
from dispatch.crews import Team
from dispatch.evaluator import Person, Span, Work
from dispatch.policy import Policy
from planning.days import PRIZES, Placed, Task
from planning.judging import agrees, is_good, stop_id
from planning.pricing import point_seconds
from planning.progress import Teller
from planning.ranked import Ranked, following, origin_of

MOST_ASKED = 150_000
"""So many engineers are asked, in all, whether less urgent work may make room for more urgent work."""
MOST_RANKED = 250_000
"""So many engineers are ranked, in all, for work that has its place already."""
TRIED = 6
"""So many of the ranking's first are weighed against who has the work."""
LEAST_GAIN = 300
"""What giving work to somebody else must save, in seconds of driving."""


class Sheet(Protocol):
    """The plan as it grows."""

    people: Sequence[Person]
    policy: Policy
    ranked: Ranked
    ends: dict[int, tuple[int, int]]
    awaited: set[int]
    by_search: set[int]

    @property
    def placed(self) -> list[Placed]: ...
    def bound(self, task: Task) -> Work | None: ...
    def book(self, team: Team, task: Task) -> None: ...
    def place(self, task: Task, between: Span) -> bool: ...
    def put_back(self, group: Sequence[Placed]) -> None: ...
    def take_off(self, numbers: set[int]) -> None: ...


def urgency(task: Task) -> tuple[int, int, int]:
    """The order in which tasks choose."""
    return task.priority, task.work.promised[1], task.work.id


def worth(task: Task) -> float:
    """What a task is worth against others that its time could go to: by its priority, an hour for an hour."""
    return PRIZES.get(task.priority, PRIZES[4]) * max(1.0, task.work.seconds * task.work.crew_size / 3600)


def groups_of(placed: Iterable[Placed]) -> dict[int, list[Placed]]:
    """Members of crews and stints together, by their task's stop."""
    found: dict[int, list[Placed]] = {}
    for one in placed:
        found.setdefault(stop_id(one.task), []).append(one)
    return found


class Leftovers:
    """Finds places for what the search left."""

    def __init__(self, sheet: Sheet, tell: Teller) -> None:
        self.sheet, self.tell, self.asked = sheet, tell, 0

    def settle(self, waiting: Sequence[Task], between: Span, told: Span) -> list[Task]:
        """Place tasks, the more urgent first; what makes room for them chooses again after them. `told`: the
        percentages between which this is. Returns what found no place."""
        queue, left, done = sorted(waiting, key=urgency), list[Task](), 0
        while queue:
            task = queue.pop(0)
            done += 1
            self.tell.of(*told, done, done + len(queue))
            if self.sheet.place(task, between):
                continue
            gone = self._displace(task, between)
            if gone is None:
                left.append(task)
            else:
                queue = sorted([*queue, *gone], key=urgency)
        return left

    def _displace(self, task: Task, between: Span) -> list[Task] | None:
        """Place a task in the time of less urgent work, the least urgent first. Returns the tasks that made room,
        or None."""
        work = self.sheet.bound(task)
        if work is None or work.start_by < between[0]:
            return None
        loose = [
            group for group in groups_of(self.sheet.placed).values() if self._may_go(group[0].task, task)
        ]
        for least in sorted({group[0].task.priority for group in loose}, reverse=True):
            chosen = [group for group in loose if group[0].task.priority >= least]
            gone = self._in_place_of(task, chosen, between)
            if gone is not None:
                return gone
        return None

    def _may_go(self, one: Task, task: Task) -> bool:
        """Whether a task placed anew may make room. What search and search alone can weigh it has weighed, but
        for the most urgent work."""
        if one.priority <= task.priority or one.was or one.waits or one.work.id in self.sheet.awaited:
            return False
        is_weighed = task.work.crew_size == 1 and not task.work.may_split and task.priority > 1
        return not is_weighed or one.work.id not in self.sheet.by_search

    def _in_place_of(self, task: Task, loose: Sequence[Sequence[Placed]], between: Span) -> list[Task] | None:
        who = {one.person_id for group in loose for one in group}
        if self.asked + len(who) > MOST_ASKED:
            return None
        self.asked += len(who)
        self.sheet.take_off({group[0].task.work.id for group in loose})
        done = self._place_with(task, who, between)
        here = [one for one in self.sheet.placed if one.task.work.id == task.work.id] if done else []
        gone = []
        for group in sorted(loose, key=lambda group: urgency(group[0].task)):
            self.sheet.put_back(group)
            if done and not self._still_stand([*group, *here], {one.person_id for one in here}):
                self.sheet.take_off({group[0].task.work.id})
                gone.append(group)
        if done and sum(worth(group[0].task) for group in gone) < worth(task):
            return [group[0].task for group in gone]
        if done:
            self.sheet.take_off({task.work.id})
        for group in gone:
            self.sheet.put_back(group)
        return None

    def _place_with(self, task: Task, who: set[int], between: Span) -> bool:
        """Place a task with one of those whose plans are looser now; a crew or stints with anybody."""
        work = self.sheet.bound(task)
        if work is None or work.crew_size > 1 or work.may_split:
            return self.sheet.place(task, between)
        people = [p for p in self.sheet.people if p.id in who and (task.only is None or p.id in task.only)]
        asked = [evaluator.earliest_start(person, work, *between, self.sheet.policy) for person in people]
        good = [v for v in asked if is_good(v) and self.sheet.ranked.lets_go_on(v, work)]
        answer = ranking.answer(good, work, between[0], ranking.BEST)
        if answer.best is None:
            return False
        self.sheet.book(Team(*answer.best.verdict.span, (answer.best.verdict,)), task)
        return True

    def _still_stand(self, placed: Iterable[Placed], touched: set[int]) -> bool:
        """Whether the evaluator agrees with those of whose engineers the plan was touched."""
        people = self.sheet.ranked.by_id
        return all(
            agrees(people[one.person_id], one, self.sheet.policy)
            for one in placed
            if one.person_id in touched
        )

    def improve(self, between: Span, told: Span) -> None:
        """Give work that was planned anew to whom the ranking puts before, where that serves the policy's
        objectives better with the ways of the others counted in."""
        groups = [group for group in groups_of(self.sheet.placed).values() if self._is_free(group)]
        most = MOST_RANKED // max(1, len(self.sheet.people))
        groups = sorted(groups, key=lambda group: urgency(group[0].task))[:most]
        for number, group in enumerate(groups):
            self.tell.of(*told, number, len(groups))
            self._improve(group[0], between)

    def _is_free(self, group: Sequence[Placed]) -> bool:
        one = group[0]
        alone = len(group) == 1 and not one.seconds and one.task.work.crew_size == 1
        return (
            alone and not one.task.was and not one.task.waits and one.task.work.id not in self.sheet.awaited
        )

    def _improve(self, one: Placed, between: Span) -> None:
        sheet, person = self.sheet, self.sheet.ranked.by_id[one.person_id]
        sheet.take_off({one.task.work.id})
        work = sheet.bound(one.task) or one.task.work
        here = evaluator.evaluate(person, work, one.start, policy=sheet.policy)
        options = [here]
        if sheet.ranked.may_leave(person, one.start, one.end):
            options += sheet.ranked.options(work, between, one.task.only, most=TRIED)
        scored = ranking.scored(options, work, between[0])
        costs = [self._cost(found, work) for found in scored]
        best = min(range(len(costs)), key=lambda n: (costs[n], n))
        if costs[best][0] < costs[0][0] or costs[best][1] + LEAST_GAIN < costs[0][1]:
            verdict = options[best]
            sheet.book(Team(*verdict.span, (verdict,)), one.task)
        else:
            sheet.put_back([one])

    def _cost(self, found: ranking.Scored, work: Work) -> tuple[bool, float]:
        """(late, seconds of driving that the rest is worth): the score, with the way there replaced by what it
        adds to the plan."""
        verdict, roads = found.verdict, self.sheet.policy.roads
        start, end = verdict.span
        after = following(verdict.person, start, end)
        more = 0
        if after is not None:
            origin = origin_of(verdict.person, start)
            direct = roads.trip(origin, after.place)[0]
            more = (roads.trip(work.place, after.place)[0] - direct) * 60
        return verdict.late_minutes > 0, more - found.score * point_seconds(self.sheet.policy)
