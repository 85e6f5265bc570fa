"""What would help: the smallest changes after which work that a proposal leaves undone could be done beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch import instant
from dispatch import policy as codes
from dispatch import queries as dispatch
from dispatch.crews import Likings
from dispatch.enums import WorkOrderStatus
from dispatch.evaluator import Person, Reason, Stop, Work
from dispatch.instant import Question
from dispatch.models import Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.candidates import LATER, relaxed, relaxed_crew, relaxed_stints
from dispatch.queries.dependencies import Ends
from dispatch.queries.planning import for_planning, load_world, part_ids_of, seconds, work_of
from dispatch.queries.roads import knowing_sites
from dispatch.ranking import BEST, Answer
from dispatch.reserves import Reserves
from planning.enums import ChangeKind, ChangeState
from planning.judging import is_lateness
from planning.models import PlanChange, PlanRun
from planning.queries.claims import Holders
from planning.queries.ground import engineers_of

MOST_TOLD = 3
DAY = timedelta(days=1)


def ways_out_of(run: PlanRun, changes: Sequence[PlanChange], at: datetime) -> dict[int, list[dict[str, Any]]]:
    """{row: the smallest changes, as `Relaxation.as_json`} of rows that found no place: none where nothing small
    helps, somebody could go by now, or the time of the run is over. The open rows of the proposal count as carried
    out. A fixed number of queries.
    """
    found: dict[int, list[dict[str, Any]]] = {change.pk: [] for change in changes}
    from_at = max(run.from_at, at)
    if from_at >= run.until:
        return found
    until = run.until + LATER
    open_rows = list(run.changes.filter(state=ChangeState.OPEN).select_related("work_order__site", "visit"))
    placing = [row for row in open_rows if row.kind in (ChangeKind.ADD, ChangeKind.MOVE)]
    wanted = {change.work_order_id for change in changes} | {row.work_order_id for row in placing}
    orders = {order.pk: order for order in for_planning(WorkOrder.objects.filter(pk__in=wanted))}
    sites = {orders[change.work_order_id].site_id for change in changes}
    world = load_world(
        from_at,
        until,
        engineer_ids=list(engineers_of(run).values_list("pk", flat=True)),
        site_ids=sites,
        part_ids=part_ids_of(orders.values()),
    )
    policy = knowing_sites(world.policy, sites)
    leaving = [row.visit for row in open_rows if row.visit and row.kind != ChangeKind.ASK]
    _carry_out(world.people, placing, leaving, orders)
    gone = [visit.pk for visit in leaving]
    kept = dispatch.kept_between(policy, from_at, until, at=at, ignoring=gone, whole_crews=False)
    for row in placing if kept else ():
        _take(kept, row)
    engine = instant.World(world.people, policy.roads.estimate)
    ends = _ends(placing)
    has_crews = any(orders[change.work_order_id].crew_size > 1 for change in changes)
    pairs = dispatch.likings([person.id for person in world.people]) if has_crews else {}
    for change in changes:
        order = orders[change.work_order_id]
        if order.status != WorkOrderStatus.UNSCHEDULED:
            continue
        work = work_of(order, from_at - DAY, until + DAY, ends=ends)
        work = kept.known_to(work) if kept else work
        found[change.pk] = _smallest(
            engine, work, (seconds(from_at), seconds(run.until), seconds(until)), policy, pairs
        )
    return found


def _smallest(
    engine: instant.World, work: Work, times: tuple[int, int, int], policy: Policy, pairs: Likings
) -> list[dict[str, Any]]:
    from_at, until, later = times
    if work.crew_size > 1 or work.may_split:
        later_on = Question(work, from_at, later, policy)
        found = (
            relaxed_crew(engine, later_on, until, pairs)
            if work.crew_size > 1
            else relaxed_stints(engine, later_on, until)
        )
        return [change.as_json() for change in found[:MOST_TOLD]]
    ask = Question(work, from_at, until, policy)
    answer = instant.rank(engine, ask, BEST)
    if answer.candidates:
        return []
    asking = tuple((_broken(one.verdict.broken), (one.verdict.person,)) for one in answer.forceable)
    refused = Answer((), (), (*answer.excluded, *asking))
    changes = relaxed(engine, replace(ask, until=later), refused, until)
    return [change.as_json() for change in changes[:MOST_TOLD]]


def _broken(broken: Sequence[Reason]) -> Reason:
    """What somebody would need a reason for, as a rule that leaves no time: a run plans nothing that needs one."""
    reason = next(reason for reason in broken if not is_lateness(reason))
    return Reason(codes.SHIFT) if reason.code == codes.OVERTIME else reason


def _carry_out(
    people: Sequence[Person],
    placing: Sequence[PlanChange],
    leaving: Sequence[Visit],
    orders: Mapping[int, WorkOrder],
) -> None:
    """The people with the proposal carried out."""
    gone = {visit.pk for visit in leaving}
    Holders.of({visit.work_order_id for visit in leaving}).let_go(people, gone)
    coming: dict[int, list[PlanChange]] = defaultdict(list)
    for row in placing:
        coming[row.to_engineer_id or 0].append(row)
    for person in people:
        person.stops = [stop for stop in person.stops if stop.visit_id not in gone]
        for row in coming[person.id]:
            order = orders[row.work_order_id]
            person.add(_stop(row))
            person.promise(str(order), order.pk, order.needed_parts)


def _stop(row: PlanChange) -> Stop:
    site, (start, end) = row.work_order.site, _span(row)
    place = None if site.latitude is None or site.longitude is None else (site.latitude, site.longitude)
    return Stop(row.visit_id or 0, str(row.work_order), start, end, place)


def _span(row: PlanChange) -> tuple[int, int]:
    start, end = (seconds(moment) for moment in (row.to_start_at, row.to_end_at) if moment)
    return start, end


def _take(kept: Reserves | None, row: PlanChange) -> None:
    if kept is not None and row.to_engineer_id:
        facts = row.to_engineer_id, *_span(row), row.work_order.priority
        kept.take(*facts, travel=row.travel_minutes)


def _ends(placing: Sequence[PlanChange]) -> Ends:
    """When the work that is placed ends, and whose it is."""
    ends: dict[int, tuple[int, int]] = {}
    for row in placing:
        last = _span(row)[1], row.to_engineer_id or 0
        ends[row.work_order_id] = max(ends.get(row.work_order_id, (0, 0)), last)
    return dict(ends)
