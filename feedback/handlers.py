"""What evaluation does when others have acted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dispatch.events import (
    ConsentAsked,
    VisitCancelled,
    VisitCompleted,
    VisitMoved,
    VisitProgressed,
    VisitSent,
)
from dispatch.rules import ENDED_SHORT, UNDER_WAY
from feedback import services
from journal.registry import on, on_many
from tenants.actors import Actor


@on_many(VisitSent)
def on_visit_sent(events: Sequence[VisitSent]) -> None:
    """Tell the customers when somebody comes."""
    actor = Actor.system("invitations")
    visit_ids = {event.visit_id for event in events}
    services.invite_to_track(visit_ids=visit_ids, actor=actor, at=events[-1].occurred_at)


@on_many(VisitMoved)
def on_visit_moved(events: Sequence[VisitMoved]) -> None:
    """Tell the customers who are to expect somebody at another time."""
    _tell_changes(events)


@on_many(VisitCancelled)
def on_visit_cancelled(events: Sequence[VisitCancelled]) -> None:
    """Tell the customers who expect somebody that nobody comes."""
    _tell_changes(events)


def _tell_changes(events: Sequence[VisitMoved] | Sequence[VisitCancelled]) -> None:
    visit_ids = {event.visit_id for event in events}
    services.tell_changes(visit_ids=visit_ids, actor=Actor.system("invitations"), at=events[-1].occurred_at)


@on_many(VisitProgressed)
def on_visit_progressed(events: Sequence[VisitProgressed]) -> None:
    """Tell nobody of another time once somebody is on the way. Who ends short may be the last of a crew."""
    begun = {event.visit_id for event in events if event.status in UNDER_WAY}
    if begun:
        services.take_back_changes(
            visit_ids=begun, actor=Actor.system("invitations"), at=events[-1].occurred_at
        )
    for event in events:
        if event.status in ENDED_SHORT:
            _ask_how_it_was(event.visit_id, event.occurred_at)


@on(VisitCompleted)
def on_visit_completed(event: VisitCompleted) -> None:
    """Ask the customer how it was."""
    _ask_how_it_was(event.visit_id, event.occurred_at)


def _ask_how_it_was(visit_id: int, at: datetime) -> None:
    services.invite_to_rate(visit_id=visit_id, actor=Actor.system("invitations"), at=at)


@on(ConsentAsked)
def on_consent_asked(event: ConsentAsked) -> None:
    """Ask the customer whether their visit may move."""
    services.invite_to_choose(
        consent_id=event.consent_id, actor=Actor.system("invitations"), at=event.occurred_at
    )
