"""Taking in what reaches us, and sending what we say."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from datetime import datetime
from email.utils import formataddr, parseaddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from channels.email import ReadEmail, find_message_id, read_email
from channels.enums import Channel, InboundStatus, OutboundStatus
from channels.events import MessageQueued, MessageReceived
from channels.models import InboundMessage, OutboundMessage
from core.errors import BadInput, NotFound
from core.text import is_address
from journal import services as journal
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)

_OURS = re.compile(r"<fs\.(\d{1,18})\.(\d{1,18})\.([0-9a-f]{24})@[^<>\s]+>")


@transaction.atomic
def receive(
    *,
    channel: str,
    external_id: str,
    raw: bytes,
    received_at: datetime,
    actor: Actor,
    **facts: Any,
) -> tuple[InboundMessage, bool]:
    """Store what came before anybody reads it; one channel message enters once.

    Returns the message and whether it is new. `facts` are columns of InboundMessage or go into its `facts`.
    """
    columns = {f.name for f in InboundMessage._meta.fields} & set(facts)
    values = {name: facts.pop(name) for name in columns}
    message, created = InboundMessage.objects.get_or_create(
        channel=channel,
        external_id=external_id[:300],
        defaults={"raw": raw, "received_at": received_at, "facts": facts, **values},
    )
    if created:
        journal.record(actor=actor, verb="received", thing=message, at=received_at)
    return message, created


@transaction.atomic
def ingest_email(*, raw: bytes, at: datetime, actor: Actor) -> tuple[InboundMessage, bool]:
    """Take in one raw e-mail: stored first, then read. Returns the message and whether it is new.

    A readable message from a person is announced with MessageReceived. Automatic answers and bounces are kept
    and never answered; what cannot be read is quarantined with its reason.
    """
    digest = hashlib.sha256(raw).hexdigest()
    key = find_message_id(raw) or f"sha256:{digest}"
    message, created = receive(
        channel=Channel.EMAIL, external_id=key, raw=raw, received_at=at, actor=actor, digest=digest
    )
    mail = read_email(raw) if created or message.facts.get("digest") != digest else None
    if not created and mail is not None and _says_otherwise(message, mail):
        # Another message under a Message-ID that is taken: broken senders do that, and nothing may be lost.
        message, created = receive(
            channel=Channel.EMAIL,
            external_id=f"{key[:230]}#{digest[:40]}",
            raw=raw,
            received_at=at,
            actor=actor,
            digest=digest,
        )
    if created and mail is not None:
        _keep_reading(message, mail, at)
    return message, created


@transaction.atomic
def receive_web_form(
    *,
    key: str,
    name: str,
    email: str,
    phone: str,
    subject: str,
    body: str,
    language: str,
    at: datetime,
    actor: Actor,
    facts: dict[str, Any] | None = None,
) -> tuple[InboundMessage, bool]:
    """Take in a public request form; `key` makes a repeated click the same request."""
    fields = {"name": name, "email": email, "phone": phone, "subject": subject, "body": body}
    raw = json.dumps({**fields, "language": language, **(facts or {})}, ensure_ascii=False).encode()
    message, created = receive(
        channel=Channel.WEB,
        external_id=key,
        raw=raw,
        received_at=at,
        actor=actor,
        status=InboundStatus.READ,
        sender_name=name[:200],
        sender_address=email[:254],
        sender_phone=phone[:40],
        subject=subject[:300],
        body=body,
        language=language,
        **{"kind": "message", **(facts or {})},
    )
    if created:
        journal.publish(MessageReceived(message_id=message.pk))
    return message, created


@transaction.atomic
def quarantine(
    *, message_id: int, problem: str, actor: Actor, at: datetime, reason: str = ""
) -> InboundMessage:
    """Set a message aside for a person to look at; `problem` is a code of InboundProblem."""
    message = InboundMessage.objects.select_for_update().get(pk=message_id)
    message.status, message.reason = InboundStatus.QUARANTINED, reason
    message.facts = {**message.facts, "problem": problem}
    message.save(update_fields=["status", "reason", "facts"])
    journal.record(actor=actor, verb="quarantined", thing=message, at=at, reason=reason)
    return message


@transaction.atomic
def release(
    *, message_id: int, actor: Actor, at: datetime, sender_address: str = "", sender_name: str = ""
) -> InboundMessage:
    """Take a quarantined message out of quarantine: a person has seen it and says who sent it."""
    message = _for_update(message_id)
    if message.status != InboundStatus.QUARANTINED:
        raise BadInput(_("Message %(id)s is not in quarantine; nothing was changed.") % {"id": message_id})
    message.status = InboundStatus.READ
    message.sender_address = sender_address or message.sender_address
    message.sender_name = sender_name or message.sender_name
    message.save(update_fields=["status", "sender_address", "sender_name"])
    journal.record(actor=actor, verb="released", thing=message, at=at)
    journal.publish(MessageReceived(message_id=message.pk))
    return message


@transaction.atomic
def discard(*, message_id: int, actor: Actor, at: datetime) -> InboundMessage:
    """Take a quarantined message off the list without an answer; its raw text stays."""
    message = _for_update(message_id)
    if message.status == InboundStatus.QUARANTINED:
        message.status = InboundStatus.READ
        message.facts = {**message.facts, "kind": "discarded"}
        message.save(update_fields=["status", "facts"])
        journal.record(actor=actor, verb="discarded", thing=message, at=at)
    return message


def _for_update(message_id: int) -> InboundMessage:
    message = InboundMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotFound(
            _("There is no message with the id %(id)s. Look at the list again.") % {"id": message_id}
        )
    return message


@transaction.atomic
def send_message(
    *,
    key: str,
    channel: str,
    recipient: str,
    subject: str,
    body: str,
    language: str,
    actor: Actor,
    at: datetime,
    in_reply_to: str = "",
    is_automatic: bool = False,
    is_secret: bool = False,
) -> OutboundMessage:
    """Order a message to be sent after this transaction, once per `key`.

    `in_reply_to` is the Message-ID it answers; `is_automatic` tells other machines not to answer it;
    the body of one that `is_secret` (it holds a link that is for the recipient alone) is not kept.
    """
    if channel == Channel.EMAIL and not is_address(parseaddr(recipient)[1]):
        raise BadInput(_("“%(text)s” is not an e-mail address.") % {"text": recipient})
    message, created = OutboundMessage.objects.get_or_create(
        key=key,
        defaults={
            "channel": channel,
            "recipient": recipient[:254],
            "subject": " ".join(subject.split())[:300],
            "body": body,
            "language": language,
            "in_reply_to": in_reply_to[:300],
            "is_automatic": is_automatic,
            "is_secret": is_secret,
            "created_at": at,
        },
    )
    if created:
        journal.record(actor=actor, verb="queued", thing=message, at=at)
        journal.publish(MessageQueued(message_id=message.pk))
    return message


@transaction.atomic
def send_queued(*, message_id: int, at: datetime, actor: Actor) -> OutboundMessage:
    """Send one queued message, or note why it could not be sent. Sent and failed ones stay as they are."""
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    if message.status != OutboundStatus.QUEUED:
        return message
    message.status, message.reason = _transmit(message)
    message.sent_at = at if message.status == OutboundStatus.SENT else None
    message.body = "" if message.is_secret else message.body
    message.save(update_fields=["status", "reason", "sent_at", "body"])
    journal.record(actor=actor, verb=message.status, thing=message, at=at, reason=message.reason)
    return message


def message_id_of(message: OutboundMessage) -> str:
    """The Message-ID we send: it proves by itself that the message was ours."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "fieldservice.example"
    return f"<fs.{active_tenant_id()}.{message.pk}.{_seal(active_tenant_id(), message.pk)}@{host}>"


def find_ours(references: list[str]) -> OutboundMessage | None:
    """The message of this tenant that the nearest of these Message-IDs names, or None. Forgeries are None."""
    for reference in references:
        if (pk := _sealed_pk(reference)) is not None:
            return OutboundMessage.objects.filter(pk=pk).first()
    return None


def _sealed_pk(reference: str) -> int | None:
    match = _OURS.fullmatch(reference)
    if match is None or int(match[1]) != active_tenant_id():
        return None
    pk = int(match[2])
    return pk if constant_time_compare(match[3], _seal(int(match[1]), pk)) else None


def _seal(tenant_id: int, pk: int) -> str:
    return salted_hmac("channels.message-id", f"{tenant_id}.{pk}", algorithm="sha256").hexdigest()[:24]


def _says_otherwise(message: InboundMessage, mail: ReadEmail) -> bool:
    """Whether this is another message than the stored one, and not the same one by another route."""
    kept = read_email(bytes(message.raw))
    return (kept.sender_address, kept.subject, kept.body) != (mail.sender_address, mail.subject, mail.body)


def _keep_reading(message: InboundMessage, mail: ReadEmail, at: datetime) -> None:
    """Write what was read beside the raw message, and announce it when somebody waits for an answer."""
    kind = "automatic" if _is_from_ourselves(mail) and mail.kind == "message" else mail.kind
    message.status = InboundStatus.READ
    message.reason = " ".join(mail.notes)
    if mail.problem and kind == "message":
        message.status = InboundStatus.QUARANTINED
    message.sender_name, message.sender_address = mail.sender_name, mail.sender_address
    message.subject, message.body, message.language = mail.subject, mail.body, mail.language
    message.reference = mail.references[0][:300] if mail.references else ""
    message.facts = {
        **message.facts,
        "kind": kind,
        "problem": mail.problem,
        "attachments": mail.attachments,
        "references": list(mail.references),
    }
    message.save()
    if kind == "bounce":
        _note_bounce(message)
    if kind == "message" and message.status == InboundStatus.READ:
        journal.publish(MessageReceived(message_id=message.pk))


def _is_from_ourselves(mail: ReadEmail) -> bool:
    ours = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), current_tenant().email.lower()} - {""}
    return mail.sender_address in ours


def _note_bounce(message: InboundMessage) -> None:
    """Mark the message of ours that came back as failed."""
    text = bytes(message.raw).decode("utf-8", "replace")
    for match in _OURS.finditer(text):
        pk = _sealed_pk(match[0])
        if pk is not None:
            OutboundMessage.objects.filter(pk=pk).update(
                status=OutboundStatus.FAILED, reason=_("The receiver's mail server sent it back.")
            )
            return


def _transmit(message: OutboundMessage) -> tuple[str, str]:
    """Hand the message to its transport: (status, reason)."""
    if message.channel != Channel.EMAIL:
        return OutboundStatus.FAILED, _("This installation has no transport for %(channel)s yet.") % {
            "channel": message.get_channel_display()
        }
    tenant = current_tenant()
    headers = {"Message-ID": message_id_of(message)}
    if message.in_reply_to:
        headers |= {"In-Reply-To": message.in_reply_to, "References": message.in_reply_to}
    if message.is_automatic:
        headers |= {"Auto-Submitted": "auto-generated"}
    mail = EmailMessage(
        subject=message.subject,
        body=message.body,
        from_email=formataddr((tenant.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[message.recipient],
        reply_to=[tenant.email] if tenant.email else None,
        headers=headers,
    )
    try:
        mail.send()
    except (SMTPException, OSError, ValueError) as problem:
        log.warning("mail was not sent", extra={"message_id": message.pk, "problem": str(problem)})
        return OutboundStatus.FAILED, f"{type(problem).__name__}: {problem}"[:500]
    return OutboundStatus.SENT, ""
