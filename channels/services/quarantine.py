"""What could not be read, and waits for a person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.enums import InboundStatus
from channels.events import MessageReceived
from channels.models import InboundMessage
from core.errors import BadInput, NotFound
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def quarantine(
    *, message_id: int, problem: str, actor: Actor, at: datetime, reason: str = ""
) -> InboundMessage:
    """Set a message aside for a person to look at; `problem` is a code of InboundProblem."""
    message = InboundMessage.objects.select_for_update().get(pk=message_id)
    message.status, message.reason = InboundStatus.QUARANTINED, reason
    message.facts = {**message.facts, "problem": problem}
    message.save(update_fields=["status", "reason", "facts"])
    journal.record(actor=actor, verb="quarantined", thing=message, at=at, reason=reason)
    return message


@transaction.atomic
def release(
    *, message_id: int, actor: Actor, at: datetime, sender_address: str = "", sender_name: str = ""
) -> InboundMessage:
    """Take a quarantined message out of quarantine: a person has seen it and says who sent it."""
    message = _for_update(message_id)
    if message.status != InboundStatus.QUARANTINED:
        raise BadInput(_("Message %(id)s is not in quarantine; nothing was changed.") % {"id": message_id})
    message.status = InboundStatus.READ
    message.sender_address = sender_address or message.sender_address
    message.sender_name = sender_name or message.sender_name
    message.save(update_fields=["status", "sender_address", "sender_name"])
    journal.record(actor=actor, verb="released", thing=message, at=at)
    journal.publish(MessageReceived(message_id=message.pk))
    return message


@transaction.atomic
def discard(*, message_id: int, actor: Actor, at: datetime) -> InboundMessage:
    """Take a quarantined message off the list without an answer; its raw text stays."""
    message = _for_update(message_id)
    if message.status == InboundStatus.QUARANTINED:
        message.status = InboundStatus.READ
        message.facts = {**message.facts, "kind": "discarded"}
        message.save(update_fields=["status", "facts"])
        journal.record(actor=actor, verb="discarded", thing=message, at=at)
    return message


def _for_update(message_id: int) -> InboundMessage:
    message = InboundMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotFound(
            _("There is no message with the id %(id)s. Look at the list again.") % {"id": message_id}
        )
    return message
