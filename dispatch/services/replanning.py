"""Carrying out many placements at once: what a dispatcher accepted of a proposal.

The caller has locked the work orders and visits and asked the evaluator; the database has the last word on
overlaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import Conflict
from dispatch import events, rules
from dispatch.enums import VisitStatus
from dispatch.evaluator import Verdict
from dispatch.models import Visit, WorkOrder
from dispatch.queries import start_told
from dispatch.queries.planning import instant
from dispatch.services.consenting import withdraw_open
from dispatch.services.following import despite_deadlocks, follow_many
from dispatch.services.judging import is_taken, plan_facts
from dispatch.services.planning import fact, moved_from
from journal import services as journal
from tenants.active import active_tenant_id
from tenants.actors import Actor

_MOVED = ["engineer_id", "start_at", "end_at", "status", "accepted_at", "crew_key", "travel_minutes"]
_MOVED += ["travel_km", "policy_version", "reason", "told_start_at", "version", "updated_at"]
_PARK = """
    UPDATE dispatch_visit SET start_at = start_at + interval '400 years', end_at = end_at + interval '400 years'
    WHERE tenant_id = %s AND id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a work order's visit goes, as the evaluator judged it, and why although a rule wants a reason. `visit`
    None plans a new one."""

    work_order: WorkOrder
    visit: Visit | None
    verdict: Verdict
    crew_key: UUID | None = None
    override_reason: str = ""


@transaction.atomic
def place_visits(
    *,
    placements: Sequence[Placement],
    removed: Sequence[Visit],
    actor: Actor,
    at: datetime,
    source: str,
) -> list[Visit]:
    """Plan, move and call off visits together, in a fixed number of statements. Returns the visits placed.

    Visits may change places with each other. Raises `Conflict` when somebody took one of the times meanwhile;
    nothing is changed then.
    """
    actor.require(Permission.VISIT_PLAN)
    moved = [one for one in placements if one.visit is not None]
    new = [one for one in placements if one.visit is None]
    _call_off(removed, actor=actor, at=at, source=source)
    left = [(one.visit.engineer_id, one.visit.start_at) for one in moved if one.visit]
    try:
        visits = despite_deadlocks(lambda: _write(moved, new, at))
    except IntegrityError as problem:
        if not is_taken(problem):
            raise
        raise Conflict(
            _(
                "Somebody took one of these times just now. Look at the proposal again and accept what is left."
            ),
            code="overlap",
        ) from problem
    _end_questions(moved, removed, actor=actor, at=at, source=source)
    orders = {one.work_order.pk: one.work_order for one in placements}
    orders |= {visit.work_order_id: visit.work_order for visit in removed}
    follow_many(list(orders.values()), at=at)
    changed, made = visits[: len(moved)], visits[len(moved) :]
    journal.record_many(actor=actor, verb="moved", things=changed, at=at, source=source)
    journal.record_many(actor=actor, verb="scheduled", things=made, at=at, source=source)
    journal.publish(*(moved_from(visit, *was) for visit, was in zip(changed, left, strict=True)))
    journal.publish(*(fact(events.VisitScheduled, visit) for visit in made))
    return visits


def _end_questions(
    moved: Sequence[Placement], removed: Sequence[Visit], *, actor: Actor, at: datetime, source: str
) -> None:
    """Nothing is asked any more about visits that went, or that have another time."""
    gone = [one.visit.pk for one in moved if one.visit] + [visit.pk for visit in removed]
    withdraw_open(gone, actor=actor, at=at, reason=source)


def _write(moved: Sequence[Placement], new: Sequence[Placement], at: datetime) -> list[Visit]:
    """Park what moves in another century first, so that two visits may change places."""
    ids = [one.visit.pk for one in moved if one.visit]
    with connection.cursor() as cursor:
        cursor.execute(_PARK, [active_tenant_id(), ids])
    changed = [_changed(one, one.visit, at) for one in moved if one.visit]
    Visit.objects.bulk_update(changed, _MOVED, batch_size=500)
    made = [_put(Visit(work_order=one.work_order, status=VisitStatus.SCHEDULED), one) for one in new]
    return changed + Visit.objects.bulk_create(made, batch_size=500)


def _changed(one: Placement, visit: Visit, at: datetime) -> Visit:
    if visit.status == VisitStatus.ACCEPTED:
        visit.status, visit.accepted_at = VisitStatus.DISPATCHED, None
    visit.version, visit.updated_at = visit.version + 1, at
    return _put(visit, one)


def _put(visit: Visit, one: Placement) -> Visit:
    """Write on a visit what its verdict says."""
    start, end = one.verdict.span
    visit.told_start_at = start_told(visit, instant(start))
    visit.engineer_id, visit.start_at, visit.end_at = one.verdict.person.id, instant(start), instant(end)
    visit.crew_key = one.crew_key
    for name, value in plan_facts(one.verdict, one.override_reason).items():
        setattr(visit, name, value)
    return visit


def _call_off(visits: Sequence[Visit], *, actor: Actor, at: datetime, source: str) -> None:
    for visit in visits:
        rules.check_move(str(visit), visit.status, VisitStatus.CANCELLED)
        visit.status, visit.ended_at, visit.end_reason = VisitStatus.CANCELLED, at, source[:200]
        visit.version, visit.updated_at = visit.version + 1, at
    Visit.objects.bulk_update(visits, ["status", "ended_at", "end_reason", "version", "updated_at"])
    journal.record_many(actor=actor, verb="cancelled", things=visits, at=at, source=source)
    journal.publish(*(fact(events.VisitCancelled, visit) for visit in visits))
