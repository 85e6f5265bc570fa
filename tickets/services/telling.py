"""Telling our own people about a ticket: who owns it now, who was named, who replied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from journal import services as journal
from notices import services as notices
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets import letters, queries
from tickets.enums import Direction, MessageKind, TicketStatus
from tickets.events import TicketAssigned
from tickets.models import Ticket, TicketMessage
from tickets.rules import ACTIVE

EXCERPT = 200


def owned_by(ticket: Ticket, actor: Actor, *, urgent: bool = False) -> None:
    """Say that somebody else than the actor owns the ticket from now on."""
    owned_by_many([ticket], actor, urgent=urgent)


def owned_by_many(tickets: Iterable[Ticket], actor: Actor, *, urgent: bool = False) -> None:
    """`owned_by` of many tickets."""
    facts = [
        TicketAssigned(
            ticket_id=ticket.pk,
            membership_id=ticket.owner_id,
            by_id=actor.membership_id,
            by_label=actor.label[:200] if actor.kind == "member" else "",
            is_urgent=urgent,
        )
        for ticket in tickets
        if ticket.owner_id is not None and ticket.owner_id != actor.membership_id
    ]
    if facts:
        journal.publish(*facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOwner:
    """Whose a ticket became, by whom, and under which key that is told once."""

    ticket_id: int
    membership_id: int
    by: str
    key: str
    urgent: bool


@transaction.atomic
def tell_owners(*, owners: Sequence[NewOwner], actor: Actor, at: datetime) -> None:
    """Tell new owners that tickets are theirs, unless those have gone on meanwhile."""
    found = queries.tickets().in_bulk({owner.ticket_id for owner in owners})
    tellings = []
    for owner in owners:
        ticket = found.get(owner.ticket_id)
        if ticket and ticket.owner_id == owner.membership_id and ticket.status in ACTIVE:
            telling = notices.Telling(
                membership_id=owner.membership_id,
                facts={**facts_of(ticket), "by": owner.by},
                path=path_of(ticket),
                key=owner.key,
                urgent=owner.urgent,
            )
            tellings.append(telling)
    notices.notify_each(tellings=tellings, kind=letters.ASSIGNED, actor=actor, at=at)


@transaction.atomic
def tell_of_mention(
    *, ticket_id: int, message_id: int, membership_id: int, actor: Actor, at: datetime
) -> None:
    """Tell somebody that a note names them."""
    ticket = queries.get_ticket(ticket_id)
    message = TicketMessage.objects.filter(pk=message_id, ticket=ticket).first()
    if message is not None:
        excerpt = " ".join(message.body.split())[:EXCERPT]
        facts = {**facts_of(ticket), "by": message.author_label, "excerpt": excerpt}
        key = f"mention:{message_id}"
        tell([membership_id], letters.MENTIONED, ticket, facts, key=key, actor=actor, at=at)


@transaction.atomic
def tell_of_reply(*, ticket_id: int, key: str, actor: Actor, at: datetime) -> None:
    """Tell the owner that the customer wrote."""
    ticket = queries.get_ticket(ticket_id)
    if ticket.owner_id is None:
        return
    theirs = ticket.messages.filter(direction=Direction.INBOUND, kind=MessageKind.PUBLIC).last()
    facts = {**facts_of(ticket), "by": theirs.author_label if theirs else ""}
    tell([ticket.owner_id], letters.CUSTOMER_REPLIED, ticket, facts, key=key, actor=actor, at=at)


@transaction.atomic
def tell_of_ended_visits(
    *, ticket_id: int, is_done: bool, reason: str, key: str, actor: Actor, at: datetime
) -> None:
    """Tell the owner that no visit is to come any more, unless the ticket has gone on meanwhile."""
    ticket = queries.get_ticket(ticket_id)
    is_solved = is_done and ticket.status == TicketStatus.RESOLVED
    is_on_desk = ticket.status in ACTIVE and ticket.status != TicketStatus.WAITING
    if ticket.owner_id is None or not (is_solved or is_on_desk):
        return
    facts = {**facts_of(ticket), "is_done": is_done, "is_solved": is_solved, "reason": reason}
    tell([ticket.owner_id], letters.VISITS_ENDED, ticket, facts, key=key, actor=actor, at=at)


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """What every notice about a ticket knows of it."""
    return {
        "ticket": str(ticket),
        "subject": ticket.subject,
        "customer": str(ticket.customer) if ticket.customer else "",
    }


def tell(
    membership_ids: Iterable[int],
    kind: str,
    ticket: Ticket,
    facts: Mapping[str, Any],
    *,
    key: str,
    actor: Actor,
    at: datetime,
    urgent: bool = False,
    instead_of: str = "",
) -> None:
    """Tell these people something that leads to the ticket."""
    notices.notify(
        membership_ids=membership_ids,
        kind=kind,
        facts=facts,
        path=path_of(ticket),
        key=key,
        actor=actor,
        at=at,
        urgent=urgent,
        instead_of=instead_of,
    )


def path_of(ticket: Ticket) -> str:
    """Where a notice about this ticket leads."""
    return reverse("tickets:ticket_detail", args=[current_tenant().slug, ticket.pk])
