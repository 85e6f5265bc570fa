"""Chats with visitors of the customer's site: sessions, what visitors say, and what we say to them.

A session's row is locked by whoever adds to it, so that its messages are numbered in the order in which they
can be seen: a page that knows the last number has missed nothing before it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels import chats
from channels.enums import Channel, InboundStatus, OutboundStatus
from channels.events import MessageReceived
from channels.models import ChatSession, InboundMessage, OutboundMessage
from channels.services.attachments import attach_uploads, lend_files
from channels.services.inbound import receive
from channels.services.outbound import send_message
from core.errors import BadInput, Conflict, NotFound
from core.text import clean, is_typed_address
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def open_chat(
    *, account_id: int, name: str, email: str, language: str, page: str, actor: Actor, at: datetime
) -> tuple[ChatSession, str]:
    """Begin a session. Returns it with the code that opens it, which is told this once and kept nowhere."""
    code = chats.new_code()
    session = ChatSession.objects.create(
        account_id=account_id,
        code_hash=chats.hash_of(code),
        visitor_name=_name(name),
        visitor_email=_email(email),
        language=language,
        page=clean(page)[:500],
        opened_at=at,
        seen_at=at,
    )
    journal.record(actor=actor, verb="opened", thing=session, at=at)
    return session, code


@transaction.atomic
def receive_chat(
    *,
    session_id: int,
    key: str,
    body: str,
    actor: Actor,
    at: datetime,
    name: str = "",
    email: str = "",
    files: Sequence[tuple[str, bytes]] = (),
) -> tuple[InboundMessage, bool]:
    """Store what the visitor said, once per `key`. Returns the message and whether it is new.

    `name` and `email`, when given, are what the visitor wants to be known by from now on. `files` are names
    with their bytes; with them no words are needed.
    """
    session = _for_update(session_id)
    _check_open(session)
    text = _words(body) if body.strip() or not files else ""
    session.visitor_name = _name(name) or session.visitor_name
    session.visitor_email = _email(email) or session.visitor_email
    session.seen_at = at
    session.save(update_fields=["visitor_name", "visitor_email", "seen_at"])
    said = {"key": key, "body": body, "name": name, "email": email, "page": session.page}
    message, created = receive(
        channel=Channel.CHAT,
        external_id=f"{session.room}:{key}",
        raw=json.dumps(said, ensure_ascii=False).encode(),
        received_at=at,
        actor=actor,
        account=session.account,
        status=InboundStatus.READ,
        sender_name=session.visitor_name,
        sender_address=session.visitor_email,
        body=text,
        language=session.language,
        reference=session.room,
        kind="message",
        page=session.page,
        attachments=len(files),
    )
    if created:
        attach_uploads(message=message, files=files, actor=actor, at=at)
        journal.publish(MessageReceived(message_id=message.pk))
    return message, created


@transaction.atomic
def send_in_chat(
    *, session_id: int, key: str, subject: str, body: str, language: str, actor: Actor, at: datetime
) -> OutboundMessage:
    """Say something to the visitor, once per `key`. It is sent when their page took it.

    When they are gone, or go before they took it, it goes by e-mail as `subject` after a few minutes.
    """
    session = _for_update(session_id)
    _check_open(session)
    message, created = OutboundMessage.objects.get_or_create(
        key=key,
        defaults={
            "channel": Channel.CHAT,
            "account": session.account,
            "recipient": session.room,
            "subject": " ".join(subject.split())[:300],
            "body": body,
            "language": language,
            "created_at": at,
            "due_at": max(at, session.seen_at + chats.PATIENCE),
        },
    )
    if created:
        journal.record(actor=actor, verb="queued", thing=message, at=at)
    return message


@transaction.atomic
def take_delivery(*, session_id: int, up_to: int, actor: Actor, at: datetime) -> int:
    """The visitor's page is open and holds our messages up to this id. Returns how many it had not before."""
    session = _for_update(session_id)
    session.seen_at = at
    session.save(update_fields=["seen_at"])
    waiting = OutboundMessage.objects.select_for_update().filter(
        channel=Channel.CHAT, recipient=session.room, status=OutboundStatus.QUEUED, pk__lte=up_to
    )
    taken = list(waiting)
    for message in taken:
        message.status, message.sent_at, message.due_at = OutboundStatus.SENT, at, None
        message.save(update_fields=["status", "sent_at", "due_at"])
        journal.record(actor=actor, verb=message.status, thing=message, at=at)
    return len(taken)


@transaction.atomic
def hand_over(*, message_id: int, actor: Actor, at: datetime) -> OutboundMessage:
    """A chat message that waited long enough goes by e-mail, or fails when the visitor left no address.

    One that was taken meanwhile stays as it is.
    """
    room = OutboundMessage.objects.values_list("recipient", flat=True).get(pk=message_id)
    session = _for_update(int(room.rpartition("-")[2]))
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    if message.status != OutboundStatus.QUEUED:
        return message
    if session.visitor_email:
        message.status, message.sent_at = OutboundStatus.SENT, at
        message.reason = _("The visitor had left the chat: it went by e-mail.")
        _mail(message, session.visitor_email, actor, at)
    else:
        message.status = OutboundStatus.FAILED
        message.reason = _("The visitor had left the chat, and gave no e-mail address.")
    message.due_at = None
    message.save(update_fields=["status", "reason", "sent_at", "due_at"])
    journal.record(actor=actor, verb=message.status, thing=message, at=at, reason=message.reason)
    return message


def _mail(message: OutboundMessage, address: str, actor: Actor, at: datetime) -> None:
    letter = send_message(
        key=f"{message.key}:mail",
        channel=Channel.EMAIL,
        recipient=address,
        subject=message.subject,
        body=message.body,
        language=message.language,
        actor=actor,
        at=at,
    )
    lend_files(source=message, target=letter)


@transaction.atomic
def close_chat(*, session_id: int, actor: Actor, at: datetime) -> ChatSession:
    """The visitor ends the session: its code opens nothing any more."""
    session = _for_update(session_id)
    if session.closed_at is None:
        session.closed_at = at
        session.save(update_fields=["closed_at"])
        journal.record(actor=actor, verb="closed", thing=session, at=at)
    return session


def _for_update(session_id: int) -> ChatSession:
    session = ChatSession.objects.select_for_update(of=("self",)).filter(pk=session_id).first()
    if session is None:
        raise NotFound(_("The chat %(id)s is not here.") % {"id": session_id})
    return session


def _check_open(session: ChatSession) -> None:
    if session.closed_at is not None:
        raise Conflict(_("This chat was ended. Begin a new one."))


def _name(text: str) -> str:
    return " ".join(clean(text).split())[:120]


def _email(text: str) -> str:
    address = text.strip()
    if address and not is_typed_address(address):
        raise BadInput(
            _("“%(text)s” is not an e-mail address. Write it like name@example.com.")
            % {"text": address[:80]},
            errors={"email": [_("This is not an e-mail address.")]},
        )
    return address


def _words(body: str) -> str:
    text = clean(body).strip()
    if not text:
        raise BadInput(_("There is nothing to send: write something first."))
    if len(text) > chats.LONGEST:
        raise BadInput(
            _("The text has %(count)s characters; at most %(most)s can be sent.")
            % {"count": len(text), "most": chats.LONGEST}
        )
    return text
