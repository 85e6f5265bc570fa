"""Work orders: made, changed, called off, settled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict, IllegalTransition
from core.text import clean
from customers import queries as customers
from customers import services as customer_services
from dispatch import events, queries, rules
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import WorkOrder, WorkOrderPart, WorkOrderSkill
from dispatch.services.catalogue import check_extent
from dispatch.services.consenting import withdraw_open
from dispatch.services.following import check_work_is_open, follow_visits, take_up_again
from dispatch.services.planning import fact
from dispatch.services.windows import check_windows
from dispatch.windows import PROMISE
from journal import services as journal
from tenants.actors import Actor
from tenants.services import next_number
from tickets import queries as tickets
from tickets import services as ticket_services
from tickets.enums import ClockState, SlaKpi
from tickets.models import SlaClock, Ticket

SUBJECT_LENGTH = 300
_CHANGEABLE = frozenset(
    {"subject", "description", "priority", "duration_minutes", "contact_id", "asset_id"}
    | {"window_start_at", "window_end_at", "promised_start_at", "promised_end_at"}
    | {"crew_size", "crew_cover", "may_split", "follow_up_reason"}
)

_LIKE_ITS_TYPE = ("crew_size", "crew_cover", "may_split")


@transaction.atomic
def create_work_order(
    *,
    site_id: int,
    work_type_id: int,
    subject: str,
    actor: Actor,
    at: datetime,
    skills: Mapping[int, int] | None = None,
    parts: Mapping[int, Decimal] | None = None,
    duration_minutes: int | None = None,
    due_at: datetime | None = None,
    **facts: Any,
) -> WorkOrder:
    """Say what must be done at a site.

    Skills {skill id: least level}, parts {part id: quantity}, duration and crew come from the work type unless
    given. `due_at`: until when an SLA promises the arrival, where nothing else is promised. `facts`:
    description, ticket_id, asset_id, contact_id, priority, crew_size, crew_cover, may_split, window_start_at,
    window_end_at, promised_start_at, promised_end_at, source, external_id. The same source and external_id again
    raises `Conflict`.
    """
    actor.require(Permission.WORK_CREATE)
    site = customers.get_site(site_id)
    work_type = queries.get_work_type(work_type_id)
    _check_new(facts)
    work_order = WorkOrder(
        site=site,
        customer_id=site.customer_id,
        work_type=work_type,
        subject=clean(subject).strip()[:SUBJECT_LENGTH],
        duration_minutes=work_type.duration_minutes if duration_minutes is None else duration_minutes,
        created_at=at,
        **{**{name: getattr(work_type, name) for name in _LIKE_ITS_TYPE}, **facts},
    )
    check_windows(work_order, facts)
    if due_at is not None and not PROMISE & facts.keys():
        work_order.promised_end_at = due_at
    work_order.number = next_number("work_order")
    _save(work_order)
    needed = skills if skills is not None else {s.skill_id: s.level for s in work_type.work_type_skills.all()}
    WorkOrderSkill.objects.bulk_create(
        [WorkOrderSkill(work_order=work_order, skill_id=pk, level=level) for pk, level in needed.items()]
    )
    usual = {row.part_id: row.quantity for row in work_type.work_type_parts.all()}
    _set_parts(work_order, usual if parts is None else parts)
    told = {"work_type": work_type.name, "site": site.name, "priority": work_order.priority}
    journal.record(actor=actor, verb="created", thing=work_order, at=at, changes=told)
    journal.publish(events.WorkOrderCreated(work_order_id=work_order.pk))
    return work_order


@transaction.atomic
def create_work_order_from_ticket(
    *,
    ticket_id: int,
    work_type_id: int,
    actor: Actor,
    at: datetime,
    site_id: int | None = None,
    address: str = "",
    **facts: Any,
) -> WorkOrder:
    """Turn a ticket into field work: text, contact, asset and priority go along; its arrival clock is the
    promise. An `address` makes a new site of the ticket's customer, for a ticket that names none. A ticket that was
    solved is reopened."""
    ticket = tickets.get_ticket(ticket_id)
    actor.require(Permission.WORK_CREATE, ticket)
    place = site_id or ticket.site_id or _new_place(ticket, address.strip(), actor, at)
    if place is None:
        text = _("%(ticket)s has no site. Choose the site of the work first.") % {"ticket": ticket}
        raise BadInput(text, errors={"site": [text]})
    work_type = queries.get_work_type(work_type_id)
    ticket_services.note_work_order(ticket_id=ticket.pk, work_type_code=work_type.code, actor=actor, at=at)
    same_site = place == ticket.site_id
    given = {
        "subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority,
        "contact_id": ticket.contact_id if same_site else None,
        "asset_id": ticket.asset_id if same_site else None,
        **facts,
    }
    work_order = create_work_order(
        site_id=place,
        work_type_id=work_type_id,
        ticket_id=ticket.pk,
        due_at=promise_of(ticket),
        actor=actor,
        at=at,
        **given,
    )
    take_up_again(work_order, at=at)
    return work_order


def _new_place(ticket: Ticket, address: str, actor: Actor, at: datetime) -> int | None:
    if not address or ticket.customer_id is None:
        return None
    site = customer_services.add_site(
        customer_id=ticket.customer_id, name=address[:200], address=address[:300], actor=actor, at=at
    )
    return site.pk


def promise_of(ticket: Ticket) -> datetime | None:
    """When the ticket's running arrival clock is due, or None."""
    clock = SlaClock.objects.filter(
        ticket=ticket, kpi=SlaKpi.ARRIVAL, state__in=[ClockState.RUNNING, ClockState.BREACHED]
    ).first()
    return clock.due_at if clock else None


@transaction.atomic
def update_work_order(
    *,
    work_order_id: int,
    actor: Actor,
    at: datetime,
    parts: Mapping[int, Decimal] | None = None,
    **changes: Any,
) -> WorkOrder:
    """Change what must be done or when. Visits already planned stay where they are. `parts` {part id: quantity}
    are all the parts expected from now on."""
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.WORK_CREATE, work_order)
    check_work_is_open(work_order)
    unknown = sorted(set(changes) - _CHANGEABLE)
    if unknown:
        raise TypeError(f"unknown facts: {', '.join(unknown)}")
    told = {
        name: [_plain(getattr(work_order, name)), _plain(value)]
        for name, value in changes.items()
        if getattr(work_order, name) != value
    }
    for name, value in changes.items():
        setattr(work_order, name, value)
    if parts is not None:
        before = {row.part_id: row.quantity for row in work_order.work_order_parts.all()}
        if before != dict(parts):
            _set_parts(work_order, parts)
            told["parts"] = [len(before), len(parts)]
    if told:
        work_order.version += 1
        check_windows(work_order, told)
        _save(work_order)
        if {"duration_minutes", "may_split", "follow_up_reason"} & told.keys():
            follow_visits(work_order, at=at)
        journal.record(actor=actor, verb="changed", thing=work_order, at=at, changes=told)
    return work_order


@transaction.atomic
def cancel_work_order(*, work_order_id: int, reason: str, actor: Actor, at: datetime) -> WorkOrder:
    """Call the work off with its planned visits. Refused once an engineer is on site or the work is done."""
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.WORK_CREATE, work_order)
    if work_order.status == WorkOrderStatus.CANCELLED:
        return work_order
    check_work_is_open(work_order)
    visits = list(work_order.visits.select_for_update().order_by("id"))
    if any(visit.status == VisitStatus.DONE for visit in visits):
        message = _("%(thing)s has a visit that is done. Settle it, or make another work order.")
        raise IllegalTransition(message % {"thing": work_order})
    for visit in visits:
        if visit.status in rules.OCCUPYING or visit.status == VisitStatus.PROPOSED:
            rules.check_move(str(visit), visit.status, VisitStatus.CANCELLED)
            visit.status, visit.ended_at, visit.end_reason = VisitStatus.CANCELLED, at, reason[:200]
            visit.version += 1
            visit.save()
            journal.record(actor=actor, verb="cancelled", thing=visit, at=at, reason=reason[:500])
            journal.publish(fact(events.VisitCancelled, visit))
    withdraw_open([visit.pk for visit in visits], actor=actor, at=at, reason=reason)
    work_order.status, work_order.cancelled_at = WorkOrderStatus.CANCELLED, at
    work_order.save(update_fields=["status", "cancelled_at", "updated_at"])
    follow_visits(work_order, at=at)
    journal.record(actor=actor, verb="cancelled", thing=work_order, at=at, reason=reason[:500])
    return work_order


@transaction.atomic
def settle_work_order(*, work_order_id: int, actor: Actor, at: datetime) -> WorkOrder:
    """Mark finished work as settled: billing calls this when it issues the invoice. Twice changes nothing."""
    work_order = queries.work_order_for_update(work_order_id)
    actor.require(Permission.INVOICE_ISSUE, work_order)
    if work_order.status == WorkOrderStatus.SETTLED:
        return work_order
    if work_order.status not in (WorkOrderStatus.DONE, WorkOrderStatus.ACCEPTED):
        label = WorkOrderStatus(work_order.status).label
        message = _("%(thing)s is “%(state)s”. It can be settled when its visits are done.")
        raise IllegalTransition(message % {"thing": work_order, "state": label}, current=work_order.status)
    before, work_order.status = work_order.status, WorkOrderStatus.SETTLED
    work_order.version += 1
    work_order.save(update_fields=["status", "version", "updated_at"])
    changes = {"status": [before, WorkOrderStatus.SETTLED.value]}
    journal.record(actor=actor, verb="settled", thing=work_order, at=at, changes=changes)
    return work_order


def _check_new(facts: Mapping[str, Any]) -> None:
    unknown = sorted(set(facts) - _CHANGEABLE - {"ticket_id", "source", "external_id"})
    if unknown:
        raise TypeError(f"unknown facts: {', '.join(unknown)}")
    source, external_id = facts.get("source", ""), facts.get("external_id", "")
    if external_id:
        same = WorkOrder.objects.filter(source=source, external_id=external_id).first()
        if same is not None:
            message = _("%(thing)s was made from %(source)s %(id)s already. Use that one.")
            text = message % {"thing": same, "source": source, "id": external_id}
            raise Conflict(text, work_order_id=same.pk)


def _set_parts(work_order: WorkOrder, parts: Mapping[int, Decimal]) -> None:
    """Raises `BadInput` for a quantity that is none."""
    if any(quantity <= 0 for quantity in parts.values()):
        text = _("Say how many of each part: more than nothing.")
        raise BadInput(text, errors={"parts": [text]})
    work_order.work_order_parts.all().delete()
    WorkOrderPart.objects.bulk_create(
        [WorkOrderPart(work_order=work_order, part_id=pk, quantity=number) for pk, number in parts.items()]
    )


def _save(work_order: WorkOrder) -> None:
    check_extent(work_order)
    try:
        work_order.full_clean(exclude=["number"])
    except ValidationError as problem:
        raise BadInput(" ".join(problem.messages), errors=problem.message_dict) from problem
    work_order.save()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
