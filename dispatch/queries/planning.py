"""The evaluator's view of the world, loaded once per question or batch: a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count

from dispatch.enums import PolicyStatus, VisitStatus
from dispatch.evaluator import FOREVER, Person, Span, Stop, Work
from dispatch.models import DispatchPolicy, Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.ranking import Answer, rank
from dispatch.rules import OCCUPYING
from dispatch.travel import Point
from workforce import queries as workforce
from workforce.models import Engineer

_MARGIN = timedelta(days=1)
_ENDED = (VisitStatus.DONE, VisitStatus.COULD_NOT_COMPLETE)


@dataclass(slots=True)
class World:
    """Engineers with their plan between two instants. `people` is in order of name."""

    people: list[Person]
    from_at: datetime
    until: datetime

    def person(self, engineer_id: int) -> Person | None:
        """The engineer, or None when not loaded."""
        return next((p for p in self.people if p.id == engineer_id), None)


def load_world(
    from_at: datetime,
    until: datetime,
    *,
    engineer_ids: Collection[int] | None = None,
    site_ids: Collection[int] = (),
) -> World:
    """Load engineers (all active ones, or those named), and who has been at which of the sites."""
    engineers = workforce.engineers_with_everything(engineer_ids)
    if engineer_ids is None:
        engineers = engineers.filter(is_active=True)
    found = list(engineers)
    begin, end = from_at - _MARGIN, until + _MARGIN
    stops = _stops([engineer.pk for engineer in found], begin, end)
    been = _been([engineer.pk for engineer in found], site_ids)
    people = [_person(engineer, begin, end, stops[engineer.pk], been[engineer.pk]) for engineer in found]
    return World(people, from_at, until)


def policy_in_force() -> Policy:
    """The tenant's published policy, or the product's own."""
    row = DispatchPolicy.objects.filter(status=PolicyStatus.PUBLISHED).first()
    return policy_of(row) if row else Policy.default()


def policy_of(row: DispatchPolicy) -> Policy:
    """A stored version as the evaluator sees it."""
    return Policy(row.version, dict(row.verdicts), dict(row.weights), dict(row.limits))


def work_of(work_order: WorkOrder) -> Work:
    """A work order as the evaluator sees it; reads `work_order_skills` and `site` (prefetch them)."""
    site = work_order.site
    return Work(
        id=work_order.pk,
        seconds=work_order.duration_minutes * 60,
        place=_point(site.latitude, site.longitude),
        area=site.area,
        site_id=site.pk,
        skills={row.skill_id: row.level for row in work_order.work_order_skills.all()},
        promised=_span(work_order.promised_start_at, work_order.promised_end_at),
        window=_span(work_order.window_start_at, work_order.window_end_at),
    )


def candidates(
    work_order: WorkOrder, at: datetime, *, days: int = 3, strategy: str = "earliest", ignoring: int = 0
) -> Answer:
    """Who can do the work from `at` on, best first; who needs a reason; why not the others.

    `ignoring` is a visit that would be moved, so that it does not stand in its own way.
    """
    until = at + timedelta(days=days)
    world = load_world(at, until, site_ids=[work_order.site_id])
    for person in world.people:
        person.stops = [stop for stop in person.stops if stop.visit_id != ignoring]
    return answer_for(world, work_of(work_order), strategy)


def answer_for(world: World, work: Work, strategy: str) -> Answer:
    """The ranking within a world that is loaded already."""
    return rank(world.people, work, seconds(world.from_at), seconds(world.until), strategy)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, the evaluator's clock."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """The instant of an evaluator's second."""
    return datetime.fromtimestamp(at, UTC)


def stop_of(visit: Visit) -> Stop:
    """A visit as the evaluator sees it."""
    site = visit.work_order.site
    is_over = visit.status in _ENDED
    return Stop(
        visit_id=visit.pk,
        work_order=str(visit.work_order),
        start=seconds((visit.arrived_at or visit.start_at) if is_over else visit.start_at),
        end=seconds((visit.ended_at or visit.end_at) if is_over else visit.end_at),
        place=_point(site.latitude, site.longitude),
        is_over=is_over,
    )


def _stops(engineer_ids: Collection[int], begin: datetime, end: datetime) -> dict[int, list[Stop]]:
    rows = (
        Visit.objects.filter(
            engineer_id__in=engineer_ids,
            start_at__lt=end,
            end_at__gt=begin,
            status__in=[*OCCUPYING, *_ENDED],
        )
        .select_related("work_order__site")
        .order_by("start_at", "id")
    )
    found: dict[int, list[Stop]] = defaultdict(list)
    for visit in rows:
        found[visit.engineer_id].append(stop_of(visit))
    return found


def _been(engineer_ids: Collection[int], site_ids: Collection[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = defaultdict(dict)
    if site_ids:
        rows = (
            Visit.objects.filter(
                engineer_id__in=engineer_ids, work_order__site_id__in=site_ids, status=VisitStatus.DONE
            )
            .order_by()
            .values_list("engineer_id", "work_order__site_id")
            .annotate(times=Count("id"))
        )
        for engineer_id, site_id, times in rows:
            found[engineer_id][site_id] = times
    return found


def _person(
    engineer: Engineer, begin: datetime, end: datetime, stops: list[Stop], been: dict[int, int]
) -> Person:
    zone = engineer.zone or engineer.tenant.zone
    hours = workforce.shift_intervals(engineer, begin, end)
    absences = [
        (a.start_at, a.end_at) for a in engineer.absences.all() if a.end_at > begin and a.start_at < end
    ]
    return Person(
        id=engineer.pk,
        name=engineer.name,
        is_active=engineer.is_active,
        home=_point(engineer.home_latitude, engineer.home_longitude),
        skills={
            held.skill_id: (held.level, _last_second(held.expires_on, zone))
            for held in engineer.engineer_skills.all()
        },
        areas=frozenset(area for territory in engineer.territories.all() for area in territory.areas),
        shifts=_spans(hours),
        absences=_spans(absences),
        stops=stops,
        sites=been,
    )


def _spans(intervals: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    return [(seconds(start), seconds(end)) for start, end in sorted(intervals)]


def _span(start: datetime | None, end: datetime | None) -> Span:
    return (seconds(start) if start else 0, seconds(end) if end else FOREVER)


def _last_second(day: date | None, zone: ZoneInfo) -> int:
    """A certificate holds through the whole of its last day, in the engineer's zone."""
    if day is None:
        return FOREVER
    return seconds(datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone)) - 1


def _point(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else (latitude, longitude)
