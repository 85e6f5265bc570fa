"""What tickets do when something happened."""

from __future__ import annotations

from channels.events import MessageReceived
from core.clock import now
from journal.registry import on
from tenants.actors import Actor
from tickets import services
from tickets.events import ClocksOutdated, TicketOpened, TicketReplied
from tickets.services.intake import INTAKE

TRIAGE = Actor.system("triage")


@on(MessageReceived)
def on_message_received(event: MessageReceived) -> None:
    """Make a ticket of it, or add it to the one it answers, unless that is done."""
    services.take_in(message_id=event.message_id, actor=INTAKE, at=now())


@on(ClocksOutdated)
def on_clocks_outdated(event: ClocksOutdated) -> None:
    """Replay the next batch of clocks that a changed policy or calendar left behind."""
    services.replay_clocks(
        reason=event.reason,
        calendar_id=event.calendar_id,
        after_id=event.after_id,
        actor=Actor.system(event.actor_label),
        at=now(),
    )


@on(TicketOpened)
def on_ticket_opened(event: TicketOpened) -> None:
    """Think about what it is about."""
    services.form_opinion(ticket_id=event.ticket_id, actor=TRIAGE, at=event.occurred_at)


@on(TicketReplied)
def on_ticket_replied(event: TicketReplied) -> None:
    """Think again when the customer said more."""
    if not event.is_ours:
        services.form_opinion(ticket_id=event.ticket_id, actor=TRIAGE, at=event.occurred_at)
