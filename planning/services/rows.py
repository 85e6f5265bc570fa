"""The rows of a proposal with what they are about as it is by now, and what the evaluator has against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dispatch import evaluator
from dispatch.enums import WorkOrderStatus
from dispatch.evaluator import FOREVER, Claim, Person, Reason, Stop, Verdict
from dispatch.models import Visit, WorkOrder, WorkOrderLink
from dispatch.policy import ALLOW, Policy
from dispatch.queries.dependencies import Ends
from dispatch.queries.planning import for_planning, load_world, part_ids_of, seconds, stop_of, work_of
from dispatch.queries.roads import knowing_sites
from dispatch.queries.turns import take_turn_at_overtime, take_turn_at_parts
from dispatch.rules import MOVABLE, OCCUPYING
from planning.enums import ChangeKind
from planning.models import PlanChange, PlanRun
from planning.queries.claims import Holders
from planning.queries.ground import policy_for
from planning.services.shortages import giving_way

DAY = timedelta(days=1)
PLACING = (ChangeKind.ADD, ChangeKind.MOVE)


@dataclass(slots=True)
class Row:
    """A change that is to be carried out, with what it is about as it is now."""

    change: PlanChange
    order: WorkOrder
    visit: Visit | None
    verdict: Verdict | None = None
    is_first: bool = True
    """Whether nothing of the same work begins before it: only that is held to the promise."""

    @property
    def places(self) -> bool:
        return self.change.kind in PLACING


def hold(changes: Sequence[PlanChange]) -> None:
    """Lock what the changes are about, in the order of ids: the work first, then its visits."""
    ids = {change.work_order_id for change in changes}
    list(WorkOrder.objects.select_for_update().filter(pk__in=ids).order_by("id").values_list("id"))
    wanted = [change.visit_id for change in changes if change.visit_id]
    list(Visit.objects.select_for_update().filter(pk__in=wanted).order_by("id").values_list("id"))


def rows_of(changes: Sequence[PlanChange]) -> tuple[list[Row], dict[int, list[dict[str, Any]]]]:
    """Read what the changes are about, and put aside those that saw another version of it."""
    ids = {change.work_order_id for change in changes}
    orders = {order.pk: order for order in for_planning(WorkOrder.objects.filter(pk__in=ids))}
    wanted = [change.visit_id for change in changes if change.visit_id]
    visits = Visit.objects.in_bulk(wanted)
    rows, stale = [], {}
    for change in changes:
        order, visit = orders[change.work_order_id], visits.get(change.visit_id or 0)
        change.work_order = order
        if visit is not None:
            visit.work_order = order
        if why := _overtaken(change, order, visit):
            stale[change.pk] = [why]
        else:
            rows.append(Row(change, order, visit))
    firsts: dict[int, datetime] = {}
    for row in rows:
        if row.order.may_split and row.change.to_start_at:
            start = firsts.setdefault(row.order.pk, row.change.to_start_at)
            firsts[row.order.pk] = min(start, row.change.to_start_at)
    for row in rows:
        row.is_first = firsts.get(row.order.pk) in (None, row.change.to_start_at)
    return rows, stale


def _overtaken(change: PlanChange, order: WorkOrder, visit: Visit | None) -> dict[str, Any] | None:
    """What happened to the work or the visit since the run looked, as a reason; None when nothing did."""
    if change.visit_version:
        if visit is None:
            return Reason("visit_gone").as_json()
        if visit.version != change.visit_version or visit.status not in MOVABLE:
            return Reason("visit_changed", {"status": visit.status}).as_json()
        return None
    if order.status != WorkOrderStatus.UNSCHEDULED:
        return Reason("already_planned", {"status": order.status}).as_json()
    if order.version != change.work_order_version:
        return Reason("work_changed").as_json()
    return None


def refused(run: PlanRun, rows: Sequence[Row], at: datetime) -> dict[int, list[dict[str, Any]]]:
    """Rows that the evaluator is against, now that the others are as proposed. Each row put aside goes back
    to its old place, which may stand in the way of others: so it is asked again until nothing changes."""
    placing = [row for row in rows if row.places]
    if not placing:
        return {}
    ids = {row.change.to_engineer_id for row in placing} | {
        row.visit.engineer_id for row in placing if row.visit
    }
    sites = {row.order.site_id for row in placing}
    parts = part_ids_of(row.order for row in placing)
    take_turn_at_parts(parts)
    read = partial(
        load_world,
        run.from_at,
        run.until,
        engineer_ids=[i for i in ids if i],
        site_ids=sites,
        part_ids=parts,
    )
    world = read()
    if take_turn_at_overtime(policy_for(run, world.policy), world.people):
        world = read()
    policy = knowing_sites(world.policy, sites)
    touched = {row.visit.pk for row in rows if row.visit}
    walls = {p.id: [s for s in p.stops if s.visit_id not in touched] for p in world.people}
    promised = {p.id: p.promised for p in world.people}
    holders = Holders.of({row.order.pk for row in rows if row.visit})
    people = {person.id: person for person in world.people}
    stale: dict[int, list[dict[str, Any]]] = {}
    while True:
        _put(people, walls, rows, stale)
        _promise(people, promised, holders, rows, stale)
        ends = _ends(rows, stale)
        against = {
            row.change.pk: why
            for row in placing
            if row.change.pk not in stale
            if (why := _why(run, row, people, ends, policy) or _too_late(row, rows, ends))
        }
        left = [row.change for row in placing if row.change.pk not in stale]
        against = giving_way(left, against, people)
        against |= _same_crew(placing, against)
        if not against:
            return stale
        stale |= against


def _ends(rows: Sequence[Row], stale: Collection[int]) -> dict[int, tuple[int, int]]:
    """When the work that is placed ends, and whose it is, with the rows carried out except those put aside."""
    ends: dict[int, tuple[int, int]] = {}
    for row in rows:
        change = row.change
        if row.places and change.pk not in stale and change.to_end_at and change.to_engineer_id:
            known = ends.get(row.order.pk, (0, 0))
            ends[row.order.pk] = max(known, (seconds(change.to_end_at), change.to_engineer_id))
    return ends


def _too_late(row: Row, rows: Sequence[Row], ends: dict[int, tuple[int, int]]) -> list[dict[str, Any]]:
    """Planned work that waits for this row's and would begin before it ends; the rows' own are judged themselves."""
    if row.visit is None or row.order.pk not in ends:
        return []
    mine = {other.order.pk for other in rows}
    links = WorkOrderLink.objects.filter(first_id=row.order.pk).exclude(then_id__in=mine)
    for link in links.filter(then__visits__status__in=OCCUPYING).select_related("then"):
        start = min(visit.start_at for visit in link.then.visits.filter(status__in=OCCUPYING))
        if seconds(start) < ends[row.order.pk][0] + link.gap_minutes * 60:
            return [Reason("awaited", {"work_order": str(link.then)}).as_json()]
    return []


def _put(
    people: dict[int, Person], walls: dict[int, list[Stop]], rows: Sequence[Row], stale: Collection[int]
) -> None:
    """Everybody's stops, with the rows carried out except those put aside."""
    stops: dict[int, list[Stop]] = defaultdict(list)
    for row in rows:
        if row.change.pk in stale:
            if row.visit is not None:
                row.visit.work_order = row.order
                stops[row.visit.engineer_id].append(stop_of(row.visit))
        elif row.places:
            stops[row.change.to_engineer_id or 0].append(_new_stop(row))
    for person in people.values():
        person.stops = sorted([*walls[person.id], *stops[person.id]], key=lambda stop: stop.start)


def _promise(
    people: dict[int, Person],
    promised: Mapping[int, Mapping[int, tuple[Claim, ...]]],
    holders: Holders,
    rows: Sequence[Row],
    stale: Collection[int],
) -> None:
    """Who counts on which parts of the vans, with the rows carried out except those put aside."""
    done = [row for row in rows if row.change.pk not in stale]
    for person in people.values():
        person.promised = promised[person.id]
    holders.let_go(people.values(), {row.visit.pk for row in done if row.visit})
    for row in done:
        if row.places and (person_to := people.get(row.change.to_engineer_id or 0)):
            person_to.promise(str(row.order), row.order.pk, row.order.needed_parts)


def _new_stop(row: Row) -> Stop:
    change, site = row.change, row.order.site
    start, end = (seconds(moment) for moment in (change.to_start_at, change.to_end_at) if moment)
    place = None if site.latitude is None or site.longitude is None else (site.latitude, site.longitude)
    return Stop(-change.pk, str(row.order), start, end, place)


def _why(
    run: PlanRun, row: Row, people: dict[int, Person], ends: Ends, policy: Policy
) -> list[dict[str, Any]]:
    """What the evaluator has against a row beyond what its proposal told, or nothing."""
    change, person = row.change, people.get(row.change.to_engineer_id or 0)
    if person is None or change.to_start_at is None or change.to_end_at is None:
        return [Reason("engineer_gone").as_json()]
    work = work_of(row.order, run.from_at - DAY, run.until + DAY, ends=ends)
    if not row.is_first:
        work = replace(work, promised=(0, FOREVER), start_by=FOREVER)
    start, end = seconds(change.to_start_at), seconds(change.to_end_at)
    row.verdict = evaluator.evaluate_as_told(person, work, start, end=end, ignoring=-change.pk, policy=policy)
    allowed = policy_for(run, policy)
    against = [r for r in row.verdict.broken if not _is_told(r) and allowed.verdict(r.code) != ALLOW]
    return [reason.as_json() for reason in against]


def _is_told(reason: Reason) -> bool:
    """Coming after the promise is no surprise: the proposal says by how much."""
    return reason.code == evaluator.WINDOW and reason.facts.get("bound") == "promised_end"


def _same_crew(
    rows: Sequence[Row], against: dict[int, list[dict[str, Any]]]
) -> dict[int, list[dict[str, Any]]]:
    """The rest of the crews of rows put aside: both or none."""
    keys = {row.change.crew_key: against[row.change.pk] for row in rows if row.change.pk in against}
    keys.pop(None, None)
    return {row.change.pk: keys[row.change.crew_key] for row in rows if row.change.crew_key in keys}
