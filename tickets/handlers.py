"""What tickets do when something happened."""

from __future__ import annotations

from collections.abc import Sequence

from channels.events import MessageReceived, MessageReturned
from core.clock import now
from customers.events import ContractChanged
from journal.registry import on, on_many
from notices.registry import name_kinds
from tenants.actors import Actor
from tickets import services
from tickets.enums import EscalationMoment, SegmentReason
from tickets.events import (
    ClocksOutdated,
    MemberMentioned,
    SlaBreached,
    SlaWarned,
    TicketAssigned,
    TicketOpened,
    TicketReplied,
    TicketVisitsEnded,
    ticket_ids,
)
from tickets.letters import KINDS
from tickets.services.escalating import ESCALATION
from tickets.services.intake import INTAKE

TRIAGE = Actor.system("triage")
NOTICES = Actor.system("notices")

name_kinds(KINDS)


@on(MessageReceived)
def on_message_received(event: MessageReceived) -> None:
    """Make a ticket of it, or add it to the one it answers, unless that is done."""
    services.take_in(message_id=event.message_id, actor=INTAKE, at=now())


@on(MessageReturned)
def on_message_returned(event: MessageReturned) -> None:
    """Note in the ticket that an answer came back."""
    services.note_return(outbound_id=event.message_id, actor=INTAKE, at=now())


@on(ClocksOutdated)
def on_clocks_outdated(event: ClocksOutdated) -> None:
    """Replay the next batch of clocks that a changed policy or calendar left behind."""
    services.replay_clocks(
        reason=event.reason,
        calendar_id=event.calendar_id,
        customer_id=event.customer_id,
        after_id=event.after_id,
        actor=Actor.system(event.actor_label),
        at=now(),
    )


@on_many(TicketOpened)
def on_ticket_opened(events: Sequence[TicketOpened]) -> None:
    """Think about what they are about."""
    services.form_opinions(ticket_ids=ticket_ids(events), actor=TRIAGE, at=events[-1].occurred_at)


@on_many(TicketReplied)
def on_ticket_replied(events: Sequence[TicketReplied]) -> None:
    """Think again when customers said more."""
    theirs = [event for event in events if not event.is_ours]
    services.form_opinions(ticket_ids=ticket_ids(theirs), actor=TRIAGE, at=events[-1].occurred_at)


@on(SlaWarned)
def on_sla_warned(event: SlaWarned) -> None:
    """Do what the policy says when a promise is at risk."""
    services.escalate(
        clock_id=event.clock_id, moment=EscalationMoment.WARN, actor=ESCALATION, at=event.occurred_at
    )


@on(SlaBreached)
def on_sla_breached(event: SlaBreached) -> None:
    """Do what the policy says when a promise is broken."""
    services.escalate(
        clock_id=event.clock_id, moment=EscalationMoment.BREACH, actor=ESCALATION, at=event.occurred_at
    )


@on_many(TicketAssigned)
def on_ticket_assigned(events: Sequence[TicketAssigned]) -> None:
    """Tell the new owners."""
    owners = [
        services.NewOwner(
            ticket_id=event.ticket_id,
            membership_id=event.membership_id,
            by=event.by_label,
            key=f"assigned:{event.event_id}",
            urgent=event.is_urgent,
        )
        for event in events
    ]
    services.tell_owners(owners=owners, actor=NOTICES, at=events[-1].occurred_at)


@on(MemberMentioned)
def on_member_mentioned(event: MemberMentioned) -> None:
    """Tell whom a note names."""
    services.tell_of_mention(
        ticket_id=event.ticket_id,
        message_id=event.message_id,
        membership_id=event.membership_id,
        actor=NOTICES,
        at=event.occurred_at,
    )


@on(TicketReplied)
def on_customer_replied(event: TicketReplied) -> None:
    """Tell the owner, if they want to know of every reply."""
    if not event.is_ours:
        services.tell_of_reply(
            ticket_id=event.ticket_id,
            key=f"replied:{event.event_id}",
            actor=NOTICES,
            at=event.occurred_at,
        )


@on(TicketVisitsEnded)
def on_visits_ended(event: TicketVisitsEnded) -> None:
    """Tell the owner, who looks after it or has another visit planned."""
    services.tell_of_ended_visits(
        ticket_id=event.ticket_id,
        is_done=event.is_done,
        reason=event.reason,
        key=f"visits_ended:{event.event_id}",
        actor=NOTICES,
        at=event.occurred_at,
    )


@on(ContractChanged)
def on_contract_changed(event: ContractChanged) -> None:
    """Hold the customer's running clocks to what is promised under the contract as it is now."""
    services.replay_clocks(
        reason=SegmentReason.RETARGETED,
        customer_id=event.customer_id,
        actor=Actor.system("contract"),
        at=now(),
    )
