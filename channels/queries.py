"""Reads of raw input and of outgoing messages."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from channels.enums import Channel, InboundStatus
from channels.models import InboundMessage, OutboundMessage
from core.errors import NotFound


def get_inbound(message_id: int) -> InboundMessage:
    """The raw message; raises NotFound."""
    found = InboundMessage.objects.filter(pk=message_id).first()
    if found is None:
        raise NotFound(_("Message %(id)s is not here.") % {"id": message_id})
    return found


def inbound_emails_known_as(message_ids: list[str]) -> dict[str, InboundMessage]:
    """E-mails we received that carry one of these Message-IDs."""
    found = InboundMessage.objects.defer("raw").filter(channel=Channel.EMAIL, external_id__in=message_ids)
    return {message.external_id: message for message in found}


def quarantined() -> QuerySet[InboundMessage]:
    """What could not be read and waits for a person, newest first, without the raw bytes."""
    return InboundMessage.objects.defer("raw").filter(status=InboundStatus.QUARANTINED).order_by("-id")


def outbound_by_keys(keys: list[str]) -> dict[str, OutboundMessage]:
    """Messages of ours by the key they were ordered with."""
    return {message.key: message for message in OutboundMessage.objects.filter(key__in=keys)}
