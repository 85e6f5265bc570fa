"""Accepting and refusing what a run proposes, row by row, in the world as it is by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import Conflict, IllegalTransition, NotFound
from dispatch import evaluator
from dispatch import services as dispatching
from dispatch.enums import WorkOrderStatus
from dispatch.evaluator import FOREVER, Claim, Person, Reason, Stop, Verdict
from dispatch.models import Visit, WorkOrder, WorkOrderLink
from dispatch.policy import ALLOW, OVERTIME, Policy
from dispatch.queries.dependencies import Ends
from dispatch.queries.planning import for_planning, load_world, part_ids_of, seconds, stop_of, work_of
from dispatch.queries.roads import knowing_sites
from dispatch.queries.turns import take_turn_at_overtime, take_turn_at_parts
from dispatch.rules import MOVABLE, OCCUPYING
from dispatch.services import Placement
from journal import services as journal
from planning import queries
from planning.enums import ChangeKind, ChangeState, RunState
from planning.events import PlanDecided
from planning.models import PlanChange, PlanRun
from planning.queries.claims import Holders
from planning.queries.ground import policy_for
from planning.services.asking import ask_customers
from planning.services.shortages import giving_way
from tenants.actors import Actor

DAY = timedelta(days=1)
PLACING = (ChangeKind.ADD, ChangeKind.MOVE)
DOING = (*PLACING, ChangeKind.UNPLAN, ChangeKind.ASK)


@dataclass(slots=True)
class _Row:
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


@transaction.atomic
def accept_changes(
    *, run_id: int, actor: Actor, at: datetime, change_ids: Collection[int] | None = None
) -> dict[str, int]:
    """Carry out a proposal, whole or the rows named. Returns {"accepted", "stale"}, and how many customers were
    "asked", which moves nothing yet.

    Raises `Conflict` (code "waits") when a row waits for another of the proposal that is not among those named. A
    row whose visit or work changed since, or that the evaluator is against by now, is marked as overtaken
    with its reasons; the others are carried out. Rows of one crew go together. Accepting a row twice changes
    nothing.
    """
    run = queries.run_for_update(run_id)
    actor.require(Permission.VISIT_PLAN, run)
    _check_open(run)
    chosen = _chosen(run, change_ids)
    _check_links(run, chosen)
    every, stale = _rows(chosen)
    rows = [row for row in every if row.change.kind != ChangeKind.ASK]
    stale |= _refused(run, rows, at)
    done = [row for row in rows if row.change.pk not in stale]
    if done:
        _carry_out(run, done, actor=actor, at=at)
    questions = [row.change for row in every if row.change.kind == ChangeKind.ASK]
    unasked, customers = ask_customers(questions, actor=actor, at=at)
    stale |= unasked
    asked = [change for change in questions if change.pk not in unasked]
    _decide(run, [*(row.change for row in done), *asked], ChangeState.ACCEPTED, actor, at)
    overtaken = list(run.changes.filter(pk__in=stale))
    for change in overtaken:
        change.reasons = stale[change.pk]
    _decide(run, overtaken, ChangeState.STALE, actor, at)
    _close(run, at)
    counts = {"accepted": len(done), "stale": len(overtaken)} | ({"asked": customers} if asked else {})
    journal.record(actor=actor, verb="accepted", thing=run, at=at, changes=counts)
    journal.publish(PlanDecided(run_id=run.pk))
    return counts


@transaction.atomic
def reject_changes(
    *, run_id: int, actor: Actor, at: datetime, change_ids: Collection[int] | None = None
) -> int:
    """Refuse a proposal, whole or the rows named. Returns how many were refused."""
    run = queries.run_for_update(run_id)
    actor.require(Permission.VISIT_PLAN, run)
    _check_open(run)
    changes = _chosen(run, change_ids)
    _decide(run, changes, ChangeState.REJECTED, actor, at)
    _close(run, at)
    journal.record(actor=actor, verb="refused", thing=run, at=at, changes={"refused": len(changes)})
    journal.publish(PlanDecided(run_id=run.pk))
    return len(changes)


def _check_open(run: PlanRun) -> None:
    if run.state in (RunState.PROPOSED, RunState.NOTHING, RunState.CLOSED):
        return
    state = RunState(run.state).label
    raise IllegalTransition(
        _("%(run)s has no proposal: it is “%(state)s”.") % {"run": run, "state": state},
        thing=str(run),
        current=run.state,
    )


def _chosen(run: PlanRun, change_ids: Collection[int] | None) -> list[PlanChange]:
    """The open rows, all or those named with the rest of their crews."""
    rows = run.changes.select_for_update().filter(state=ChangeState.OPEN, kind__in=DOING).order_by("id")
    if change_ids is None:
        return list(rows)
    known = set(run.changes.filter(pk__in=change_ids).values_list("pk", flat=True))
    if strange := sorted(set(change_ids) - known):
        raise NotFound(_("Row %(id)s: not found in %(run)s.") % {"id": strange[0], "run": run})
    every = list(rows)
    keys = {row.crew_key for row in every if row.pk in change_ids and row.crew_key}
    return [row for row in every if row.pk in change_ids or (row.crew_key and row.crew_key in keys)]


def _check_links(run: PlanRun, chosen: Sequence[PlanChange]) -> None:
    """What waits for other work of the proposal is not accepted without it."""
    mine = {change.work_order_id for change in chosen if change.kind in PLACING}
    links = WorkOrderLink.objects.filter(then_id__in=mine).exclude(first_id__in=mine)
    others = run.changes.filter(state=ChangeState.OPEN, kind__in=PLACING)
    missing = links.filter(first_id__in=others.values("work_order_id"))
    link = missing.select_related("first", "then").order_by("id").first()
    if link is not None:
        text = _("%(then)s waits for %(first)s, which is in the proposal too. Accept %(first)s as well.")
        raise Conflict(text % {"then": link.then, "first": link.first}, code="waits")


def _rows(changes: Sequence[PlanChange]) -> tuple[list[_Row], dict[int, list[dict[str, Any]]]]:
    """Lock what the changes are about, and put aside those that saw another version of it."""
    ids = sorted({change.work_order_id for change in changes})
    list(WorkOrder.objects.select_for_update().filter(pk__in=ids).order_by("id").values_list("id"))
    orders = {order.pk: order for order in for_planning(WorkOrder.objects.filter(pk__in=ids))}
    wanted = [change.visit_id for change in changes if change.visit_id]
    visits = {
        visit.pk: visit
        for visit in Visit.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("id")
    }
    rows, stale = [], {}
    for change in changes:
        order, visit = orders[change.work_order_id], visits.get(change.visit_id or 0)
        change.work_order = order
        if visit is not None:
            visit.work_order = order
        if why := _overtaken(change, order, visit):
            stale[change.pk] = [why]
        else:
            rows.append(_Row(change, order, visit))
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


def _refused(run: PlanRun, rows: Sequence[_Row], at: datetime) -> dict[int, list[dict[str, Any]]]:
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


def _ends(rows: Sequence[_Row], stale: Collection[int]) -> dict[int, tuple[int, int]]:
    """When the work that is placed ends, and whose it is, with the rows carried out except those put aside."""
    ends: dict[int, tuple[int, int]] = {}
    for row in rows:
        change = row.change
        if row.places and change.pk not in stale and change.to_end_at and change.to_engineer_id:
            known = ends.get(row.order.pk, (0, 0))
            ends[row.order.pk] = max(known, (seconds(change.to_end_at), change.to_engineer_id))
    return ends


def _too_late(row: _Row, rows: Sequence[_Row], ends: dict[int, tuple[int, int]]) -> list[dict[str, Any]]:
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
    people: dict[int, Person], walls: dict[int, list[Stop]], rows: Sequence[_Row], stale: Collection[int]
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
    rows: Sequence[_Row],
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


def _new_stop(row: _Row) -> Stop:
    change, site = row.change, row.order.site
    start, end = (seconds(moment) for moment in (change.to_start_at, change.to_end_at) if moment)
    place = None if site.latitude is None or site.longitude is None else (site.latitude, site.longitude)
    return Stop(-change.pk, str(row.order), start, end, place)


def _why(
    run: PlanRun, row: _Row, people: dict[int, Person], ends: Ends, policy: Policy
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
    rows: Sequence[_Row], against: dict[int, list[dict[str, Any]]]
) -> dict[int, list[dict[str, Any]]]:
    """The rest of the crews of rows put aside: both or none."""
    keys = {row.change.crew_key: against[row.change.pk] for row in rows if row.change.pk in against}
    keys.pop(None, None)
    return {row.change.pk: keys[row.change.crew_key] for row in rows if row.change.crew_key in keys}


def _carry_out(run: PlanRun, rows: Sequence[_Row], *, actor: Actor, at: datetime) -> None:
    placements = [_placement(run, row) for row in rows if row.places]
    removed = [row.visit for row in rows if not row.places and row.visit]
    visits = dispatching.place_visits(
        placements=placements,
        removed=removed,
        actor=actor,
        at=at,
        source=_("planning run %(run)s") % {"run": run},
    )
    fresh = [row for row in rows if row.places and row.visit is None]
    moved = sum(1 for row in rows if row.places and row.visit is not None)
    for row, visit in zip(fresh, visits[moved:], strict=True):
        row.change.visit = visit


def _placement(run: PlanRun, row: _Row) -> Placement:
    if row.verdict is None:
        raise ValueError(f"{row.change} was not judged")
    crew = _crew_of(row) if row.order.crew_size > 1 else None
    return Placement(row.order, row.visit, row.verdict, crew, _override(run, row.verdict))


def _override(run: PlanRun, verdict: Verdict) -> str:
    """Why somebody works longer than the shift although the policy wants a reason for that."""
    if not any(reason.code == OVERTIME for reason in verdict.broken):
        return ""
    return _("%(who)s allowed overtime for %(run)s") % {"who": run.asked_by, "run": run}


def _crew_of(row: _Row) -> UUID | None:
    """The key of the visit's crew. Rows of work that may take several days have one for all stints, crews one for
    each stint."""
    key = row.change.crew_key
    if key is None or not row.order.may_split or row.visit is not None:
        return key
    return uuid5(key, str(row.change.to_start_at))


def _decide(
    run: PlanRun, changes: Sequence[PlanChange], state: ChangeState, actor: Actor, at: datetime
) -> None:
    """Write what was decided on rows. What would help the work that stays undone is looked up anew after it."""
    if not changes:
        return
    for change in changes:
        change.state, change.decided_by, change.decided_at = state, actor.label[:200], at
    fields = ["state", "decided_by", "decided_at", "reasons", "visit"]
    PlanChange.objects.bulk_update(changes, fields, batch_size=500)
    run.changes.filter(kind=ChangeKind.UNSERVED).exclude(ways_out=None).update(ways_out=None)


def _close(run: PlanRun, at: datetime) -> None:
    """A proposal with nothing left to decide is closed."""
    if (
        run.state == RunState.PROPOSED
        and not run.changes.filter(state=ChangeState.OPEN, kind__in=DOING).exists()
    ):
        run.state = RunState.CLOSED
        run.save(update_fields=["state"])
