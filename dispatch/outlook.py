"""When an engineer will be at a visit, as far as reports and the plan tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dispatch.enums import VisitStatus
from dispatch.rules import OCCUPYING
from dispatch.travel import Point, Roads

A_NIGHT = timedelta(hours=8)
"""Who has not worked for so long before a visit sets out from home."""
_AT_WORK = (VisitStatus.ON_SITE, VisitStatus.PAUSED)


class Whereabouts(StrEnum):
    """What is known of an engineer who must be at a visit."""

    ON_ROAD = "on_road"
    AT_WORK = "at_work"
    NOT_BEGUN = "not_begun"
    NOT_LEFT = "not_left"


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit of an engineer as planned and reported; `home` is the engineer's."""

    visit_id: int
    engineer_id: int
    work_order: str
    start: datetime
    end: datetime
    status: str
    left: datetime | None = None
    ended: datetime | None = None
    place: Point | None = None
    home: Point | None = None

    @property
    def is_open(self) -> bool:
        """Whether it takes the engineer's time still."""
        return self.status in OCCUPYING


@dataclass(frozen=True, slots=True)
class Outlook:
    """From where and when the engineer comes to a visit planned at `planned`: `travel` whole minutes after `free`,
    but not before they set out. `work_order` is what they do, or must do, before it, if anything."""

    planned: datetime
    where: Whereabouts
    travel: int
    source: str
    free: datetime | None = None
    work_order: str = ""

    def arrives(self, at: datetime) -> datetime:
        """When they will be there at the earliest, seen from `at`."""
        travel = timedelta(minutes=self.travel)
        if self.is_on_road:
            return max(self.free + travel, at) if self.free else at
        return max(self.free or at, at) + travel

    def late_from(self, allowed: timedelta) -> datetime:
        """From when on they will be late by `allowed` or more, as long as nothing else is reported."""
        latest = self.planned + allowed
        travel = timedelta(minutes=self.travel)
        if not self.is_on_road:
            return latest - travel
        return self.free if self.free and self.free + travel >= latest else latest

    @property
    def is_on_road(self) -> bool:
        """Whether they have set out."""
        return self.where == Whereabouts.ON_ROAD

    def as_json(self, at: datetime) -> dict[str, Any]:
        """What a run log keeps: the facts of `dispatch.reasons.lateness`."""
        return {
            "where": str(self.where),
            "work_order": self.work_order,
            "left": self.free.isoformat() if self.free and self.is_on_road else None,
            "travel_minutes": self.travel,
            "travel_source": self.source,
            "arrives": self.arrives(at).isoformat(),
            "planned": self.planned.isoformat(),
        }


def outlook(visit: Seen, others: Iterable[Seen], roads: Roads) -> Outlook:
    """What is known of the way to a visit that nobody has arrived at. `others` are visits of the same engineer.

    Who has set out comes from where they ended last, else from home. Who has not comes from the visit planned
    before this one that is not over; else from one they are at work on out of turn; else as who has set out.
    """
    mine = [one for one in others if one.visit_id != visit.visit_id]
    if visit.status == VisitStatus.TRAVELLING:
        found = Outlook(visit.start, Whereabouts.ON_ROAD, 0, "", free=visit.left)
        return _with_travel(found, _place_left(visit, mine), visit.place, roads)
    before = [
        one for one in mine if one.is_open and visit.start - A_NIGHT < one.end and one.start < visit.start
    ]
    at_work = [one for one in mine if one.status in _AT_WORK and visit.start - A_NIGHT < one.end]
    last = max(before or at_work, key=lambda one: one.start, default=None)
    if last is None:
        found = Outlook(visit.start, Whereabouts.NOT_LEFT, 0, "")
        return _with_travel(found, _place_left(visit, mine), visit.place, roads)
    where = Whereabouts.AT_WORK if last.status in _AT_WORK else Whereabouts.NOT_BEGUN
    found = Outlook(visit.start, where, 0, "", free=last.end, work_order=last.work_order)
    return _with_travel(found, last.place, visit.place, roads)


def _place_left(visit: Seen, others: Iterable[Seen]) -> Point | None:
    """Where they ended last, unless a night lies between; home."""
    ended = [(one.ended, one.place) for one in others if not one.is_open and one.ended is not None]
    known = [(when, place) for when, place in ended if visit.start - A_NIGHT < when]
    return max(known, key=lambda one: one[0])[1] if known else visit.home


def _with_travel(found: Outlook, origin: Point | None, target: Point | None, roads: Roads) -> Outlook:
    minutes, _km = roads.trip(origin, target)
    return replace(found, travel=minutes, source=roads.source_of(origin, target))
