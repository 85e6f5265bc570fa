"""Chats: what a visitor says becomes a ticket, or joins the session's one, at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from channels import services as channels
from channels.enums import InboundProblem
from channels.models import ChatSession, InboundMessage
from core.errors import Refusal
from journal import live
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.models import Ticket
from tickets.queries.chat import find_chat_of, find_ticket_of_chat
from tickets.services.chat_feed import TAKEN, TYPING, after_commit, tell
from tickets.services.intake import INTAKE, take_in

log = logging.getLogger(__name__)


@transaction.atomic
def say_in_chat(
    *,
    session: ChatSession,
    key: str,
    body: str,
    actor: Actor,
    at: datetime,
    name: str = "",
    email: str = "",
    files: Sequence[tuple[str, bytes]] = (),
) -> tuple[InboundMessage, Ticket | None]:
    """Take in what a visitor said: stored first, then opened as a ticket or added to the session's.

    The same `key` again changes nothing; `files` are names with their bytes. The ticket is None when the words
    are kept, but a person must make it.
    """
    message, created = channels.receive_chat(
        session_id=session.pk, key=key, body=body, name=name, email=email, files=files, actor=actor, at=at
    )
    if not created:
        return message, queries.find_ticket_of_inbound(message.pk)
    ticket = _take_in(message, at)
    tell(session, ticket)
    return message, ticket


def _take_in(message: InboundMessage, at: datetime) -> Ticket | None:
    try:
        return take_in(message_id=message.pk, actor=INTAKE, at=at)[1]
    except Exception as problem:  # What was said stays stored, whatever making a ticket of it does.
        log.exception("chat message could not become a ticket", extra={"message_id": message.pk})
        reason = problem.message if isinstance(problem, Refusal) else f"{type(problem).__name__}: {problem}"
        channels.quarantine(
            message_id=message.pk, problem=InboundProblem.HANDLING, reason=reason[:500], actor=INTAKE, at=at
        )
        return None


@transaction.atomic
def take_chat_delivery(*, session: ChatSession, up_to: int, actor: Actor, at: datetime) -> int:
    """The visitor's page has our messages up to this id; the desk hears of it. Returns how many are new."""
    count = channels.take_delivery(session_id=session.pk, up_to=up_to, actor=actor, at=at)
    ticket = find_ticket_of_chat(session.room) if count else None
    if ticket is not None:
        after_commit(TAKEN, ticket_id=ticket.pk)
    return count


def visitor_writes(*, session: ChatSession, actor: Actor) -> None:
    """The desk sees that the visitor is writing. Fleeting: nothing is kept of it, not even who."""
    ticket = find_ticket_of_chat(session.room)
    if ticket is not None:
        live.whisper(active_tenant_id(), TYPING, ticket_id=ticket.pk)


def desk_writes(*, ticket_id: int, actor: Actor) -> None:
    """The visitor sees that somebody is writing. Fleeting: nothing is kept of it."""
    actor.require(permissions.WORK)
    session = find_chat_of(queries.get_ticket(ticket_id))
    if session is not None and session.closed_at is None:
        live.whisper(active_tenant_id(), TYPING, room=session.room)
