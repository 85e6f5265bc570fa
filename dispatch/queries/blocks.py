"""Visits as blocks on a lane of the board, in minutes from its left edge: planned ones at their time, those that have
begun at the time that they take (`Visit.span_at`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.intervals import Interval
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from dispatch.queries.absences import absence_during
from dispatch.queries.lateness import is_late
from dispatch.rules import OCCUPYING, UNDER_WAY
from dispatch.travel import ESTIMATED, Roads, point_of
from workforce.models import Engineer

SHORTEST = 5
_AT_WORK = frozenset({VisitStatus.ON_SITE, VisitStatus.PAUSED})
_NOT_STARTED = frozenset({VisitStatus.SCHEDULED, VisitStatus.DISPATCHED, VisitStatus.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane: `at` and `length` in minutes from the board's left edge."""

    at: int
    length: int
    text: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A visit on its lane, from `start_at` to `end_at`: it `has_begun` when these are what happened and not what is
    planned. `late_minutes`: as `lateness_of`; `broken`: rules broken on purpose. The trip to it `is_estimated`
    unless a routing service said how long it takes. `is_away`: the engineer is absent then. `half`: "upper" or
    "lower" of one that would hide another, such as one begun before its turn. `crew`: the other visits of the board
    that go together with it."""

    visit: Visit
    start_at: datetime
    end_at: datetime
    at: int
    length: int
    travel: Bar | None
    travel_minutes: int
    travel_km: float
    late_minutes: int
    broken: int
    behind_minutes: int
    is_estimated: bool = True
    is_away: bool = False
    half: str = ""
    crew: tuple[Visit, ...] = ()

    @property
    def crew_names(self) -> str:
        return ", ".join(visit.engineer.name for visit in self.crew)

    @property
    def has_begun(self) -> bool:
        return self.visit.has_begun

    @property
    def is_at_work(self) -> bool:
        """Whether it lasts on while time passes."""
        return self.visit.status in _AT_WORK

    @property
    def differs(self) -> bool:
        """Whether it takes place at another time than planned, in whole minutes."""
        planned = self.visit.start_at, self.visit.end_at
        return any(
            minutes_between(*sorted(two)) for two in zip(planned, (self.start_at, self.end_at), strict=True)
        )

    @property
    def marks(self) -> frozenset[str]:
        """Under which of the board's counts it falls: of what somebody may still do something about."""
        found = {
            "late": is_late(self.visit, self.late_minutes),
            "away": self.is_away,
            "broken": self.broken > 0 and self.visit.status in OCCUPYING,
            "behind": self.behind_minutes > 0,
            "drafts": self.visit.look_code == "draft",
        }
        return frozenset(mark for mark, is_so in found.items() if is_so)


def in_turn(visits: Sequence[Visit], between: Interval, at: datetime) -> list[Visit]:
    """Those that take place between two instants, in the order in which they do."""
    spans = {visit.pk: visit.span_at(at) for visit in visits}
    begin, end = between

    def is_there(visit: Visit) -> bool:
        first, last = spans[visit.pk]
        return first < end and (last > begin or first >= begin)

    return sorted(filter(is_there, visits), key=lambda visit: (spans[visit.pk], visit.pk))


def blocks_of(
    engineer: Engineer,
    visits: Sequence[Visit],
    edges: Interval,
    at: datetime,
    *,
    roads: Roads,
    late: Mapping[int, int],
) -> list[Block]:
    """An engineer's visits in turn, each with the trip to it; what lies beyond the edges is cut off. `late`: as
    `lateness_of` has it."""
    blocks = []
    place = point_of(engineer.home_latitude, engineer.home_longitude)
    for visit in visits:
        site = visit.work_order.site
        here = point_of(site.latitude, site.longitude)
        planned_minutes, km = roads.trip(place, here)
        start, end = visit.span_at(at)
        left, right = max(start, edges[0]), min(end, edges[1])
        travel = _travel(visit, start, planned_minutes, edges)
        blocks.append(
            Block(
                visit=visit,
                start_at=start,
                end_at=end,
                at=minutes_between(edges[0], left),
                length=max(SHORTEST, minutes_between(left, right)),
                travel=travel,
                travel_minutes=travel.length if travel else 0,
                travel_km=km,
                is_estimated=roads.source_of(place, here) == ESTIMATED,
                late_minutes=late[visit.pk],
                broken=_broken(visit),
                behind_minutes=_behind(visit, at),
                is_away=absence_during(visit, engineer.absences.all()) is not None,
            )
        )
        place = here
    return _apart(blocks)


def _apart(blocks: Sequence[Block]) -> list[Block]:
    """The same blocks, those that lie on one another in halves of the lane."""
    halves: dict[int, str] = {}
    drawn: list[int] = []
    for n in sorted(range(len(blocks)), key=lambda n: blocks[n].at):
        begin = blocks[n].at + SHORTEST
        under = [one for one in drawn if blocks[one].at + blocks[one].length > begin]
        taken = {halves.setdefault(one, "upper") for one in under}
        if under:
            halves[n] = "lower" if "upper" in taken else "upper"
        drawn.append(n)
    return [replace(block, half=halves.get(n, "")) for n, block in enumerate(blocks)]


def _travel(visit: Visit, start: datetime, planned_minutes: int, edges: Interval) -> Bar | None:
    """The trip to a visit: as it was driven where that is known, else as long as it should take before it."""
    end = minutes_between(edges[0], start)
    if visit.travel_started_at is not None and visit.travel_started_at <= start:
        planned_minutes = min(end, minutes_between(visit.travel_started_at, start))
    return Bar(end - planned_minutes, planned_minutes) if planned_minutes > 0 else None


def _broken(visit: Visit) -> int:
    """Rules broken on purpose; coming after the promise is told as late, not as broken."""
    return sum(reason.get("bound") != "promised_end" for reason in visit.reason.get("broken", ()))


def _behind(visit: Visit, at: datetime) -> int:
    if visit.status in _NOT_STARTED:
        return max(0, minutes_between(visit.start_at, at))
    return max(0, minutes_between(visit.end_at, at)) if visit.status in UNDER_WAY else 0


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes, rounded down."""
    return int((end - start).total_seconds() // 60)
