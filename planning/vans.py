"""Who may take which parts: a van holds only so many, and what is scarce goes to the more urgent work. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from dispatch.evaluator import Person, Reason
from dispatch.travel import Roads
from planning.days import Task

May = Callable[[Person, Task], bool]
Key = tuple[int, int]
"""(engineer, part)."""
GOES_TO = "part_goes_to"


class Vans:
    """What lies in the vans that no visit counts on which stays, and for which work of a run it is kept.

    A part of which a van holds enough for all work that could take it from there is free to all. Of the others
    each is kept for one work order: the more urgent choose first, the nearest van; who came first goes to
    another van when only that lets both be done.
    """

    def __init__(self, people: Sequence[Person], tasks: Iterable[Task], may: May, roads: Roads) -> None:
        self.people, self.may, self.roads = people, may, roads
        self.spare: dict[Key, float] = {(p.id, part): p.spare(part, 0) for p in people for part in p.parts}
        self.left = dict(self.spare)
        self.holders: dict[Key, list[Task]] = defaultdict(list)
        self.takers: dict[int, list[Person]] = {}
        self.kept: dict[int, Person] = {}
        asked: dict[Key, float] = defaultdict(float)
        choosy = [task for task in tasks if task.work.parts and task.work.crew_size == 1]
        for task in choosy:
            self.takers[task.work.id] = [p for p in people if self._has_room(p, task) and may(p, task)]
            for person in self.takers[task.work.id]:
                for part, needed in task.work.parts.items():
                    asked[person.id, part] += needed
        self.scarce = {key for key, needed in asked.items() if needed > self.left[key]}
        for task in choosy:
            if self._scarce_for(task):
                self._keep(task)

    def only(self, task: Task) -> frozenset[int] | None:
        """Who may do a task as far as parts go; None where nothing that it takes is scarce."""
        scarce = self._scarce_for(task)
        if not scarce:
            return None
        kept = self.kept.get(task.work.id)
        free = {person.id for person in self.takers[task.work.id]} - {person.id for person in scarce}
        return frozenset(free | ({kept.id} if kept else set()))

    def settle(self, placed: Iterable[tuple[Task, int]]) -> None:
        """Go by what was planned: what was kept for others is free again."""
        self.left = dict(self.spare)
        self.holders.clear()
        for task, person_id in placed:
            for part, needed in task.work.parts.items():
                if (person_id, part) in self.left:
                    self.left[person_id, part] = round(self.left[person_id, part] - needed, 3)
                    self.holders[person_id, part].append(task)

    def still(self, task: Task) -> frozenset[int]:
        """Who has the parts of a task left over, once `settle` was told what is planned."""
        return frozenset(p.id for p in self.takers.get(task.work.id, ()) if self._has_room(p, task))

    def goes_to(self, person: Person, task: Task) -> Reason | None:
        """To which work the part goes that the engineer carries and the task would need; None when none does."""
        for part, needed in task.work.parts.items():
            key = person.id, part
            holders = self.holders.get(key)
            if holders and self.spare[key] >= needed > self.left[key]:
                first = min(holders, key=_urgency)
                name = task.work.part_names.get(part, f"#{part}")
                return Reason(GOES_TO, {"part": name, "work_order": first.name or f"#{first.work.id}"})
        return None

    def _scarce_for(self, task: Task) -> list[Person]:
        """Those who could take the task and carry something scarce that it needs."""
        takers = self.takers.get(task.work.id, ())
        return [p for p in takers if any((p.id, part) in self.scarce for part in task.work.parts)]

    def _keep(self, task: Task) -> None:
        ways = {person.id: self.roads.trip(person.home, task.work.place)[0] for person in self._takers(task)}
        near = sorted(self._takers(task), key=lambda person: (ways[person.id], person.id))
        found = next((person for person in near if self._has_room(person, task)), None)
        found = found or next((person for person in near if self._make_room(person, task)), None)
        if found is not None:
            self._take(found, task)

    def _make_room(self, person: Person, task: Task) -> bool:
        """Send one task that the van was kept for to another van, if that lets this one have it."""
        others = [held for part in task.work.parts for held in self.holders[person.id, part]]
        for held in sorted(others, key=_urgency, reverse=True):
            self._give_back(person, held)
            other = next((p for p in self._takers(held) if p is not person and self._has_room(p, held)), None)
            if other is not None and self._has_room(person, task):
                self._take(other, held)
                return True
            self._take(person, held)
        return False

    def _takers(self, task: Task) -> list[Person]:
        return self.takers[task.work.id]

    def _has_room(self, person: Person, task: Task) -> bool:
        return all(self.left.get((person.id, part), 0) >= n for part, n in task.work.parts.items())

    def _take(self, person: Person, task: Task) -> None:
        self.kept[task.work.id] = person
        for part, needed in task.work.parts.items():
            self.left[person.id, part] = round(self.left[person.id, part] - needed, 3)
            self.holders[person.id, part].append(task)

    def _give_back(self, person: Person, task: Task) -> None:
        del self.kept[task.work.id]
        for part, needed in task.work.parts.items():
            self.left[person.id, part] = round(self.left[person.id, part] + needed, 3)
            self.holders[person.id, part].remove(task)


def _urgency(task: Task) -> tuple[int, int, int]:
    return task.priority, task.work.promised[1], task.work.id
