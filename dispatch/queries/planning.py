"""The evaluator's view of the world, loaded once per question or batch: a fixed number of queries."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from core.clock import now
from customers.models import Site
from dispatch.capacity import Rule
from dispatch.evaluator import FOREVER, Person, Span, Stop, Work
from dispatch.links import Bound
from dispatch.models import DispatchPolicy, Visit, WorkOrder, WorkOrderPart
from dispatch.policy import PRODUCT, Policy
from dispatch.queries.dependencies import Dependency, Ends, dependency_of, with_links
from dispatch.queries.hours import BusinessHours, business_hours_to_keep, hours_to_visit
from dispatch.queries.reading import (
    WORKED,
    PolicyRow,
    capacity_rules,
    knowledge_of,
    policy_row,
    read_to_plan,
    stops_of,
)
from dispatch.queries.roads import roads_of
from dispatch.queries.weeks import A_WEEK, tell_weeks
from dispatch.ranking import Answer, rank
from dispatch.travel import ESTIMATE, Roads, point_of
from workforce import queries as workforce
from workforce.models import Engineer

_MARGIN = timedelta(days=1)
_HOURS_AHEAD = timedelta(days=22)


@dataclass(slots=True)
class World:
    """Engineers with their plan between two instants. `people` is in order of name."""

    people: list[Person]
    from_at: datetime
    until: datetime
    policy: Policy = PRODUCT

    def person(self, engineer_id: int) -> Person | None:
        """The engineer, or None when not loaded."""
        return next((p for p in self.people if p.id == engineer_id), None)


def load_world(
    from_at: datetime,
    until: datetime,
    *,
    engineer_ids: Collection[int] | None = None,
    site_ids: Collection[int] = (),
    part_ids: Collection[int] = (),
    policy: Policy | None = None,
) -> World:
    """Load engineers (all active ones, or those named), who has been at which of the sites and at their
    customers, and how many of the parts lie in whose van. `policy` None reads the one in force; what
    a routing service said is not read with it: see `queries.roads.knowing`."""
    begin, end = from_at - _MARGIN, until + _MARGIN
    engineers = workforce.engineers_to_plan(engineer_ids, since=begin - A_WEEK)
    if engineer_ids is None:
        engineers = engineers.filter(is_active=True)
    found = list(engineers)
    ids = [engineer.pk for engineer in found]
    knowledge = knowledge_of(ids, site_ids, part_ids)
    stops = stops_of(ids, begin, end)
    people = [_person(engineer, begin, end, stops[engineer.pk]) for engineer in found]
    tell_weeks(zip(people, found, strict=True), begin, end)
    for person in people:
        knowledge.tell(person)
    return World(people, from_at, until, policy or policy_in_force())


def policy_in_force() -> Policy:
    """The tenant's published policy, or the product's own, with its travel times: one query.

    Legs that a routing service knows are not read: see `queries.roads.knowing`.
    """
    return _policy_of(policy_row())


def in_force_for(work_order: WorkOrder) -> tuple[Policy, list[Rule]]:
    """`policy_in_force` and the capacity rules, in one statement with what `work_of` reads of the work."""
    found = read_to_plan(work_order)
    return (_policy_of(found[0]), found[1]) if found else (policy_in_force(), capacity_rules())


def _policy_of(row: PolicyRow) -> Policy:
    version, verdicts, weights, limits, source, factors, failures, former, changed_at = row
    roads = roads_of(source, json.loads(factors), failures, former=json.loads(former), changed_at=changed_at)
    return Policy(version, json.loads(verdicts), json.loads(weights), json.loads(limits), roads)


def policies() -> QuerySet[DispatchPolicy]:
    """Every version, the newest first."""
    return DispatchPolicy.objects.order_by("-version")


def policy_of(row: DispatchPolicy, roads: Roads = ESTIMATE) -> Policy:
    """A stored version as the evaluator sees it."""
    return Policy(row.version, dict(row.verdicts), dict(row.weights), dict(row.limits), roads)


def for_planning(work_orders: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
    """Work orders with everything that `work_of` reads: a fixed number of queries for any number of them."""
    return work_orders.select_related("site__tenant", "work_type__calendar").prefetch_related(
        "work_order_skills", "site__visiting_hours", with_links(), with_parts()
    )


def with_parts() -> Prefetch[Any]:
    """The expected parts with their names, for a list of work orders."""
    return Prefetch("work_order_parts", queryset=WorkOrderPart.objects.select_related("part"))


def part_ids_of(work_orders: Iterable[WorkOrder]) -> set[int]:
    """The parts that any of these is expected to take; read once for all of them, and for `work_of` after it."""
    orders = list(work_orders)
    prefetch_related_objects(orders, with_parts())
    return {row.part_id for work_order in orders for row in work_order.work_order_parts.all()}


def work_of(
    work_order: WorkOrder,
    from_at: datetime | None = None,
    until: datetime | None = None,
    *,
    ends: Ends | None = None,
) -> Work:
    """A work order as the evaluator sees it (`for_planning` loads what it reads of many, `read_to_plan` of one).

    Visiting hours are told between two instants, by default from yesterday for three weeks. `ends` says when what
    it hangs on is to end, where that differs from its visits.
    """
    site = work_order.site
    read_to_plan(work_order)
    hours, is_business = visiting_hours(
        site, business_hours_to_keep(work_order), work_order.priority, from_at, until
    )
    hangs_on = dependency_of(work_order, ends)
    parts = work_order.work_order_parts.all()
    return Work(
        id=work_order.pk,
        seconds=work_order.minutes_to_plan * 60,
        place=point_of(site.latitude, site.longitude),
        area=site.area,
        site_id=site.pk,
        skills={row.skill_id: row.level for row in work_order.work_order_skills.all()},
        # What is left of work that somebody has begun with, or will, is no arrival that was promised.
        promised=(0, FOREVER)
        if work_order.left_minutes
        else span_of(work_order.promised_start_at, work_order.promised_end_at),
        window=span_of(work_order.window_start_at, work_order.window_end_at),
        hours=hours,
        business_hours=is_business,
        customer_id=work_order.customer_id,
        priority=work_order.priority,
        crew_size=work_order.crew_size,
        crew_cover=work_order.crew_cover,
        may_split=work_order.may_split,
        parts={row.part_id: float(row.quantity) for row in parts},
        part_names={row.part_id: str(row.part) for row in parts},
        **(_dependency_facts(hangs_on) if hangs_on else {}),
    )


def visiting_hours(
    site: Site,
    kept: BusinessHours | None,
    priority: int,
    from_at: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[Span] | None, bool]:
    """`hours_to_visit` as the evaluator sees them. Default span: see `work_of`."""
    from_at = from_at or now() - _MARGIN
    found, is_business = hours_to_visit(site, kept, priority, from_at, until or from_at + _HOURS_AHEAD)
    return None if found is None else _spans(found), is_business


def _dependency_facts(hangs_on: Dependency) -> dict[str, Any]:
    bound = hangs_on.bound or Bound(FOREVER)
    return {
        "waits_for": hangs_on.waits_for,
        "after": bound.after,
        "start_by": bound.start_by,
        "same_engineer": bound.engineer_id,
    }


def answer_for(world: World, work: Work, strategy: str) -> Answer:
    """The ranking within a world that is loaded already."""
    span = seconds(world.from_at), seconds(world.until)
    return rank(world.people, work, *span, strategy, policy=world.policy)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, the evaluator's clock."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """The instant of an evaluator's second."""
    return datetime.fromtimestamp(at, UTC)


def stop_of(visit: Visit) -> Stop:
    """A visit as the evaluator sees it."""
    site = visit.work_order.site
    is_over = visit.status in WORKED
    return Stop(
        visit_id=visit.pk,
        work_order=str(visit.work_order),
        start=seconds((visit.arrived_at or visit.start_at) if is_over else visit.start_at),
        end=seconds((visit.ended_at or visit.end_at) if is_over else visit.end_at),
        place=point_of(site.latitude, site.longitude),
        is_over=is_over,
    )


def _person(engineer: Engineer, begin: datetime, end: datetime, stops: list[Stop]) -> Person:
    zone = engineer.zone or engineer.tenant.zone
    provider = engineer.provider
    absences = [
        (a.start_at, a.end_at) for a in engineer.absences.all() if a.end_at > begin and a.start_at < end
    ]
    return Person(
        id=engineer.pk,
        name=engineer.name,
        is_active=engineer.is_active,
        home=point_of(engineer.home_latitude, engineer.home_longitude),
        skills={
            held.skill_id: (held.level, _last_second(held.expires_on, zone))
            for held in engineer.engineer_skills.all()
        },
        areas=frozenset(area for territory in engineer.territories.all() for area in territory.areas),
        shifts=_spans(workforce.shift_intervals(engineer, begin, end)),
        absences=_spans(absences),
        stops=stops,
        breaks=[(seconds(a), seconds(b), n) for a, b, n in workforce.break_windows(engineer, begin, end)],
        overtime=engineer.overtime_minutes * 60,
        max_travel_minutes=engineer.max_travel_minutes,
        hour_cost=engineer.hour_cost_minor,
        km_cost=engineer.km_cost_minor,
        overtime_percent=engineer.overtime_percent,
        provider_id=engineer.provider_id or 0,
        scope_skills=frozenset(s.pk for s in provider.skills.all()) if provider else frozenset(),
        scope_areas=frozenset(a for t in provider.territories.all() for a in t.areas)
        if provider
        else frozenset(),
        last_given=max((stop.visit_id for stop in stops), default=0),
    )


def _spans(intervals: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    return [(seconds(start), seconds(end)) for start, end in sorted(intervals)]


def span_of(start: datetime | None, end: datetime | None) -> Span:
    """Two instants as seconds; open where there is none."""
    return (seconds(start) if start else 0, seconds(end) if end else FOREVER)


def _last_second(day: date | None, zone: ZoneInfo) -> int:
    """A certificate holds through the whole of its last day, in the engineer's zone."""
    if day is None:
        return FOREVER
    return seconds(datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone)) - 1
