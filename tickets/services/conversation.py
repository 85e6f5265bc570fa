"""The conversation of a ticket: what we say, what the customer says, what we note among us."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.enums import Channel
from core.errors import BadInput, Conflict
from core.text import clean
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries, rules, triage
from tickets.enums import Direction, MessageKind, SegmentReason, SlaEvent, TicketStatus
from tickets.events import TicketReplied
from tickets.models import Ticket, TicketMessage
from tickets.services import clocks
from tickets.services.answers import SENT_KEY, order_answer
from tickets.services.chat_feed import send_by_chat
from tickets.services.common import ensure_owner, finish
from tickets.services.files import let_files_go
from tickets.services.follow_ups import follow_up
from tickets.services.opening import LONGEST_TEXT
from tickets.services.progress import reopen
from tickets.services.replies import check_nobody_wrote, count_use, forget_draft, tell_mentioned


@transaction.atomic
def reply_to_ticket(
    *,
    ticket_id: int,
    body: str,
    actor: Actor,
    at: datetime,
    kind: str = MessageKind.PUBLIC,
    seen_message_id: int | None = None,
    canned_id: int | None = None,
) -> TicketMessage:
    """Answer the customer, or note something among us (`kind` internal). The actor's draft goes.

    A public answer stops the first-response clock, opens a new ticket, makes the actor the owner when it has
    none, and goes out by e-mail when the contact has an address. With `seen_message_id`, the last message its
    writer saw, it raises `AnsweredMeanwhile` when others wrote since.
    """
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    text = _words(body)
    if kind == MessageKind.INTERNAL:
        return add_note(ticket, text, actor=actor, at=at)
    if ticket.status in (TicketStatus.MERGED, TicketStatus.SPAM):
        raise Conflict(
            _("%(ticket)s is %(state)s: nobody would read an answer. Answer in an open ticket.")
            % {"ticket": ticket, "state": ticket.get_status_display()}
        )
    if seen_message_id is not None:
        check_nobody_wrote(ticket, seen_message_id, actor)
    message = _append(ticket, text, MessageKind.PUBLIC, actor, at)
    ensure_owner(ticket, actor)
    forget_draft(ticket, actor)
    if canned_id is not None:
        count_use(canned_id)
    ticket.first_response_at = ticket.first_response_at or at
    ticket.status = rules.status_when_taken(ticket.status)
    clocks.happened(ticket, SlaEvent.WE_REPLIED, actor=actor, at=at, reason=SegmentReason.WE_REPLIED)
    send_to_customer(ticket, message, actor, at)
    let_files_go(ticket, message, actor, at)
    fact = TicketReplied(ticket_id=ticket.pk, is_ours=True)
    finish(ticket, verb="replied", actor=actor, at=at, event=fact)
    return message


add_message = reply_to_ticket


def add_note(ticket: Ticket, text: str, *, actor: Actor, at: datetime) -> TicketMessage:
    """A note among us: the customer never sees it and no clock hears it."""
    message = _append(ticket, text, MessageKind.INTERNAL, actor, at)
    ensure_owner(ticket, actor)
    forget_draft(ticket, actor)
    tell_mentioned(message, actor)
    let_files_go(ticket, message, actor, at)
    finish(ticket, verb="noted", actor=actor, at=at)
    return message


@transaction.atomic
def receive_reply(
    *,
    ticket_id: int,
    body: str,
    author_label: str,
    actor: Actor,
    at: datetime,
    channel: str,
    inbound_id: int | None = None,
    language: str = "",
) -> TicketMessage:
    """Add the customer's words to the ticket, or to what it was merged into.

    A ticket that waited for them goes on; a solved one is reopened; to one closed long ago a new ticket
    follows,
    which the message then belongs to.
    """
    ticket = queries.living_for_update(ticket_id)
    if triage.is_follow_up(ticket.status, ticket.resolved_at, at):
        ticket = follow_up(ticket, body=body, channel=channel, language=language, actor=actor, at=at)
    message = TicketMessage.objects.create(
        ticket=ticket,
        direction=Direction.INBOUND,
        channel=channel,
        author_label=author_label[:200],
        inbound_id=inbound_id,
        body=clean(body)[:LONGEST_TEXT],
        language=language or ticket.language,
        at=at,
    )
    wanted = rules.status_after_reply(ticket.status, ticket.waiting_for)
    if wanted == TicketStatus.REOPENED:
        reopen(ticket, reason="", actor=actor, at=at)
    elif wanted != ticket.status:
        ticket.status, ticket.waiting_for, ticket.next_action_at = wanted, "", None
        clocks.follow_status(ticket, actor=actor, at=at, reason=SegmentReason.CUSTOMER_REPLIED)
    clocks.happened(ticket, SlaEvent.CUSTOMER_WROTE, actor=actor, at=at, reason=SegmentReason.ENDED)
    fact = TicketReplied(ticket_id=ticket.pk, is_ours=False)
    finish(ticket, verb="customer_replied", actor=actor, at=at, event=fact)
    return message


def _append(ticket: Ticket, text: str, kind: str, actor: Actor, at: datetime) -> TicketMessage:
    return TicketMessage.objects.create(
        ticket=ticket,
        kind=kind,
        direction=Direction.OUTBOUND,
        channel=ticket.channel,
        author_label=actor.label[:200],
        author_id=actor.membership_id,
        body=text,
        language=ticket.language,
        at=at,
    )


def _words(body: str) -> str:
    text = clean(body).strip()
    if not text:
        raise BadInput(
            _("There is nothing to send: write something first."), errors={"body": [_("Write something.")]}
        )
    if len(text) > LONGEST_TEXT:
        raise BadInput(
            _("The text has %(count)s characters; at most %(most)s can be sent.")
            % {"count": len(text), "most": LONGEST_TEXT},
            errors={"body": [_("Too long.")]},
        )
    return text


def send_to_customer(ticket: Ticket, message: TicketMessage, actor: Actor, at: datetime) -> None:
    """Let our words reach the customer: in the chat they have open, else by the channel they prefer."""
    key = SENT_KEY.format(pk=message.pk)
    by_chat = send_by_chat(ticket, message, key=key, actor=actor, at=at)
    channel = Channel.CHAT.value if by_chat else order_answer(ticket, message, actor=actor, at=at)
    if not channel:
        return
    message.channel = channel
    message.save(update_fields=["channel"])
    journal.record(actor=actor, verb="sent", thing=message, at=at, changes={"ticket": ticket.pk})
