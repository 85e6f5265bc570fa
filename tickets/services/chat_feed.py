"""How a chat's two sides hear of each other, and how our words get into it.

Both sides hear by the live feed that something was said, as soon as it is committed, and fetch it with their
own authority: the tenant's pages hear ids, the visitor's page hears its own room only. Nothing that was said
travels in the feed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from channels import services as channels
from channels.enums import Channel
from channels.models import ChatSession
from journal import live
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tickets.enums import Direction
from tickets.models import Ticket, TicketMessage
from tickets.queries.chat import find_chat_of
from tickets.queries.families import conversation_of, find_living_id

SAID, TYPING, TAKEN = "chat.said", "chat.typing", "chat.taken"
"""What the live feed calls it: something new to fetch, somebody writes, the visitor's page has our words."""


def send_by_chat(ticket: Ticket, message: TicketMessage, *, key: str, actor: Actor, at: datetime) -> bool:
    """Let our words reach the visitor who last spoke in the ticket; False when another way is better.

    It is when no open chat stands behind the ticket; and, unless the visitor is there now, when the customer
    last wrote otherwise, or when we know an address that the chat does not.
    """
    session = find_chat_of(ticket)
    if session is None or not session.is_open(at):
        return False
    if not session.is_here(at) and (_wrote_otherwise(ticket) or _is_known_elsewhere(ticket, session)):
        return False
    channels.send_in_chat(
        session_id=session.pk,
        key=key,
        subject=f"Re: {ticket.subject} [{ticket}]",
        body=message.body,
        language=session.language,
        actor=actor,
        at=at,
    )
    tell(session, ticket)
    return True


def _wrote_otherwise(ticket: Ticket) -> bool:
    last = conversation_of(ticket).filter(direction=Direction.INBOUND).last()
    return last is not None and last.channel != Channel.CHAT


def _is_known_elsewhere(ticket: Ticket, session: ChatSession) -> bool:
    contact = ticket.contact
    return not session.visitor_email and contact is not None and bool(contact.email)


def tell(session: ChatSession, ticket: Ticket | None) -> None:
    """Let both sides fetch what is new, once this transaction is committed."""
    if ticket is not None:
        after_commit(SAID, ticket_id=find_living_id(ticket.pk) or ticket.pk)
    after_commit(SAID, room=session.room)


def after_commit(event: str, *, room: str = "", **ids: int) -> None:
    tenant_id = active_tenant_id()
    transaction.on_commit(lambda: live.whisper(tenant_id, event, room=room, **ids))
