"""Taking in raw e-mail: stored, read, announced."""

from __future__ import annotations

import hashlib
import io
import logging
from datetime import datetime
from email.utils import parseaddr
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction

from channels.email import ReadEmail, find_message_id, read_email
from channels.enums import Channel, InboundProblem, InboundStatus
from channels.events import MessageReceived
from channels.models import ChannelAccount, InboundMessage
from channels.services.attachments import attach_received, attach_whole
from channels.services.bounces import note_bounce
from channels.services.floods import is_flood
from channels.services.inbound import receive
from channels.services.large import LARGEST_READ, Skimmed, skim
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)


@transaction.atomic
def ingest_email(
    *,
    raw: bytes | BinaryIO,
    at: datetime,
    actor: Actor,
    account_id: int | None = None,
) -> tuple[InboundMessage, bool]:
    """Take in one raw e-mail: stored first, then read. Returns the message and whether it is new.

    A readable message from a person is announced with MessageReceived. Automatic answers and bounces are kept
    and never answered; what cannot be read is quarantined with its reason. One larger than 20 MB, best given
    as a seekable stream, is kept as a file, and its large parts are named but not read.
    """
    lean, skimmed, original = _measured(raw)
    digest = skimmed.digest if skimmed else hashlib.sha256(lean).hexdigest()
    key = find_message_id(lean) or f"sha256:{digest}"
    given: dict[str, Any] = {
        "raw": lean,
        "received_at": at,
        "actor": actor,
        "account_id": account_id,
        "digest": digest,
    }
    message, created = receive(channel=Channel.EMAIL, external_id=key, **given)
    mail: ReadEmail | None = None
    if not created and message.facts.get("digest") != digest:
        mail = read_email(lean)
        if _says_otherwise(message, mail):
            # Another message under a Message-ID that is taken: broken senders do that.
            other = f"{key[:230]}#{digest[:40]}"
            message, created = receive(channel=Channel.EMAIL, external_id=other, **given)
    if created and skimmed and original:
        attach_whole(message=message, original=original, digest=digest, size=skimmed.size, actor=actor, at=at)
    if created or message.status == InboundStatus.RECEIVED:
        _read(message, mail or read_email(lean), actor, at)
    return message, created


def _measured(raw: bytes | BinaryIO) -> tuple[bytes, Skimmed | None, BinaryIO | None]:
    """The bytes to read and, of a large message, what was skimmed and the whole."""
    if isinstance(raw, bytes):
        if len(raw) <= LARGEST_READ:
            return raw, None, None
        raw = io.BytesIO(raw)
    skimmed = skim(raw)
    return skimmed.lean, skimmed, raw


def _says_otherwise(message: InboundMessage, mail: ReadEmail) -> bool:
    """Whether this is another message than the stored one, and not the same one by another route."""
    return _said(read_email(bytes(message.raw))) != _said(mail)


def _said(mail: ReadEmail) -> tuple[object, ...]:
    files = [(file.name, hashlib.sha256(file.content).digest()) for file in mail.files]
    return mail.sender_address, mail.subject, mail.body, mail.quoted, files


def _read(message: InboundMessage, mail: ReadEmail, actor: Actor, at: datetime) -> None:
    """Keep what was read; what cannot even be kept is set aside with the raw message as it came."""
    before = dict(message.facts)
    try:
        with transaction.atomic():
            _keep_reading(message, mail, actor, at)
    except Exception as problem:  # Nothing about one message may lose it.
        log.exception("message could not be read", extra={"message_id": message.pk})
        InboundMessage.objects.filter(pk=message.pk).update(
            status=InboundStatus.QUARANTINED,
            reason=f"{type(problem).__name__}: {problem}".replace("\x00", "")[:500],
            facts={**before, "kind": "message", "problem": InboundProblem.UNREADABLE},
        )
        message.refresh_from_db()


def _keep_reading(message: InboundMessage, mail: ReadEmail, actor: Actor, at: datetime) -> None:
    """Write what was read beside the raw message, and announce it when somebody waits for an answer."""
    kind, problem = mail.kind, mail.problem
    if kind == "message" and _is_from_ourselves(message, mail):
        kind = "automatic"
    if kind == "message" and not problem and is_flood(mail):
        message.status, problem_code = InboundStatus.QUARANTINED, str(InboundProblem.FLOOD)
    else:
        message.status, problem_code = InboundStatus.READ, str(problem)
    if problem and kind == "message":
        message.status = InboundStatus.QUARANTINED
    message.reason = " ".join(mail.notes)
    message.sender_name, message.sender_address = mail.sender_name, mail.sender_address
    message.subject, message.body, message.language = mail.subject, mail.body, mail.language
    message.quoted, message.html = mail.quoted, mail.html
    message.reference = mail.references[0][:300] if mail.references else ""
    message.facts = {**message.facts, **_facts(mail), "kind": kind, "problem": problem_code}
    message.save()
    if kind == "message" and mail.files:
        attach_received(message=message, files=mail.files, actor=actor, at=at)
    if kind == "bounce":
        note_bounce(message=message, actor=actor, at=at)
    if kind == "message" and message.status == InboundStatus.READ:
        journal.publish(MessageReceived(message_id=message.pk))


def _facts(mail: ReadEmail) -> dict[str, object]:
    found: dict[str, object] = {"attachments": mail.attachments, "references": list(mail.references)}
    given = {"blocked": mail.blocked, "sent_on": mail.sent_on, "seal": mail.seal}
    return found | {name: value for name, value in given.items() if value}


def _is_from_ourselves(message: InboundMessage, mail: ReadEmail) -> bool:
    """Whether an address of ours wrote it: the installation's, the tenant's, or one of its mailboxes."""
    ours = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), current_tenant().email.lower()} - {""}
    if mail.sender_address in ours:
        return True
    return (
        ChannelAccount.objects.filter(
            channel=Channel.EMAIL, address__iexact=mail.sender_address, is_active=True
        ).exists()
        if mail.sender_address
        else False
    )
