"""What a plan amounts to, in numbers that a dispatcher compares. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import groupby

from dispatch.evaluator import Person, Span, Stop
from dispatch.travel import ESTIMATE, Roads

MINUTE = 60


@dataclass(slots=True)
class Figures:
    """Minutes are whole. `late` counts arrivals a minute or more after what was promised, `late_minutes` tells by how
    much in all."""

    visits: int = 0
    travel_minutes: int = 0
    work_minutes: int = 0
    late: int = 0
    late_minutes: int = 0
    overtime_minutes: int = 0
    unserved: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Leg:
    """A stop of somebody's day with the trip to it, from the stop before or from home."""

    person_id: int
    shift: Span
    stop: Stop
    travel_minutes: int


def legs_of(people: Iterable[Person], between: Span, roads: Roads = ESTIMATE) -> list[Leg]:
    """Every stop that begins between two instants, with the trip to it. A day begins at home; a stop beside all
    shifts is of the day of the nearest one."""
    found = []
    for person in people:
        for shift, day in groupby(person.stops, key=partial(_shift_of, person.shifts)):
            place = person.home
            for stop in day:
                if between[0] <= stop.start < between[1]:
                    found.append(Leg(person.id, shift, stop, roads.trip(place, stop.place)[0]))
                place = stop.place
    return found


def late_legs(legs: Iterable[Leg], promises: Mapping[int, int]) -> list[tuple[Leg, int]]:
    """Who arrives a minute or more after what was promised, with by how many minutes. `promises`: {visit id: the last
    instant promised}. Of several stops with one id only those that begin first are the arrival."""
    legs = list(legs)
    arrivals: dict[int, int] = {}
    for leg in legs:
        number = leg.stop.visit_id
        arrivals[number] = min(leg.stop.start, arrivals.get(number, leg.stop.start))
    return [
        (leg, minutes)
        for leg in legs
        if leg.stop.start == arrivals[leg.stop.visit_id]
        and (minutes := (leg.stop.start - promises.get(leg.stop.visit_id, leg.stop.start)) // MINUTE) > 0
    ]


def figures_of(legs: Sequence[Leg], promises: Mapping[int, int], *, unserved: int) -> Figures:
    """Count the stops of a plan. `promises` as in `late_legs`."""
    late = late_legs(legs, promises)
    return Figures(
        visits=len(legs),
        travel_minutes=sum(leg.travel_minutes for leg in legs),
        work_minutes=sum((leg.stop.end - leg.stop.start) // MINUTE for leg in legs),
        late=len(late),
        late_minutes=sum(minutes for _leg, minutes in late),
        overtime_minutes=sum(_overtime(leg) for leg in legs),
        unserved=unserved,
    )


def days_that_differ(before: Iterable[Leg], after: Iterable[Leg]) -> list[dict[str, int]]:
    """The days of engineers whose visits or travel a plan changes: whose (`person`), from the first to the last start
    of a visit (`begins`, `ends`), and both figures before and after. Their differences make up that of the whole plan.
    """
    days: dict[tuple[int, Span], dict[str, int]] = {}
    for side, legs in (("before", before), ("after", after)):
        for leg in legs:
            day = days.setdefault((leg.person_id, leg.shift), _empty_day(leg))
            day["begins"] = min(day["begins"], leg.stop.start)
            day["ends"] = max(day["ends"], leg.stop.start)
            day[f"visits_{side}"] += 1
            day[f"travel_{side}"] += leg.travel_minutes
    return [day for _key, day in sorted(days.items()) if _differs(day)]


def _empty_day(leg: Leg) -> dict[str, int]:
    counts = dict.fromkeys(("visits_before", "visits_after", "travel_before", "travel_after"), 0)
    return {"person": leg.person_id, "begins": leg.stop.start, "ends": leg.stop.start} | counts


def _differs(day: Mapping[str, int]) -> bool:
    return any(day[f"{key}_before"] != day[f"{key}_after"] for key in ("visits", "travel"))


def _shift_of(shifts: Sequence[Span], stop: Stop) -> Span:
    """The shift in which a stop begins, else the nearest one; the stop's own time of who has none."""
    return min(
        shifts,
        key=lambda shift: max(shift[0] - stop.start, stop.start - shift[1] + 1, 0),
        default=(stop.start, stop.end),
    )


def _overtime(leg: Leg) -> int:
    return max(0, leg.stop.end - max(leg.stop.start, leg.shift[1])) // MINUTE
