"""Handing queued messages to their transports: claimed as rows, sent outside any transaction, tried again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from channels import adapters, permissions, queries, rules, vault
from channels.adapters.base import File, Outcome, Outgoing, Refused, Retry, Sent
from channels.adapters.letters import compose, hand_over
from channels.enums import AttachmentState, Channel, OutboundStatus
from channels.events import MessageQueued
from channels.models import ChannelAccount, OutboundMessage
from channels.services import chat
from channels.services.accounts import locked_words, values_of
from channels.services.message_ids import message_id_of
from channels.services.outbound import drop_overtaken
from channels.services.receipts import one_at_a_time, take_receipts
from core.clock import now
from core.errors import Conflict
from journal import services as journal
from tenants.active import active_tenant_id, tenant_active
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)
LEASE = "10 minutes"
"""Longer than the slowest provider may take; a sender that died is replaced after it."""
LONGEST_SECONDS, SLOW_SECONDS, HELD_SECONDS = 30, 5, 60
_KEYS = UUID("6f1c9a3e-52a4-4c7b-9b5d-0d5e1f6b7c21")
SENDER = Actor.system("mail")
Handover = Callable[[], Outcome]


def send_due(*, limit: int = 200) -> int:
    """Send what is due, of every tenant, one after the other, for half a minute. Returns how many were tried.

    Safe in any number of processes: each message is claimed with SKIP LOCKED on the database's clock, one of
    an account at a time, so that a provider that hangs holds one process. It is asked while no transaction is
    open, and left alone for a while when it let us wait.
    """
    tried, until = 0, time.monotonic() + LONGEST_SECONDS
    while tried < limit and time.monotonic() < until and (claimed := _claim()):
        tenant_id, message_id = claimed
        tried += 1
        try:
            _send_claimed(tenant_id, message_id)
        except Exception:  # One message must not stop the others: its lease ends, and it is tried again.
            log.exception("sending failed", extra={"message_id": message_id})
    return tried


def _claim() -> tuple[int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, id FROM claim_outbound(%s, %s)", [1, LEASE])
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else None


def _send_claimed(tenant_id: int, message_id: int) -> None:
    with tenant_active(tenant_id):
        if _is_dropped(message_id):
            return
        message = OutboundMessage.objects.select_related("account").get(pk=message_id)
        if message.channel == Channel.CHAT:
            # Its visitor's page did not take it in time.
            chat.hand_over(message_id=message_id, actor=SENDER, at=now())
            _let_go(message_id)
            return
        hand = _handover(message)
    began = time.monotonic()
    outcome = hand()
    let_us_wait = time.monotonic() - began > SLOW_SECONDS and isinstance(outcome, Retry)
    with tenant_active(tenant_id):
        _settle(message_id, outcome, now(), SENDER)
        _let_go(message_id)
        if let_us_wait and message.account_id is not None:
            until = Now() + timedelta(seconds=HELD_SECONDS)
            ChannelAccount.objects.filter(pk=message.account_id).update(held_until=until)


def _is_dropped(message_id: int) -> bool:
    """Whether it was overtaken since it was claimed, or before its last sender died: then it is gone now."""
    overtaken = OutboundMessage.objects.select_for_update().filter(pk=message_id, is_overtaken=True).first()
    if overtaken is not None:
        drop_overtaken(overtaken, actor=SENDER, at=now())
    return overtaken is not None


def _let_go(message_id: int) -> None:
    """Let the next message of the account be claimed."""
    OutboundMessage.objects.filter(pk=message_id).update(claimed_at=None)


@transaction.atomic
def send_queued(*, message_id: int, at: datetime, actor: Actor) -> OutboundMessage:
    """Send one queued message now, or note why that could not be. Sent and failed ones stay as they are."""
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    if message.status != OutboundStatus.QUEUED:
        return message
    if message.channel == Channel.CHAT:
        return chat.hand_over(message_id=message_id, actor=actor, at=at)
    OutboundMessage.objects.filter(pk=message_id).update(attempts=F("attempts") + 1)
    return _settle(message_id, _handover(message)(), at, actor)


@transaction.atomic
def resend(*, message_id: int, actor: Actor, at: datetime) -> OutboundMessage:
    """Put a message that failed in line again, under the same key, so that a provider that has it says so."""
    message = queries.outbound_for_update(message_id)
    actor.require(permissions.SEND_AGAIN, message)
    if message.status != OutboundStatus.FAILED:
        raise Conflict(
            _("This message has not failed: it is %(state)s.") % {"state": message.get_status_display()}
        )
    if message.is_secret and not message.body:
        raise Conflict(_("What it said was not kept, for it held a secret. Order a new one instead."))
    if message.is_overtaken:
        raise Conflict(_("A newer message says what is true now. This one is not sent again."))
    message.status, message.attempts, message.due_at, message.reason = OutboundStatus.QUEUED, 0, None, ""
    message.account = queries.find_sending_account(message.channel, message.account_id)
    message.save(update_fields=["status", "attempts", "due_at", "reason", "account"])
    journal.record(actor=actor, verb="retried", thing=message, at=at)
    journal.publish(MessageQueued(message_id=message.pk))
    return message


def _handover(message: OutboundMessage) -> Handover:
    """Everything that sending needs, read now; calling it asks the provider."""
    outgoing = _outgoing(message)
    account = message.account
    if account is None:
        return _without_account(message, outgoing)
    adapter = adapters.find_adapter(account.adapter)
    if adapter is None or not account.is_active:
        reason = _("The account %(account)s is switched off.") % {"account": account}
        return lambda: Refused(reason=reason)
    try:
        values = values_of(account)
    except vault.Locked:
        reason = locked_words()
        return lambda: Retry(reason=reason)
    language = current_tenant().language

    def send() -> Outcome:
        with translation.override(language):
            return adapter.send(values, outgoing)

    return send


def _without_account(message: OutboundMessage, outgoing: Outgoing) -> Handover:
    """E-mail goes out as the installation sends; other channels cannot."""
    if message.channel != Channel.EMAIL:
        reason = _("There is no active account for %(channel)s: add one in the settings.") % {
            "channel": message.get_channel_display()
        }
        return lambda: Refused(reason=reason)
    tenant = current_tenant()
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    letter = compose(outgoing, name=tenant.name, address=address, reply_to=tenant.email)
    return lambda: hand_over(letter)


def _outgoing(message: OutboundMessage) -> Outgoing:
    return Outgoing(
        retry_key=str(uuid5(_KEYS, f"{active_tenant_id()}:{message.pk}")),
        message_id=message_id_of(message),
        recipient=message.recipient,
        subject=message.subject,
        body=message.body,
        in_reply_to=message.in_reply_to,
        references=message.references.split(),
        is_automatic=message.is_automatic,
        files=[
            File(name=kept.name, content_type=kept.content_type, content=kept.file.read())
            for kept in message.attachments.filter(state=AttachmentState.KEPT).exclude(file="")
        ],
    )


def _settle(message_id: int, outcome: Outcome, at: datetime, actor: Actor) -> OutboundMessage:
    """Write down what became of it; what can be tried again waits, on the database's clock."""
    if isinstance(outcome, Sent) and outcome.external_id:
        one_at_a_time(outcome.external_id[:300])
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    if message.status != OutboundStatus.QUEUED:
        return message
    if message.is_overtaken and not isinstance(outcome, Sent):
        drop_overtaken(message, actor=actor, at=at)
        return message
    if isinstance(outcome, Retry) and not rules.is_hopeless(message.attempts):
        pause = outcome.seconds or rules.pause_seconds(message.attempts)
        OutboundMessage.objects.filter(pk=message_id).update(
            reason=outcome.reason, due_at=Now() + timedelta(seconds=min(pause, 86_400))
        )
        message.refresh_from_db()
        return message
    if isinstance(outcome, Sent):
        message.status, message.sent_at = OutboundStatus.SENT, at
        message.external_id = outcome.external_id[:300]
        message.reason = "" if message.attempts > 1 else message.reason
    else:
        message.status, message.reason = OutboundStatus.FAILED, outcome.reason[:1000]
    message.due_at = None
    message.body = "" if message.is_secret else message.body
    message.save(update_fields=["status", "reason", "sent_at", "body", "external_id", "due_at"])
    journal.record(actor=actor, verb=message.status, thing=message, at=at, reason=message.reason)
    if message.status == OutboundStatus.SENT:
        take_receipts(message=message, actor=actor, at=at)
    return message
