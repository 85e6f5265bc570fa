"""Taking in raw e-mail: stored, read, announced."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from channels.email import ReadEmail, find_message_id, read_email
from channels.enums import Channel, InboundStatus, OutboundStatus
from channels.events import MessageReceived
from channels.models import InboundMessage, OutboundMessage
from channels.services.inbound import receive
from channels.services.message_ids import OURS, sealed_pk
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant


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
    for match in OURS.finditer(text):
        pk = sealed_pk(match[0])
        if pk is not None:
            OutboundMessage.objects.filter(pk=pk).update(
                status=OutboundStatus.FAILED, reason=_("The receiver's mail server sent it back.")
            )
            return
