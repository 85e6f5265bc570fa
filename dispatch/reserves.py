"""What capacity leaves free for some work, day by day, kept up while more is planned. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from dispatch.capacity import Cell, Rule, Worker, cell_of
from dispatch.evaluator import Work
from dispatch.evaluator.model import Full
from dispatch.rules import is_among


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of the company, with the seconds between which it lies."""

    day: date
    begins: datetime
    begin: int
    end: int


@dataclass(slots=True)
class Reserves:
    """The time of a company between two days. `areas`: {territory id: the areas it covers}; `at` is the moment by
    which a reserve counts as released."""

    days: Sequence[Day]
    workers: Mapping[int, Worker]
    rules: Sequence[Rule]
    areas: Mapping[int, Iterable[str]]
    at: datetime
    _cells: dict[tuple[int | None, date], Cell] = field(default_factory=dict)

    def known_to(self, work: Work, *, minutes: int | None = None) -> Work:
        """The work with the days that have no room for it. `minutes`: how long the visit takes, when that is not
        the work's own length."""
        full = tuple(self._full(work, minutes or self._least(work)))
        return replace(work, full=full) if full or work.full else work

    def take(self, engineer_id: int, start: int, end: int, priority: int, *, travel: int = 0) -> None:
        """Somebody is planned from a second to another, after `travel` minutes, on the day on which it begins."""
        self._count(engineer_id, start, priority, (end - start) // 60 + travel)

    def give_back(self, engineer_id: int, start: int, end: int, priority: int, *, travel: int = 0) -> None:
        """What was taken is not planned any more."""
        self._count(engineer_id, start, priority, -((end - start) // 60 + travel))

    def _count(self, engineer_id: int, start: int, priority: int, minutes: int) -> None:
        worker = self.workers.get(engineer_id)
        found = next((one for one in self.days if one.begin <= start < one.end), None)
        if worker is None or found is None:
            return
        worker.add(found.day, priority, minutes)
        for key in [key for key in self._cells if key[1] == found.day]:
            del self._cells[key]

    @staticmethod
    def _least(work: Work) -> int:
        """How many minutes of a day the work needs at least: of work that is done in stints, any."""
        return 1 if work.may_split else work.seconds // 60

    def _full(self, work: Work, minutes: int) -> Iterable[Full]:
        covering: list[int | None] = [t for t, areas in self.areas.items() if is_among(work.area, set(areas))]
        urgent = {rule.id: rule.up_to_priority for rule in self.rules}
        for one in self.days:
            cells = [self._cell(place, one) for place in covering or [None]]
            rooms = [_room(cell, work.priority <= urgent.get(cell.rule_id, 0)) for cell in cells]
            if all(room is not None and room < minutes * work.crew_size for room in rooms):
                yield one.begin, one.end, max(cell.reserved for cell in cells)

    def _cell(self, place: int | None, one: Day) -> Cell:
        key = (place, one.day)
        if key not in self._cells:
            self._cells[key] = cell_of(
                self.workers.values(),
                self.rules,
                territory_id=place,
                skill_id=None,
                day=one.day,
                begins=one.begins,
                at=self.at,
            )
        return self._cells[key]


def _room(cell: Cell, is_urgent: bool) -> int | None:
    """Minutes of a cell that such work may still take; None when nothing is kept from it."""
    if cell.limit is None and (is_urgent or not cell.reserved):
        return None
    return cell.free + (cell.reserved if is_urgent else 0)
