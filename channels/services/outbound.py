"""Ordering what we say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from channels import queries
from channels.enums import Channel, OutboundStatus
from channels.events import MessageQueued
from channels.models import ChannelAccount, OutboundMessage
from core.errors import BadInput
from core.text import is_address
from journal import services as journal
from tenants.actors import Actor

NOW = timedelta()


@dataclass(frozen=True, slots=True)
class ToSend:
    """One of many messages to be ordered together; `key` as in `send_message`. It is sent when `pause` is over; until
    then `recall_messages` takes it back. `overtakes`: ids of messages that it says otherwise than; of those
    what is being sent now is not tried again, and what failed is not sent again."""

    key: str
    channel: str
    recipient: str
    subject: str
    body: str
    language: str
    pause: timedelta = NOW
    overtakes: Collection[int] = ()


@transaction.atomic
def send_messages(*, messages: Sequence[ToSend], actor: Actor, at: datetime) -> list[OutboundMessage]:
    """Order many messages in a fixed number of statements, once per key: returns those that are new."""
    for one in messages:
        _check_recipient(one.channel, one.recipient)
    known = set(
        OutboundMessage.objects.filter(key__in=[one.key for one in messages]).values_list("key", flat=True)
    )
    new = [one for one in messages if one.key not in known]
    accounts = {channel: queries.find_sending_account(channel) for channel in {one.channel for one in new}}
    made = OutboundMessage.objects.bulk_create(_message(one, accounts[one.channel], at) for one in new)
    journal.record_many(actor=actor, verb="queued", things=made, at=at, source="")
    journal.publish(*(MessageQueued(message_id=message.pk) for message in made))
    _overtake({message_id for one in new for message_id in one.overtakes})
    return made


def _overtake(message_ids: Collection[int]) -> None:
    unsent = [OutboundStatus.QUEUED, OutboundStatus.FAILED]
    if message_ids:
        OutboundMessage.objects.filter(pk__in=message_ids, status__in=unsent).update(is_overtaken=True)


def _message(one: ToSend, account: ChannelAccount | None, at: datetime) -> OutboundMessage:
    return OutboundMessage(
        key=one.key,
        channel=one.channel,
        account=account,
        recipient=one.recipient[:254],
        subject=_subject(one.subject),
        body=one.body,
        language=one.language,
        created_at=at,
        due_at=Now() + one.pause if one.pause else None,
    )


@transaction.atomic
def recall_messages(*, message_ids: Collection[int], actor: Actor, at: datetime) -> set[int]:
    """Take back those that nobody is sending now, also those that wait to be tried again: they and what hangs on them
    are gone. Returns their ids.

    A sender claims a message before it reads it, and lets it go in the transaction that notes the outcome. All that is
    queued is locked here, so that no sender begins with, or ends with, any of these until the caller's work is done.
    """
    queued = OutboundMessage.objects.select_for_update().filter(
        pk__in=message_ids, status=OutboundStatus.QUEUED
    )
    found = [message for message in queued.order_by("pk") if message.claimed_at is None]
    recalled = {message.pk for message in found}
    if found:
        journal.record_many(actor=actor, verb="recalled", things=found, at=at, source="")
        OutboundMessage.objects.filter(pk__in=recalled).delete()
    return recalled


def drop_overtaken(message: OutboundMessage, *, actor: Actor, at: datetime) -> None:
    """Take back one that was overtaken while its sender had it, as if it had been recalled. It should be locked."""
    journal.record(actor=actor, verb="recalled", thing=message, at=at)
    OutboundMessage.objects.filter(pk=message.pk).delete()


def _check_recipient(channel: str, recipient: str) -> None:
    if channel == Channel.EMAIL and not is_address(parseaddr(recipient)[1]):
        raise BadInput(_("“%(text)s” is not an e-mail address.") % {"text": recipient})


def _subject(text: str) -> str:
    return " ".join(text.split())[:300]


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
    references: Sequence[str] = (),
    account_id: int | None = None,
    reason: str = "",
    is_automatic: bool = False,
    is_secret: bool = False,
) -> OutboundMessage:
    """Order a message to be sent after this transaction, once per `key`.

    It goes through `account_id` when that account is active, else through the channel's newest active one.
    `in_reply_to` is the Message-ID it answers and `references` the thread before it, oldest first; `reason`
    says why it goes this way; `is_automatic` tells other machines not to answer it; the body of one that
    `is_secret` (it holds a link that is for the recipient alone) is not kept.
    """
    _check_recipient(channel, recipient)
    message, created = OutboundMessage.objects.get_or_create(
        key=key,
        defaults={
            "channel": channel,
            "account": queries.find_sending_account(channel, account_id),
            "recipient": recipient[:254],
            "subject": _subject(subject),
            "body": body,
            "language": language,
            "in_reply_to": in_reply_to[:300],
            "references": " ".join(references),
            "reason": reason,
            "is_automatic": is_automatic,
            "is_secret": is_secret,
            "created_at": at,
        },
    )
    if created:
        journal.record(actor=actor, verb="queued", thing=message, at=at)
        journal.publish(MessageQueued(message_id=message.pk))
    return message
