"""Reads of chats: which session stands behind a ticket, and which ticket behind a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from channels import queries as channels
from channels.enums import Channel
from channels.models import ChatSession
from tenants.active import active_tenant_id
from tickets.models import Ticket, TicketMessage
from tickets.queries.families import conversation_of

AWAKE_SECONDS = 120
"""An open page of the desk asks for its next pass at least once a minute."""


@dataclass(frozen=True, slots=True)
class ChatState:
    """A ticket's chat as the desk sees it."""

    session: ChatSession
    is_here: bool
    is_open: bool


def find_chat_of(ticket: Ticket) -> ChatSession | None:
    """The session that last spoke in this ticket or in one that was merged into it, or None."""
    name = (
        conversation_of(ticket)
        .filter(channel=Channel.CHAT, inbound__isnull=False)
        .order_by("-id")
        .values_list("inbound__reference", flat=True)
        .first()
    )
    return channels.find_chat_named(name) if name else None


def chat_state_of(
    ticket: Ticket, at: datetime, messages: Sequence[TicketMessage] | None = None
) -> ChatState | None:
    """The ticket's chat and whether its visitor is there now; None when nobody chatted.

    Whoever has the ticket's `messages` at hand saves the look for a chat where there is none.
    """
    if messages is not None and not any(one.channel == Channel.CHAT for one in messages):
        return None
    session = find_chat_of(ticket)
    if session is None:
        return None
    return ChatState(session, session.is_here(at), session.is_open(at))


def find_ticket_of_chat(room: str) -> Ticket | None:
    """The ticket that the last message of a session's `room` belongs to; None before there is one."""
    last = (
        TicketMessage.objects.select_related("ticket")
        .filter(inbound__channel=Channel.CHAT, inbound__reference=room)
        .order_by("-id")
        .first()
    )
    return last.ticket if last else None


def messages_after(ticket: Ticket, message_id: int) -> list[TicketMessage]:
    """Messages of the ticket's conversation with a greater id, oldest first."""
    return list(conversation_of(ticket).filter(pk__gt=message_id))


def note_desk_awake() -> None:
    """Somebody who answers tickets has a page open now."""
    cache.set(_awake_key(), 1, AWAKE_SECONDS)


def is_desk_awake() -> bool:
    """Whether somebody who answers tickets had a page open within the last two minutes."""
    return bool(cache.get(_awake_key()))


def _awake_key() -> str:
    return f"desk-awake:{active_tenant_id()}"
