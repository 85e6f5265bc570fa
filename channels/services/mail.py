"""Taking in raw e-mail: stored, read, announced."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import translation

from channels import queries
from channels.email import ReadEmail, find_message_id, read_email
from channels.enums import Channel, InboundProblem, InboundStatus
from channels.events import MessageReceived
from channels.models import InboundMessage
from channels.services.attachments import attach_received, attach_whole
from channels.services.bounces import note_bounce
from channels.services.floods import is_flood
from channels.services.inbound import receive
from channels.services.large import LARGEST_READ, Skimmed, skim
from channels.services.message_ids import find_ours
from channels.services.quarantine import quarantine
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)
_READ: tuple[str, ...] = (
    "status",
    "reason",
    "sender_name",
    "sender_address",
    "subject",
    "body",
    "language",
    "quoted",
    "html",
)
_READ += ("reference", "facts")


@dataclass(frozen=True, slots=True)
class _Receiving:
    """Who takes a message in and when, and how: see `ingest_email`."""

    actor: Actor
    at: datetime
    is_announced: bool
    ours: Collection[str] | None


@transaction.atomic(savepoint=False)
def ingest_email(
    *,
    raw: bytes | BinaryIO,
    at: datetime,
    actor: Actor,
    account_id: int | None = None,
    is_announced: bool = True,
    ours: Collection[str] | None = None,
) -> tuple[InboundMessage, bool]:
    """Take in one raw e-mail: stored first, then read. Returns the message and whether it is new.

    A readable message from a person is announced with MessageReceived, unless the caller makes a ticket of it
    in the same transaction. Automatic answers and bounces are kept and never answered; what cannot be read is
    quarantined with its reason. One larger than 20 MB, best given as a seekable stream, is kept as a file,
    and its large parts are named but not read. Who takes in many asks for `queries.own_email_addresses` once.
    """
    how = _Receiving(actor, at, is_announced, ours)
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
            message, created = receive(channel=Channel.EMAIL, external_id=_other_key(key, digest), **given)
    if created and skimmed and original:
        attach_whole(message=message, original=original, digest=digest, size=skimmed.size, actor=actor, at=at)
    if created or message.status == InboundStatus.RECEIVED:
        _read(message, mail or read_email(lean), how)
    return message, created


def _measured(raw: bytes | BinaryIO) -> tuple[bytes, Skimmed | None, BinaryIO | None]:
    """The bytes to read and, of a large message, what was skimmed and the whole."""
    if isinstance(raw, bytes):
        if len(raw) <= LARGEST_READ:
            return raw, None, None
        raw = io.BytesIO(raw)
    skimmed = skim(raw)
    return skimmed.lean, skimmed, raw


def _other_key(key: str, digest: str) -> str:
    return f"{key[:230]}#{digest[:40]}"


def _says_otherwise(message: InboundMessage, mail: ReadEmail) -> bool:
    """Whether this is another message than the stored one, and not the same one by another route."""
    return _said(read_email(bytes(message.raw))) != _said(mail)


def _said(mail: ReadEmail) -> tuple[object, ...]:
    files = [(file.name, hashlib.sha256(file.content).digest()) for file in mail.files]
    return mail.sender_address, mail.subject, mail.body, mail.quoted, files


def _read(message: InboundMessage, mail: ReadEmail, how: _Receiving) -> None:
    """Keep what was read; what cannot even be kept is set aside with the raw message as it came."""
    before = dict(message.facts)
    try:
        with transaction.atomic():
            _keep_reading(message, mail, how)
    except Exception as problem:  # Nothing about one message may lose it.
        log.exception("message could not be read", extra={"message_id": message.pk})
        InboundMessage.objects.filter(pk=message.pk).update(
            status=InboundStatus.QUARANTINED,
            reason=f"{type(problem).__name__}: {problem}".replace("\x00", "")[:500],
            facts={**before, "kind": "message", "problem": InboundProblem.UNREADABLE},
        )
        message.refresh_from_db()


def _keep_reading(message: InboundMessage, mail: ReadEmail, how: _Receiving) -> None:
    """Write what was read beside the raw message, and announce it when somebody waits for an answer."""
    kind, problem = mail.kind, str(mail.problem)
    if kind == "message" and _is_for_nobody(mail, how.ours):
        kind = "automatic"
    message.status = InboundStatus.READ
    if kind == "message" and (problem or is_flood(mail)):
        message.status, problem = InboundStatus.QUARANTINED, problem or str(InboundProblem.FLOOD)
    message.reason = " ".join(filter(None, (_words(problem), *mail.notes)))
    message.sender_name, message.sender_address = mail.sender_name, mail.sender_address
    message.subject, message.body, message.language = mail.subject, mail.body, mail.language
    message.quoted, message.html = mail.quoted, mail.html
    message.reference = mail.references[0][:300] if mail.references else ""
    message.facts = {**message.facts, **_facts(mail), "kind": kind, "problem": problem}
    message.save(update_fields=_READ)
    if kind == "message" and mail.files:
        attach_received(message=message, files=mail.files, actor=how.actor, at=how.at)
    if kind == "bounce":
        note_bounce(message=message, actor=how.actor, at=how.at)
    if kind == "message" and message.status == InboundStatus.READ and how.is_announced:
        journal.publish(MessageReceived(message_id=message.pk))


def _facts(mail: ReadEmail) -> dict[str, object]:
    found: dict[str, object] = {"attachments": mail.attachments, "references": list(mail.references)}
    given = {"blocked": mail.blocked, "sent_on": mail.sent_on, "seal": mail.seal}
    return found | {name: value for name, value in given.items() if value}


def _words(problem: str) -> str:
    """Why it is set aside, in the company's language."""
    if not problem:
        return ""
    with translation.override(current_tenant().language):
        return str(InboundProblem(problem).label)


def _is_for_nobody(mail: ReadEmail, ours: Collection[str] | None) -> bool:
    """Whether an address of ours wrote it (the installation's, the tenant's, or one of its mailboxes), or it
    came by a mailing list that is none of ours and answers nothing of ours."""
    own = queries.own_email_addresses() if ours is None else ours
    if mail.sender_address in own:
        return True
    if not mail.by_list or mail.by_list in {address.replace("@", ".") for address in own}:
        return False
    return find_ours(list(mail.references)) is None


@transaction.atomic
def set_aside_email(*, raw: bytes | BinaryIO, reason: str, at: datetime, actor: Actor) -> InboundMessage:
    """Store a raw e-mail in quarantine without reading it: reading it has failed in a way nobody survives.

    One that is known already stays what it is.
    """
    lean, skimmed, original = _measured(raw)
    digest = skimmed.digest if skimmed else hashlib.sha256(lean).hexdigest()
    key = find_message_id(lean) or f"sha256:{digest}"
    given: dict[str, Any] = {
        "raw": lean,
        "received_at": at,
        "actor": actor,
        "digest": digest,
        "kind": "message",
    }
    message, is_new = receive(channel=Channel.EMAIL, external_id=key, **given)
    if not is_new and message.facts.get("digest") != digest:
        message, is_new = receive(channel=Channel.EMAIL, external_id=_other_key(key, digest), **given)
    if not is_new:
        return message
    if skimmed and original:
        attach_whole(message=message, original=original, digest=digest, size=skimmed.size, actor=actor, at=at)
    return quarantine(
        message_id=message.pk, problem=InboundProblem.UNREADABLE, reason=reason, actor=actor, at=at
    )
