"""What a plan amounts to, in numbers that a dispatcher compares. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from dispatch.evaluator import Person, Span
from dispatch.travel import ESTIMATE, Roads


@dataclass(slots=True)
class Figures:
    """Minutes are whole. `late_minutes` counts arrivals after what was promised."""

    visits: int = 0
    travel_minutes: int = 0
    work_minutes: int = 0
    late: int = 0
    late_minutes: int = 0
    overtime_minutes: int = 0
    unserved: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def figures_of(
    people: Iterable[Person],
    promises: Mapping[int, int],
    between: Span,
    *,
    unserved: int,
    roads: Roads = ESTIMATE,
) -> Figures:
    """Count the stops between two instants. `promises`: {visit id: the last instant promised}."""
    found = Figures(unserved=unserved)
    for person in people:
        for shift in person.shifts:
            if shift[0] < between[1] and shift[1] > between[0]:
                _count(found, person, shift, (promises, between), roads)
    return found


def _count(
    found: Figures, person: Person, shift: Span, asked: tuple[Mapping[int, int], Span], roads: Roads
) -> None:
    (promises, between), place = asked, person.home
    for stop in person.stops:
        if not shift[0] <= stop.start < shift[1] or not between[0] <= stop.start < between[1]:
            continue
        found.visits += 1
        found.travel_minutes += roads.trip(place, stop.place)[0]
        found.work_minutes += (stop.end - stop.start) // 60
        found.overtime_minutes += max(0, stop.end - shift[1]) // 60
        late = stop.start - promises.get(stop.visit_id, stop.start)
        if late > 0:
            found.late += 1
            found.late_minutes += late // 60
        place = stop.place
