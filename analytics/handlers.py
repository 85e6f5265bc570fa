"""What the figures do when others have acted."""

from __future__ import annotations

from analytics import services
from dispatch.events import VisitCompleted
from feedback.events import ResponseRecorded
from journal.registry import on
from tenants.actors import Actor
from tickets.events import (
    TicketChanged,
    TicketFact,
    TicketMerged,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketUnmerged,
)


@on(VisitCompleted)
def on_visit_completed(event: VisitCompleted) -> None:
    """Add the visit to the figures."""
    services.refresh_figures(visit_id=event.visit_id, actor=Actor.system("figures"), at=event.occurred_at)


@on(ResponseRecorded)
def on_response_recorded(event: ResponseRecorded) -> None:
    """Add the score to the figures."""
    services.refresh_figures(visit_id=event.visit_id, actor=Actor.system("figures"), at=event.occurred_at)


@on(TicketOpened)
def on_ticket_opened(event: TicketOpened) -> None:
    """Count the inquiry."""
    _count(event, event.ticket_id)


@on(TicketChanged)
def on_ticket_changed(event: TicketChanged) -> None:
    """Follow its topic and state."""
    _count(event, event.ticket_id)


@on(TicketReplied)
def on_ticket_replied(event: TicketReplied) -> None:
    """Count the message; perhaps it was the first answer."""
    _count(event, event.ticket_id)


@on(TicketResolved)
def on_ticket_resolved(event: TicketResolved) -> None:
    """Count the resolution, and the time people spent on it."""
    _count(event, event.ticket_id)


@on(TicketReopened)
def on_ticket_reopened(event: TicketReopened) -> None:
    """Count that it came back."""
    _count(event, event.ticket_id)


@on(TicketMerged)
def on_ticket_merged(event: TicketMerged) -> None:
    """The merged one is no inquiry of its own; the other one has its messages."""
    _count(event, event.ticket_id)
    _count(event, event.source_id)


@on(TicketUnmerged)
def on_ticket_unmerged(event: TicketUnmerged) -> None:
    """Both count again."""
    _count(event, event.ticket_id)
    _count(event, event.target_id)


def _count(event: TicketFact, ticket_id: int) -> None:
    services.refresh_inquiry(ticket_id=ticket_id, actor=Actor.system("figures"), at=event.occurred_at)
