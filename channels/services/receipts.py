"""What became of what we sent, as providers tell: also before we have noted that it was sent."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from django.db import connection, transaction

from channels.adapters.base import Receipt
from channels.enums import InboundStatus, OutboundStatus
from channels.models import ChannelAccount, InboundMessage, OutboundMessage
from channels.services.inbound import receive
from journal import services as journal
from tenants.active import active_tenant_id
from tenants.actors import Actor

RECEIPT = "receipt"


@transaction.atomic
def note_receipt(*, account: ChannelAccount, receipt: Receipt, actor: Actor, at: datetime) -> None:
    """Mark the message of ours that a receipt tells of.

    A provider may tell before its answer to our call was noted: a receipt that fits no message is kept as raw
    input and waits for it. One of somebody else's message waits for ever and says nothing to us.
    """
    one_at_a_time(receipt.external_id)
    sent = OutboundMessage.objects.select_for_update().filter(
        channel=account.channel, account=account, external_id=receipt.external_id
    )
    known = list(sent)
    for message in known:
        if message.status != OutboundStatus.QUEUED:
            _mark(message, receipt, actor, at)
    if not known and receipt.external_id:
        _keep(account, receipt, actor, at)


@transaction.atomic
def take_receipts(*, message: OutboundMessage, actor: Actor, at: datetime) -> None:
    """Let a message that was just noted as sent have the receipts that came before, in their order.

    The caller has taken `one_at_a_time` before it locked the message.
    """
    if message.account_id is None or not message.external_id:
        return
    waiting = InboundMessage.objects.filter(
        account=message.account_id, reference=message.external_id, status=InboundStatus.RECEIVED
    )
    for kept in waiting.order_by("id"):
        _mark(message, Receipt(**json.loads(bytes(kept.raw))), actor, at)
        InboundMessage.objects.filter(pk=kept.pk).update(status=InboundStatus.READ)


def one_at_a_time(external_id: str) -> None:
    """Let a receipt and the note of the sending wait for each other, so that one of them sees the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))",
            [active_tenant_id() % 2**31, f"receipt:{external_id}"],
        )


def _keep(account: ChannelAccount, receipt: Receipt, actor: Actor, at: datetime) -> None:
    said = {name: getattr(receipt, name) for name in ("external_id", "is_delivered", "reason")}
    raw = json.dumps(said, ensure_ascii=False).encode()
    receive(
        channel=account.channel,
        external_id=f"{RECEIPT}:{account.pk}:{hashlib.sha256(raw).hexdigest()}",
        raw=raw,
        received_at=at,
        actor=actor,
        account=account,
        reference=receipt.external_id[:300],
        kind=RECEIPT,
    )


def _mark(message: OutboundMessage, receipt: Receipt, actor: Actor, at: datetime) -> None:
    status = OutboundStatus.DELIVERED if receipt.is_delivered else OutboundStatus.FAILED
    if message.status == status:
        return
    message.status = status
    message.reason = receipt.reason if status == OutboundStatus.FAILED else message.reason
    message.save(update_fields=["status", "reason"])
    journal.record(actor=actor, verb=status, thing=message, at=at, reason=receipt.reason)
