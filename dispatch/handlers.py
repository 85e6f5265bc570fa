"""Then what: reactions to tickets, work, visits and parts. Each may run twice without doing anything twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.clock import now
from dispatch import services
from dispatch.enums import VisitStatus
from dispatch.events import (
    VisitCancelled,
    VisitCompleted,
    VisitFact,
    VisitMoved,
    VisitProgressed,
    VisitScheduled,
    VisitSent,
    WorkOrderCreated,
)
from dispatch.letters import KINDS
from inventory.events import StockMoved
from journal.registry import on, on_many
from notices.registry import name_kinds
from tenants.actors import Actor
from tickets.events import TicketChanged, TicketMerged, TicketOpened, TicketTriaged, ticket_ids
from workforce.events import AvailabilityChanged

AUTO = Actor.system("auto-dispatch")
FIELD_WORK = Actor.system("auto field work")
ENDED_SHORT = (VisitStatus.COULD_NOT_COMPLETE, VisitStatus.NO_SHOW)

name_kinds(KINDS)


@on_many(TicketOpened, urgent=True)
def on_ticket_opened(events: Sequence[TicketOpened]) -> None:
    """Tickets whose topic is field work become work orders."""
    services.open_field_work(ticket_ids=ticket_ids(events), actor=FIELD_WORK, at=events[-1].occurred_at)


@on_many(TicketTriaged, urgent=True)
def on_ticket_triaged(events: Sequence[TicketTriaged]) -> None:
    """So do those of which it is said only later what they are about, or where."""
    services.open_field_work(ticket_ids=ticket_ids(events), actor=FIELD_WORK, at=events[-1].occurred_at)


@on_many(WorkOrderCreated, urgent=True)
def on_work_order_created(events: Sequence[WorkOrderCreated]) -> None:
    """New work is planned by the rules, unless a person or an import was faster."""
    services.meet_new_work(work_order_ids={e.work_order_id for e in events}, actor=AUTO, at=now())


@on_many(VisitScheduled)
def on_visit_scheduled(events: Sequence[VisitScheduled]) -> None:
    """The tickets of visits that were planned wait for them from now on; offers of their work end."""
    services.meet_planned_visits(visit_ids=_visits(events), actor=AUTO, at=now())


@on_many(VisitScheduled)
def on_visit_scheduled_before_others(events: Sequence[VisitScheduled]) -> None:
    """Engineers may come from elsewhere to the next one that was sent, in a transaction of its own."""
    services.await_arrivals(visit_ids=_visits(events), actor=AUTO, at=now())


@on_many(VisitSent)
def on_visit_sent(events: Sequence[VisitSent]) -> None:
    """Rules may wait for engineers to be late."""
    services.await_arrivals(visit_ids=_visits(events), actor=AUTO, at=now())


@on_many(VisitMoved)
def on_visit_moved(events: Sequence[VisitMoved]) -> None:
    """Who must be there at another time is late at another time, and whom a visit left may set out from elsewhere."""
    left = [(e.from_engineer_id, e.from_start_at) for e in events if e.from_start_at]
    services.await_arrivals(visit_ids=_visits(events), left=left, actor=AUTO, at=now())


@on(VisitCancelled)
def on_visit_cancelled(event: VisitCancelled) -> None:
    """Rules may plan the work again."""
    services.meet_cancelled_visit(visit_id=event.visit_id, actor=AUTO, at=now())


@on_many(VisitCancelled)
def on_visit_cancelled_before_others(events: Sequence[VisitCancelled]) -> None:
    """Its engineer may come from elsewhere to the next one."""
    services.await_arrivals(visit_ids=_visits(events), actor=AUTO, at=now())


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


@on_many(TicketChanged)
def on_ticket_changed(events: Sequence[TicketChanged]) -> None:
    """Their clocks may run otherwise: rules that wait for a share of their time wait anew."""
    services.await_shares(ticket_ids=ticket_ids(events), actor=AUTO, at=now())


@on(TicketMerged)
def on_ticket_merged(event: TicketMerged) -> None:
    """A ticket waits for the visits of those that were merged into it too."""
    services.follow_merged_ticket(ticket_id=event.ticket_id, actor=AUTO, at=now())


def _visits(events: Iterable[VisitFact]) -> set[int]:
    return {event.visit_id for event in events}
