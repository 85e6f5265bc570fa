"""Calls of providers: checked, stored as they came, read afterwards."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation

from channels import adapters, queries
from channels.adapters.base import Account, Adapter, Call, Incoming, Receipt, Reply
from channels.enums import InboundProblem, InboundStatus
from channels.events import CallReceived, MediaAnnounced, MessageReceived
from channels.models import ChannelAccount, InboundMessage
from channels.services.accounts import values_of
from channels.services.inbound import receive
from channels.services.mail import ingest_email
from channels.services.quarantine import quarantine
from channels.services.receipts import note_receipt
from core.errors import NotFound
from core.text import clean
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)
CALL = "call"
_KEPT_HEADERS = ("content-type",)


@transaction.atomic
def take_call(*, hook: str, call: Call, actor: Actor, at: datetime) -> Reply:
    """Take a provider's call: check it, store it as it came, answer. It is read after this transaction.

    Raises NotFound when no active account has this hook, and `Forged` when the call proves nothing; then
    nothing is kept.
    """
    account = queries.find_account_by_hook(hook)
    adapter = adapters.find_adapter(account.adapter) if account else None
    if account is None or adapter is None:
        raise NotFound("")
    values = values_of(account)
    adapter.verify(values, call)
    if call.body:
        _store(account, call, actor, at)
    return adapter.reply(values, call)


def _store(account: ChannelAccount, call: Call, actor: Actor, at: datetime) -> None:
    digest = hashlib.sha256(call.query.encode() + b"\x00" + call.body).hexdigest()
    message, is_new = receive(
        channel=account.channel,
        external_id=f"call:{account.pk}:{digest}",
        raw=call.body,
        received_at=at,
        actor=actor,
        account=account,
        kind=CALL,
        query=call.query,
        headers={name: call.headers.get(name, "") for name in _KEPT_HEADERS},
    )
    if is_new:
        journal.publish(CallReceived(message_id=message.pk))


@transaction.atomic
def read_call(*, message_id: int, actor: Actor, at: datetime) -> int:
    """Read a stored call: its messages enter, its receipts are noted. Returns how many there were.

    What cannot be read is quarantined with its reason. The bytes that its messages keep are not kept twice.
    """
    stored = (
        InboundMessage.objects.select_for_update(of=("self",)).select_related("account").get(pk=message_id)
    )
    if stored.status != InboundStatus.RECEIVED or stored.account is None:
        return 0
    call = Call(
        method="POST",
        query=str(stored.facts.get("query", "")),
        headers=dict(stored.facts.get("headers", {})),
        body=bytes(stored.raw),
    )
    try:
        with transaction.atomic(), translation.override(current_tenant().language):
            adapter, values = _spoken(stored.account)
            items = adapter.read(values, call)
            for item in items:
                _enter(_Source(stored.account, adapter, values), item, actor, at)
    except Exception as problem:  # Whatever a stranger's bytes do, they stay stored and a person sees them.
        log.warning("a call could not be read", extra={"message_id": message_id}, exc_info=True)
        reason = f"{problem}"[:500] or type(problem).__name__
        quarantine(
            message_id=message_id, problem=InboundProblem.UNREADABLE, reason=reason, actor=actor, at=at
        )
        return 0
    stored.status, stored.facts = InboundStatus.READ, {**stored.facts, "held": len(items)}
    stored.raw = b"" if items else stored.raw
    stored.save(update_fields=["status", "facts", "raw"])
    return len(items)


def _spoken(account: ChannelAccount) -> tuple[Adapter, Account]:
    adapter = adapters.find_adapter(account.adapter)
    if adapter is None:
        raise NotFound(account.adapter)
    return adapter, values_of(account)


@dataclass(frozen=True)
class _Source:
    """Where a call came from: the row, its adapter, and its values with the secrets open."""

    account: ChannelAccount
    adapter: Adapter
    values: Account


def _enter(source: _Source, item: Incoming | Receipt, actor: Actor, at: datetime) -> None:
    if isinstance(item, Receipt):
        note_receipt(account=source.account, receipt=item, actor=actor, at=at)
    elif item.is_email:
        ingest_email(raw=item.raw, at=at, actor=actor, account_id=source.account.pk)
    else:
        _enter_words(source, item, actor, at)


def _enter_words(source: _Source, item: Incoming, actor: Actor, at: datetime) -> None:
    account = source.account
    media = [{"ref": m.ref, "name": m.name, "content_type": m.content_type} for m in item.media]
    name = clean(item.sender_name or _known_name(account.channel, item.sender))[:200]
    is_unnamed = not name and source.adapter.can_name(item.sender)
    message, is_new = receive(
        channel=account.channel,
        external_id=f"{account.pk}:{item.external_id}",
        raw=item.raw,
        received_at=at,
        actor=actor,
        account=account,
        status=InboundStatus.READ,
        sender_name=name,
        sender_address=clean(item.sender)[:254],
        sender_phone=clean(item.sender)[:40] if account.channel == "sms" else "",
        body=clean(item.text),
        files_due_at=at if media or is_unnamed else None,
        **{**item.facts, "kind": "message", "media": media, "attachments": len(media)},
        **({"is_unnamed": True} if is_unnamed else {}),
    )
    if not is_new:
        return
    if not is_unnamed:
        journal.publish(MessageReceived(message_id=message.pk))
    if media or is_unnamed:
        journal.publish(MediaAnnounced(message_id=message.pk))


def _known_name(channel: str, sender: str) -> str:
    """The sender's name as we heard it before."""
    before = InboundMessage.objects.filter(channel=channel, sender_address=clean(sender)[:254])
    names = before.exclude(sender_name="").order_by("-pk").values_list("sender_name", flat=True)
    return names.first() or ""
