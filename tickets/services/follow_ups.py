"""A new need of a customer whose last one was closed long ago."""

from __future__ import annotations

from datetime import datetime

from journal import services as journal
from tenants.actors import Actor
from tickets import queries
from tickets.models import Ticket
from tickets.services.opening import open_ticket


def follow_up(
    ticket: Ticket, *, body: str, channel: str, language: str, actor: Actor, at: datetime
) -> Ticket:
    """Open a ticket that follows this one, for the same people, place and topic; without a message yet."""
    opened = open_ticket(
        subject=ticket.subject or " ".join(body.split())[:80],
        channel=channel,
        actor=actor,
        at=at,
        kind=ticket.kind,
        topic_id=ticket.topic_id,
        customer_id=ticket.customer_id,
        contact_id=ticket.contact_id,
        site_id=ticket.site_id,
        asset_id=ticket.asset_id,
        language=language or ticket.language,
    )
    opened.follows = ticket
    opened.save(update_fields=["follows"])
    journal.record(actor=actor, verb="followed_up", thing=ticket, at=at, changes={"by": str(opened)})
    return queries.ticket_for_update(opened.pk)
