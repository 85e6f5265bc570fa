"""What follows from a change of visits: the work order's status, the ticket's wait, and tries after a
deadlock."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import DatabaseError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import formats
from core.errors import Conflict, IllegalTransition
from dispatch import queries, rules
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from dispatch.rules import Trip
from tenants.actors import Actor
from tenants.queries import current_tenant
from tenants.rows import update_row
from tickets import queries as ticket_queries
from tickets import services as tickets
from tickets.enums import TicketStatus, WaitingFor
from tickets.models import Ticket

Result = TypeVar("Result")

DISPATCH = Actor.system("dispatch")
"""Moves tickets along with their visits: the engineer or dispatcher need not be allowed to work on
tickets."""

TRIES = 5
_TRY_AGAIN = {"40P01", "40001"}
LOOK_AGAIN = timedelta(hours=1)
"""A ticket whose visit is late wakes; it waits at least so long when it waits for that visit once more."""
_PLANNED = gettext_noop(
    "%(work_order)s is planned already: %(visit)s, %(engineer)s, %(time)s. Move that visit, or call it off first."
)
_PLANNED_WHOLE = gettext_noop(
    "%(work_order)s is planned whole; its next visit is %(visit)s, %(engineer)s, %(time)s. Move its visits instead."
)
_AT_WORK = gettext_noop(
    "%(engineer)s is at work on %(work_order)s (%(visit)s). Give a reason to plan another visit after it."
)
FINISHED = frozenset({WorkOrderStatus.DONE, WorkOrderStatus.ACCEPTED, WorkOrderStatus.SETTLED})
CAN_WAIT = frozenset({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.REOPENED})
SOLVED = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
"""States of a ticket that say the problem is over; work that is taken up again reopens it."""


def check_work_is_open(work_order: WorkOrder) -> None:
    """Raise `IllegalTransition` when the work order takes no more visits."""
    if work_order.status in rules.CLOSED_WORK:
        raise _illegal(
            _("%(thing)s is “%(state)s” and takes no more visits. Make a new work order instead."),
            work_order,
            WorkOrderStatus(work_order.status),
        )


def check_takes_a_visit(work_order: WorkOrder, *, people: int = 1, reason: str = "") -> list[Visit]:
    """All visits of the work. Raises `Conflict` (code "has_visit") naming the visit that stands when it has as many
    as it takes.

    `people`: how many would go. While somebody is at work, another visit is planned only for a `reason`.
    """
    known = queries.visits_of_work(work_order)
    visits = [visit for visit in known if visit.status in rules.OCCUPYING]
    awaited = [visit for visit in visits if visit.status in rules.AWAITED]
    is_full = awaited and len(awaited) + people > work_order.crew_size
    if work_order.may_split:
        if is_full and work_order.left_minutes == 0:
            raise _has_visit(_(_PLANNED_WHOLE), awaited[0])
    elif is_full:
        raise _has_visit(_(_PLANNED), awaited[0])
    elif visits and not awaited and not reason.strip():
        raise _has_visit(_(_AT_WORK), visits[0], can_be_forced=True)
    return known


def _has_visit(message: str, visit: Visit, *, can_be_forced: bool = False) -> Conflict:
    facts = {
        "work_order": visit.work_order,
        "visit": visit,
        "engineer": visit.engineer.name,
        "time": formats.local_datetime(visit.start_at),
    }
    told = {"visit_id": visit.pk, "engineer_id": visit.engineer_id, "start_at": visit.start_at.isoformat()}
    return Conflict(message % facts, code="has_visit", can_be_forced=can_be_forced, **told)


def check_movable(visit: Visit) -> None:
    """Raise `IllegalTransition` when the visit has begun or ended."""
    if not visit.is_movable:
        raise _illegal(
            _("%(thing)s is “%(state)s” and cannot be moved. Plan another visit instead."),
            visit,
            VisitStatus(visit.status),
        )


def _illegal(
    message: str, thing: Visit | WorkOrder, state: VisitStatus | WorkOrderStatus
) -> IllegalTransition:
    text = message % {"thing": thing, "state": state.label}
    return IllegalTransition(text, thing=str(thing), current=str(state))


def follow_visits(work_order: WorkOrder, *, at: datetime, visits: Sequence[Visit] | None = None) -> None:
    """Derive the work order's status from its visits anew, save it, and let its ticket wait or go on. `visits` are
    all of them, where the caller has read them under the lock of the work."""
    was_finished = work_order.status in FINISHED
    if work_order.status not in rules.CLOSED_WORK:
        found = queries.visits_of_work(work_order) if visits is None else visits
        _derive(work_order, [_trip(visit) for visit in found])
    work_order.version += 1
    update_row(work_order, ["status", "left_minutes", "follow_up_reason", "version", "updated_at"])
    if work_order.ticket_id is None:
        return
    is_finished = work_order.status in FINISHED
    if was_finished and not is_finished:
        take_up_again(work_order, at=at)
    follow_ticket(work_order.ticket_id, at=at, is_finished=is_finished and not was_finished)


def follow_many(work_orders: Collection[WorkOrder], *, at: datetime) -> None:
    """`follow_visits` for many work orders that were just planned, in a fixed number of queries.

    Their tickets follow when the published facts are delivered: see `follow_ticket`.
    """
    trips: dict[int, list[Trip]] = defaultdict(list)
    for visit in Visit.objects.filter(work_order__in=work_orders).order_by():
        trips[visit.work_order_id].append(_trip(visit))
    for work_order in work_orders:
        _derive(work_order, trips[work_order.pk])
        work_order.version += 1
        work_order.updated_at = at
    fields = ["status", "left_minutes", "version", "updated_at"]
    WorkOrder.objects.bulk_update(work_orders, fields, batch_size=500)


def _derive(work_order: WorkOrder, trips: Sequence[Trip]) -> None:
    """Write on a work order what its visits make of it."""
    work_order.left_minutes = None
    if work_order.may_split and any(trip.status != VisitStatus.CANCELLED for trip in trips):
        work_order.left_minutes = rules.minutes_left(work_order.duration_minutes, trips)
    work_order.status = rules.work_order_status(
        [trip.status for trip in trips],
        needs_another_visit=bool(work_order.follow_up_reason),
        is_left=bool(work_order.left_minutes),
    )


def _trip(visit: Visit) -> Trip:
    worked = None
    if visit.ended_at is not None and visit.arrived_at is not None:
        worked = max(0, _minutes(visit.ended_at - visit.arrived_at))
    return Trip(visit.status, _minutes(visit.end_at - visit.start_at), worked, visit.crew_key)


def _minutes(time: timedelta) -> int:
    return round(time.total_seconds() / 60)


def take_up_again(work_order: WorkOrder, *, at: datetime) -> None:
    """Reopen the ticket of work that is to be done where it was solved already: it says no longer that it is over."""
    ticket = ticket_queries.living_for_update(work_order.ticket_id or 0)
    if ticket.status in SOLVED:
        with translation.override(current_tenant().language):
            reason = _told_of(work_order)
        tickets.reopen_ticket(ticket_id=ticket.pk, reason=reason, actor=DISPATCH, at=at)


def note_told(work_order: WorkOrder, *, at: datetime) -> None:
    """The customer of this work was told when somebody comes: a first response, where its ticket waits for one."""
    if work_order.ticket_id is not None:
        tickets.note_first_word(ticket_ids=[work_order.ticket_id], actor=DISPATCH, at=at)


def follow_ticket(ticket_id: int, *, at: datetime, is_finished: bool = False) -> None:
    """Waiting for a visit while one is planned or under way; when none is, resolved if its work solved it, else back on
    the desk. `is_finished`: work of it was just finished, which counts also where the ticket woke because the visit
    took long. A merged ticket's visits are those of the ticket it goes on in.

    The ticket is locked before its visits are read: of two who finish its last works at once, one sees both done.
    """
    living_id = ticket_queries.find_living_id(ticket_id)
    ticket = Ticket.objects.select_for_update().filter(pk=living_id or 0).first()
    if ticket is None:
        return
    family = ticket_queries.family_ids(ticket.pk)
    coming = (
        Visit.objects.filter(work_order__ticket_id__in=family, status__in=rules.OCCUPYING)
        .order_by("start_at")
        .first()
    )
    waits_for_visit = ticket.status == TicketStatus.WAITING and ticket.waiting_for == WaitingFor.VISIT
    if coming is not None and (
        ticket.status in CAN_WAIT or (waits_for_visit and ticket.visit_at != coming.start_at)
    ):
        tickets.wait_ticket(
            ticket_id=ticket.pk,
            waiting_for=WaitingFor.VISIT,
            next_action_at=max(coming.end_at, at + LOOK_AGAIN),
            visit_at=coming.start_at,
            actor=DISPATCH,
            at=at,
        )
    elif coming is None and (waits_for_visit or (is_finished and ticket.status in CAN_WAIT)):
        end_visits(ticket, family, at=at)


def end_visits(ticket: Ticket, family: Collection[int], *, at: datetime) -> None:
    """Say of a ticket that has no visit to come what became of its work. `family`: it, and the tickets merged into it.
    One that is on the desk stays as it is while some of its work is left."""
    found = WorkOrder.objects.filter(ticket_id__in=family).exclude(status=WorkOrderStatus.CANCELLED)
    orders = list(found.order_by("pk"))
    is_done = bool(orders) and all(order.status in FINISHED for order in orders)
    if not is_done and ticket.status != TicketStatus.WAITING:
        return
    done = Visit.objects.filter(work_order__in=orders, status=VisitStatus.DONE).order_by("ended_at", "pk")
    remarks = {visit.work_order_id: visit.end_reason for visit in done if visit.end_reason}
    with translation.override(current_tenant().language):
        told = [_told_of(order, remarks.get(order.pk, "")) for order in orders]
    tickets.end_visits(
        ticket_id=ticket.pk,
        is_done=is_done,
        done_at=max((visit.ended_at for visit in done if visit.ended_at), default=None),
        reason="; ".join(told)[:500],
        actor=DISPATCH,
        at=at,
    )


def _told_of(order: WorkOrder, remarks: str = "") -> str:
    """How work stands, for the record of its ticket."""
    words = filter(None, (order.get_status_display(), order.follow_up_reason, remarks))
    return f"{order}: {', '.join(words)}"


def sqlstate_of(problem: DatabaseError) -> str:
    """PostgreSQL's code of a database error, or nothing."""
    return str(getattr(problem.__cause__, "pgcode", "") or "")


def despite_deadlocks(act: Callable[[], Result]) -> Result:
    """Do it in a savepoint; when PostgreSQL chose this transaction to break a deadlock, try again."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return act()
        except OperationalError as problem:
            if sqlstate_of(problem) not in _TRY_AGAIN or attempt == TRIES:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311  only spreads the tries
    raise AssertionError("unreachable")
