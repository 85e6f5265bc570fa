"""What the figures do when others have acted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from analytics import services
from dispatch.events import VisitCompleted
from feedback.events import ResponseRecorded
from journal.registry import on, on_many
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
    ticket_ids,
)


@on(VisitCompleted)
def on_visit_completed(event: VisitCompleted) -> None:
    """Add the visit to the figures."""
    services.refresh_figures(visit_id=event.visit_id, actor=Actor.system("figures"), at=event.occurred_at)


@on(ResponseRecorded)
def on_response_recorded(event: ResponseRecorded) -> None:
    """Add the score to the figures."""
    services.refresh_figures(visit_id=event.visit_id, actor=Actor.system("figures"), at=event.occurred_at)


@on_many(TicketOpened)
def on_ticket_opened(events: Sequence[TicketOpened]) -> None:
    """Count the inquiries."""
    _count(events, ticket_ids(events))


@on_many(TicketChanged)
def on_ticket_changed(events: Sequence[TicketChanged]) -> None:
    """Follow their topics and states."""
    _count(events, ticket_ids(events))


@on_many(TicketReplied)
def on_ticket_replied(events: Sequence[TicketReplied]) -> None:
    """Count the messages; perhaps one was the first answer."""
    _count(events, ticket_ids(events))


@on_many(TicketResolved)
def on_ticket_resolved(events: Sequence[TicketResolved]) -> None:
    """Count the resolutions, and the time people spent on them."""
    _count(events, ticket_ids(events))


@on_many(TicketReopened)
def on_ticket_reopened(events: Sequence[TicketReopened]) -> None:
    """Count that they came back."""
    _count(events, ticket_ids(events))


@on_many(TicketMerged)
def on_ticket_merged(events: Sequence[TicketMerged]) -> None:
    """A merged one is no inquiry of its own; the other one has its messages."""
    _count(events, [*ticket_ids(events), *(event.source_id for event in events)])


@on_many(TicketUnmerged)
def on_ticket_unmerged(events: Sequence[TicketUnmerged]) -> None:
    """Both count again."""
    _count(events, [*ticket_ids(events), *(event.target_id for event in events)])


def _count(events: Sequence[TicketFact], ids: Collection[int]) -> None:
    actor = Actor.system("figures")
    services.refresh_inquiries(ticket_ids=ids, actor=actor, at=events[-1].occurred_at)
