"""Then what: reactions to tickets, work, visits and parts. Each may run twice without doing anything twice."""

from __future__ import annotations

from core.clock import now
from dispatch import services
from dispatch.enums import VisitStatus
from dispatch.events import (
    VisitCancelled,
    VisitCompleted,
    VisitMoved,
    VisitProgressed,
    VisitScheduled,
    VisitSent,
    WorkOrderCreated,
)
from dispatch.letters import KINDS
from inventory.events import StockMoved
from journal.registry import on
from notices.registry import name_kinds
from tenants.actors import Actor
from tickets.events import TicketChanged, TicketMerged, TicketOpened
from workforce.events import AvailabilityChanged

AUTO = Actor.system("auto-dispatch")
FIELD_WORK = Actor.system("auto field work")
ENDED_SHORT = (VisitStatus.COULD_NOT_COMPLETE, VisitStatus.NO_SHOW)

name_kinds(KINDS)


@on(TicketOpened)
def on_ticket_opened(event: TicketOpened) -> None:
    """A ticket whose topic is field work becomes a work order."""
    services.open_field_work(ticket_id=event.ticket_id, actor=FIELD_WORK, at=event.occurred_at)


@on(WorkOrderCreated)
def on_work_order_created(event: WorkOrderCreated) -> None:
    """New work is planned by the rules, unless a person or an import was faster."""
    services.meet_new_work(work_order_id=event.work_order_id, actor=AUTO, at=now())


@on(VisitScheduled)
def on_visit_scheduled(event: VisitScheduled) -> None:
    """The ticket of a visit that was planned in bulk waits for it from now on; offers of its work end."""
    services.meet_planned_visit(visit_id=event.visit_id, actor=AUTO, at=now())


@on(VisitSent)
def on_visit_sent(event: VisitSent) -> None:
    """Rules may wait for the engineer to be late."""
    services.await_arrival(visit_id=event.visit_id, actor=AUTO, at=now())


@on(VisitMoved)
def on_visit_moved(event: VisitMoved) -> None:
    """Who must be there at another time is late at another time."""
    services.await_arrival(visit_id=event.visit_id, actor=AUTO, at=now())


@on(VisitCancelled)
def on_visit_cancelled(event: VisitCancelled) -> None:
    """Rules may plan the work again."""
    services.meet_cancelled_visit(visit_id=event.visit_id, actor=AUTO, at=now())


@on(VisitCompleted)
def on_visit_completed(event: VisitCompleted) -> None:
    """Rules may send the engineer's next visit."""
    services.meet_ended_visit(visit_id=event.visit_id, actor=AUTO, at=now())


@on(VisitProgressed)
def on_visit_progressed(event: VisitProgressed) -> None:
    """A visit that ended short is followed by the next one too."""
    if event.status in ENDED_SHORT:
        services.meet_ended_visit(visit_id=event.visit_id, actor=AUTO, at=now())


@on(StockMoved)
def on_stock_moved(event: StockMoved) -> None:
    """Rules may plan work that waited for the part."""
    if event.quantity > 0:
        services.meet_arrived_part(part_id=event.part_id, actor=AUTO, at=now())


@on(AvailabilityChanged)
def on_availability_changed(event: AvailabilityChanged) -> None:
    """Customers whose engineer cannot come are asked for another time."""
    services.ask_where_absent(engineer_id=event.engineer_id, actor=AUTO, at=now())


@on(TicketChanged)
def on_ticket_changed(event: TicketChanged) -> None:
    """Its clocks may run otherwise: rules that wait for a share of their time wait anew."""
    services.await_shares(ticket_id=event.ticket_id, actor=AUTO, at=now())


@on(TicketMerged)
def on_ticket_merged(event: TicketMerged) -> None:
    """A ticket waits for the visits of those that were merged into it too."""
    services.follow_merged_ticket(ticket_id=event.ticket_id, actor=AUTO, at=now())
