"""Arrival windows for work that is there or is to be, graded, with capacity kept for emergencies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from customers.models import Site
from dispatch import instant
from dispatch import policy as codes
from dispatch.crews import Team
from dispatch.evaluator import Person, Reason, Span, Work
from dispatch.instant import Question, Slot
from dispatch.models import WorkType
from dispatch.policy import CONFIRM
from dispatch.queries.candidates import LATER, relaxed
from dispatch.queries.capacity import kept_between
from dispatch.queries.crew_windows import whole_crews
from dispatch.queries.hours import business_hours_of
from dispatch.queries.live import live_world
from dispatch.queries.planning import policy_in_force, seconds, span_of, visiting_hours
from dispatch.queries.roads import knowing
from dispatch.relaxing import Relaxation
from dispatch.reserves import Reserves
from dispatch.travel import Point
from inventory.models import Part
from tenants.queries import current_tenant
from tickets.enums import Priority

Excluded = tuple[tuple[Reason, tuple[Person, ...]], ...]

FIRST_HOUR, LAST_HOUR = 6, 22
"""Windows lie between these local hours."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What windows are asked for, from `at` on for `days` local days, each `minutes` long."""

    at: datetime
    days: int = 5
    minutes: int = 120


@dataclass(slots=True)
class Offered:
    """The windows in order of time; `full` are those that capacity keeps back, with why: where the policy asks for a
    reason they can be booked with one. Of work for several engineers, `crews` tells by each window's beginning who
    could come together."""

    ask: Question
    slots: list[Slot]
    crews: dict[int, Team] = field(default_factory=dict)
    full: list[tuple[Slot, Reason]] = field(default_factory=list)

    @property
    def needs_reason(self) -> list[tuple[Slot, Reason]]:
        """The windows that a reason is enough to book."""
        return self.full if self.ask.policy.verdict(codes.CAPACITY) == CONFIRM else []


def slots_for(work: Work, site: Site, asked: Asked, *, ignoring: Collection[int] = ()) -> Offered:
    """Windows in which somebody could arrive, each with a grade and who would come. The time of the visits
    `ignoring` counts as free: they are those to move."""
    until = asked.at + timedelta(days=asked.days)
    policy = knowing(policy_in_force(), [work.place])
    world = live_world(asked.at, until, policy=policy, site_ids=[site.pk], part_ids=list(work.parts))
    world = world.without(ignoring)
    ask = Question(work, seconds(asked.at), seconds(until), policy)
    slots = instant.slots(world, ask, list(windows(asked, until, _zone(site))))
    found = Offered(ask, slots)
    if work.crew_size > 1:
        many = [slot for slot in slots if slot.choices >= work.crew_size]
        found.crews = whole_crews(many, ask, world.crowd.people)
        found.slots = [slot for slot in many if slot.start in found.crews]
    kept = kept_between(policy, asked.at, until, at=asked.at, ignoring=ignoring) if found.slots else None
    if kept is not None:
        _keep_back(found, kept)
    return found


def why_no_slots(found: Offered, site: Site, at: datetime) -> tuple[Excluded, list[Relaxation]]:
    """Why there is no window: each rule with whom it keeps out, and the smallest changes that would help."""
    ask = found.ask
    later = replace(ask, until=seconds(at + LATER))
    world = live_world(at, at + LATER, policy=ask.policy, site_ids=[site.pk], part_ids=list(ask.work.parts))
    answer = instant.rank(world, ask)
    if answer.candidates or answer.forceable:
        able = [one.verdict.person for one in (*answer.candidates, *answer.forceable)]
        crew = Reason(codes.CREW, {"needed": ask.work.crew_size, "able": len(able)})
        none_fits = Reason(codes.WINDOW, {"bound": "none_fits"})
        return ((crew if ask.work.crew_size > 1 else none_fits, tuple(able)), *answer.excluded), []
    return answer.excluded, relaxed(world, later, answer, ask.until)


def windows(asked: Asked, until: datetime, zone: ZoneInfo) -> Iterator[Span]:
    """Windows of local days, by wall clock; one that the clocks skip or shorten is left out."""
    day = asked.at.astimezone(zone).date()
    length = asked.minutes * 60
    while (midnight := datetime.combine(day, time(0), tzinfo=zone)) < until:
        for minute in range(FIRST_HOUR * 60, LAST_HOUR * 60, asked.minutes):
            begin = _at(midnight, minute)
            end = _at(midnight, minute + asked.minutes)
            if end - begin == length and end > seconds(asked.at) and begin < seconds(until):
                yield begin, end
        day += timedelta(days=1)


def _at(midnight: datetime, minute: int) -> int:
    return int((midnight + timedelta(minutes=minute)).astimezone(UTC).timestamp())


def work_to_be(
    site: Site,
    work_type: WorkType,
    facts: Mapping[str, Any],
    *,
    skills: Mapping[int, int] | None = None,
    parts: Mapping[Part, float] | None = None,
) -> Work:
    """Work that has no work order yet. `facts` may hold duration_minutes, priority and the four instants of
    windows; skills and parts come from the work type unless given."""
    needed = (
        {row.skill_id: row.level for row in work_type.work_type_skills.all()} if skills is None else skills
    )
    usual = {row.part: float(row.quantity) for row in work_type.work_type_parts.select_related("part")}
    needs = usual if parts is None else parts
    place: Point | None = None
    if site.latitude is not None and site.longitude is not None:
        place = (site.latitude, site.longitude)
    priority = facts.get("priority") or Priority.P3
    hours, is_business = visiting_hours(site, business_hours_of(work_type), priority)
    return Work(
        id=0,
        seconds=(facts.get("duration_minutes") or work_type.duration_minutes) * 60,
        place=place,
        area=site.area,
        site_id=site.pk,
        skills=needed,
        promised=span_of(facts.get("promised_start_at"), facts.get("promised_end_at")),
        window=span_of(facts.get("window_start_at"), facts.get("window_end_at")),
        hours=hours,
        business_hours=is_business,
        customer_id=site.customer_id,
        priority=priority,
        parts={part.pk: quantity for part, quantity in needs.items()},
        part_names={part.pk: str(part) for part in needs},
        crew_cover=work_type.crew_cover,
        crew_size=work_type.crew_size,
    )


def _keep_back(found: Offered, kept: Reserves) -> None:
    """Take out the windows of days whose time is kept for more urgent work."""
    days = kept.known_to(found.ask.work).full
    left = []
    for slot in found.slots:
        reserved = next((minutes for begin, end, minutes in days if begin <= slot.start < end), None)
        if reserved is None:
            left.append(slot)
        else:
            found.full.append((slot, Reason(codes.CAPACITY, {"reserved": reserved})))
    found.slots = left


def _zone(site: Site) -> ZoneInfo:
    return site.zone or current_tenant().zone
