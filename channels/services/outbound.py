"""Sending what we say."""

from __future__ import annotations

import logging
from datetime import datetime
from email.utils import formataddr, parseaddr
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from channels.enums import Channel, OutboundStatus
from channels.events import MessageQueued
from channels.models import OutboundMessage
from channels.services.message_ids import message_id_of
from core.errors import BadInput
from core.text import is_address
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)


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
