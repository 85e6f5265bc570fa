"""Ordering what we say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr

from django.db import transaction
from django.utils.translation import gettext as _

from channels import queries
from channels.enums import Channel
from channels.events import MessageQueued
from channels.models import OutboundMessage
from core.errors import BadInput
from core.text import is_address
from journal import services as journal
from tenants.actors import Actor


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
    if channel == Channel.EMAIL and not is_address(parseaddr(recipient)[1]):
        raise BadInput(_("“%(text)s” is not an e-mail address.") % {"text": recipient})
    message, created = OutboundMessage.objects.get_or_create(
        key=key,
        defaults={
            "channel": channel,
            "account": queries.find_sending_account(channel, account_id),
            "recipient": recipient[:254],
            "subject": " ".join(subject.split())[:300],
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
