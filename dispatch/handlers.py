"""Then what: reactions to tickets and to new work. Each may run twice without doing anything twice."""

from __future__ import annotations

from core.clock import now
from dispatch import services
from dispatch.events import VisitScheduled, WorkOrderCreated
from journal.registry import on
from tenants.actors import Actor
from tickets.events import TicketMerged, TicketOpened

AUTO = Actor.system("auto-dispatch")
FIELD_WORK = Actor.system("auto field work")


@on(TicketOpened)
def on_ticket_opened(event: TicketOpened) -> None:
    """A ticket whose topic is field work becomes a work order."""
    services.open_field_work(ticket_id=event.ticket_id, actor=FIELD_WORK, at=event.occurred_at)


@on(WorkOrderCreated)
def on_work_order_created(event: WorkOrderCreated) -> None:
    """New work is planned by the rules, unless a person or an import was faster."""
    services.dispatch_new_work(work_order_id=event.work_order_id, actor=AUTO, at=now())


@on(VisitScheduled)
def on_visit_scheduled(event: VisitScheduled) -> None:
    """The ticket of a visit that was planned in bulk waits for it from now on."""
    services.follow_planned_visit(visit_id=event.visit_id, actor=AUTO, at=now())


@on(TicketMerged)
def on_ticket_merged(event: TicketMerged) -> None:
    """A ticket waits for the visits of those that were merged into it too."""
    services.follow_merged_ticket(ticket_id=event.ticket_id, actor=AUTO, at=now())
