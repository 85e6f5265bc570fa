"""The ground a run plans on: people with their walls, tasks, days. Read in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Min, Q, QuerySet

from dispatch import policy as codes
from dispatch import queries as dispatch
from dispatch.crews import Likings
from dispatch.enums import LockLevel, WorkOrderStatus
from dispatch.evaluator import FOREVER, Person, Span, Stop, Work
from dispatch.models import Visit, WorkOrder, WorkOrderLink
from dispatch.policy import Policy
from dispatch.queries.dependencies import Ends, links_of
from dispatch.queries.planning import for_planning, load_world, part_ids_of, seconds, stop_of, work_of
from dispatch.reserves import Reserves
from dispatch.rules import MOVABLE, OCCUPYING
from dispatch.travel import Point
from planning.days import Prices, Task, Wait
from planning.enums import RunKind
from planning.judging import stop_id
from planning.models import PlanRun
from workforce.models import Engineer

LOCKED = (LockLevel.CONFIRMED, LockLevel.COMMITTED)
MOST_ORDERS = 6_000


@dataclass(slots=True)
class Ground:
    """What a run sees. `works` and `visits` are by id; `kept` are the visits that no run may touch."""

    people: list[Person]
    tasks: list[Task]
    stretches: list[Span]
    policy: Policy
    prices: Prices
    likings: Likings
    works: dict[int, WorkOrder] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    crews: dict[int, list[Visit]] = field(default_factory=dict)
    reserves: Reserves | None = None
    promises: dict[int, int] = field(default_factory=dict)
    """The last instant promised, of every visit that is planned and, by `stop_id`, of every task."""
    not_looked_at: int = 0
    """How many work orders wait beyond those that a run looks at, all of them less urgent."""

    @property
    def places(self) -> list[Point | None]:
        """Every place between which somebody may drive."""
        homes = [person.home for person in self.people]
        stops = [stop.place for person in self.people for stop in person.stops]
        return [*homes, *stops, *(task.work.place for task in self.tasks)]


def ground_of(run: PlanRun, at: datetime) -> Ground:
    """Everything a run needs, as it is at this moment."""
    from_at = max(run.from_at, at)
    ids = list(engineers_of(run).values_list("pk", flat=True))
    policy = policy_for(run, dispatch.policy_in_force())
    planned = _planned(ids, from_at, run.until)
    open_orders = _waiting(run)
    waiting = list(open_orders[:MOST_ORDERS])
    sites = {order.site_id for order in waiting} | {visit.work_order.site_id for visit in planned}
    parts = part_ids_of([*waiting, *(visit.work_order for visit in planned)])
    world = load_world(from_at, run.until, engineer_ids=ids, site_ids=sites, part_ids=parts, policy=policy)
    free = _movable(planned, world.people, run, at, policy)
    _take_off(world.people, free)
    crews = _crews(free)
    links = Links.of([*waiting, *(visit.work_order for visit in free)])
    tasks = [_visit_task(run, group, at, links) for group in crews.values()]
    tasks += [_task(order, run, at, links) for order in waiting]
    return Ground(
        people=world.people,
        tasks=tasks,
        stretches=_stretches(world.people, from_at, run.until, run.tenant.zone),
        policy=policy,
        prices=Prices(change=policy.limit("change_price_seconds")),
        likings=dispatch.likings(ids),
        works={order.pk: order for order in [*waiting, *(visit.work_order for visit in free)]},
        visits={visit.pk: visit for visit in free},
        crews=crews,
        reserves=dispatch.kept_between(policy, from_at, run.until, at=at),
        promises=_promises(planned) | {stop_id(task): task.work.promised[1] for task in tasks},
        not_looked_at=open_orders.count() - MOST_ORDERS if len(waiting) == MOST_ORDERS else 0,
    )


def policy_for(run: PlanRun, policy: Policy) -> Policy:
    """What a run plans by: the policy in force, with overtime where that is left to a person and who asked allows
    it."""
    is_left = run.with_overtime and policy.verdict(codes.OVERTIME) == codes.CONFIRM
    return policy.allowing(codes.OVERTIME) if is_left else policy


def as_planned(ground: Ground) -> list[Person]:
    """The people with the visits that may move back where they are now, beside the walls."""
    stops: dict[int, list[Stop]] = defaultdict(list)
    for visit in ground.visits.values():
        stops[visit.engineer_id].append(stop_of(visit))
    people = [replace(person, stops=[*person.stops, *stops[person.id]]) for person in ground.people]
    for person in people:
        person.stops.sort(key=lambda stop: stop.start)
    return people


def engineers_of(run: PlanRun) -> QuerySet[Engineer]:
    """Whom a run plans."""
    found = Engineer.objects.filter(is_active=True)
    return found.filter(territories=run.territory) if run.territory_id else found


def _waiting(run: PlanRun) -> QuerySet[WorkOrder]:
    """Work without a visit that may be done before the run ends, in the run's territory."""
    found = WorkOrder.objects.filter(status=WorkOrderStatus.UNSCHEDULED)
    found = found.filter(Q(window_start_at__isnull=True) | Q(window_start_at__lt=run.until))
    if run.territory is not None:
        names = {name.casefold() for name in run.territory.areas}
        areas = WorkOrder.objects.order_by().values_list("site__area", flat=True).distinct()
        found = found.filter(site__area__in=[area for area in areas if area.casefold() in names])
    return for_planning(found).order_by("priority", "promised_end_at", "id")


def _planned(engineer_ids: Sequence[int], from_at: datetime, until: datetime) -> list[Visit]:
    found = Visit.objects.filter(
        engineer_id__in=engineer_ids, status__in=MOVABLE, start_at__gte=from_at, start_at__lt=until
    )
    orders = for_planning(WorkOrder.objects.all())
    ids = list(found.order_by().values_list("work_order_id", flat=True))
    known = {order.pk: order for order in orders.filter(pk__in=ids)}
    visits = list(found.select_related("engineer").order_by("start_at", "id"))
    for visit in visits:
        visit.work_order = known[visit.work_order_id]
    return visits


def _promises(planned: Iterable[Visit]) -> dict[int, int]:
    """Until when each visit was promised; only the first stint of work over several days is held to that."""
    held = [visit for visit in planned if visit.work_order.promised_end_at is not None]
    later = dispatch.later_stints(held)
    return {
        visit.pk: seconds(visit.work_order.promised_end_at)
        for visit in held
        if visit.work_order.promised_end_at is not None and visit.pk not in later
    }


def _movable(
    planned: Iterable[Visit], people: Iterable[Person], run: PlanRun, at: datetime, policy: Policy
) -> list[Visit]:
    """The visits that may move: those of one crew all or none, and those and the stints of work that takes several
    days only when one of them cannot come."""
    frozen_until = at + timedelta(minutes=policy.limit("freeze_minutes"))
    absences = {person.id: person.absences for person in people}
    groups: dict[object, list[Visit]] = defaultdict(list)
    for visit in planned:
        groups[visit.crew_key or visit.pk].append(visit)
    free: list[Visit] = []
    for group in groups.values():
        impossible = any(_is_away(visit, absences.get(visit.engineer_id, [])) for visit in group)
        whole = len(group) == group[0].work_order.crew_size
        alone = group[0].crew_key is None and not group[0].work_order.may_split
        if whole and (impossible or (alone and not any(_is_fixed(v, run, frozen_until) for v in group))):
            free += group
    return free


def _is_fixed(visit: Visit, run: PlanRun, frozen_until: datetime) -> bool:
    """Whether a promise, the freeze or having been sent keeps a visit where it is."""
    was_sent = visit.sent_at is not None and run.kind == RunKind.BUILD
    return visit.lock_level in LOCKED or visit.start_at < frozen_until or was_sent


def _is_away(visit: Visit, absences: Iterable[Span]) -> bool:
    start, end = seconds(visit.start_at), seconds(visit.end_at)
    return any(a < end and b > start for a, b in absences)


def _take_off(people: Iterable[Person], free: Sequence[Visit]) -> None:
    """Take visits that may move out of the plan; what is in the van for them is free."""
    ids, works = {visit.pk for visit in free}, {visit.work_order_id for visit in free}
    for person in people:
        person.stops = [stop for stop in person.stops if stop.visit_id not in ids]
        person.release(works)


def _crews(free: Iterable[Visit]) -> dict[int, list[Visit]]:
    """Visits that go together, by the id of the first; most are alone."""
    groups: dict[object, list[Visit]] = defaultdict(list)
    for visit in free:
        groups[visit.crew_key or visit.pk].append(visit)
    return {group[0].pk: group for group in groups.values()}


@dataclass(slots=True)
class Links:
    """How the work of a run hangs together: `within` says that the run plans it; `before` by when planned work that
    the run leaves alone needs it done."""

    within: Ends
    before: dict[int, int]

    @classmethod
    def of(cls, orders: Sequence[WorkOrder]) -> Links:
        ids = [order.pk for order in orders]
        rows = WorkOrderLink.objects.filter(first_id__in=ids).exclude(then_id__in=ids)
        planned = rows.filter(then__visits__status__in=OCCUPYING)
        starts = planned.values_list("first_id", "gap_minutes").annotate(start=Min("then__visits__start_at"))
        before: dict[int, int] = {}
        for first_id, gap, start in starts.order_by():
            bound = seconds(start) - gap * 60
            before[first_id] = min(bound, before.get(first_id, bound))
        return cls(dict.fromkeys(ids), before)

    def waits_of(self, order: WorkOrder) -> tuple[Wait, ...]:
        """What an order waits for that the run plans too."""
        return tuple(
            Wait(
                link.first_id,
                str(link.first),
                link.kind,
                link.gap_minutes * 60,
                link.first.site.zone or link.first.tenant.zone,
            )
            for link in links_of(order)
            if link.first_id in self.within
        )

    def work_of(self, order: WorkOrder, run: PlanRun) -> Work:
        """The work without the links that the run keeps itself."""
        return work_of(
            order, run.from_at - timedelta(days=1), run.until + timedelta(days=1), ends=self.within
        )


def told_span(visit: Visit) -> Span | None:
    """The first and last start that are no change to the customer: as confirmed, else as told once the visit was
    sent; None while they know of none."""
    if visit.lock_level in LOCKED:
        held = dispatch.appointment_of(visit)
        return seconds(held.opens), seconds(held.closes)
    if visit.sent_at is None:
        return None
    window = dispatch.told_of(visit)
    return seconds(window.start_at), seconds(window.end_at)


def _visit_task(run: PlanRun, group: Sequence[Visit], at: datetime, links: Links) -> Task:
    first = group[0]
    order = first.work_order
    work = links.work_of(order, run)
    bound = links.before.get(order.pk, FOREVER)
    if seconds(first.end_at) <= bound < work.window[1]:
        work = replace(work, window=(work.window[0], bound))
    if order.may_split:
        seconds_of_stint = seconds(first.end_at) - seconds(first.start_at)
        work = replace(work, seconds=seconds_of_stint, may_split=False)
        if dispatch.has_earlier_stint(order, first.start_at, ignoring=first.pk):
            work = replace(work, promised=(0, FOREVER), start_by=FOREVER)
    return Task(
        work=work,
        priority=order.priority,
        visit_id=first.pk,
        was=(first.engineer_id, seconds(first.start_at)),
        told=next((span for visit in group if (span := told_span(visit))), None),
        waiting_days=_days(order, at),
        team=tuple(visit.engineer_id for visit in group) if len(group) > 1 else (),
        waits=links.waits_of(order),
        name=str(order),
    )


def _task(order: WorkOrder, run: PlanRun, at: datetime, links: Links) -> Task:
    return Task(
        work=links.work_of(order, run),
        priority=order.priority,
        waiting_days=_days(order, at),
        waits=links.waits_of(order),
        name=str(order),
    )


def _days(order: WorkOrder, at: datetime) -> int:
    return max(0, (at - order.created_at).days)


def _stretches(people: Sequence[Person], from_at: datetime, until: datetime, zone: ZoneInfo) -> list[Span]:
    """The run's days, cut at the hour of night at which the fewest are at work."""
    end = seconds(until)
    cuts = [seconds(from_at)]
    hour = _quiet_hour(people, zone)
    day = from_at.astimezone(zone).date()
    while cuts[-1] < end:
        day += timedelta(days=1)
        cut = seconds(datetime.combine(day, time(hour), tzinfo=zone))
        if cut > cuts[-1]:
            cuts.append(min(cut, end))
    return [(a, b) for a, b in pairwise(cuts) if b > a]


def _quiet_hour(people: Sequence[Person], zone: ZoneInfo) -> int:
    busy = [0] * 24
    for person in people:
        for start, stop in person.shifts:
            if stop - start >= FOREVER:
                continue
            for at in range(start + 3600, stop, 3600):
                busy[datetime.fromtimestamp(at, zone).hour] += 1
    return min(range(24), key=lambda hour: (busy[hour], min(hour, 24 - hour)))
