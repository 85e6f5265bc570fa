"""Files that go with our words."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels import queries as inbound
from channels import services as channels
from channels.enums import Channel
from channels.models import Attachment
from core.errors import Conflict
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.models import Ticket, TicketMessage
from tickets.queries.files import SENT_PREFIX, place_of_draft, place_of_message


@transaction.atomic
def add_reply_file(*, ticket_id: int, name: str, content: bytes, actor: Actor, at: datetime) -> Attachment:
    """Keep a file until the actor's answer goes. Raises BadInput for one that may not be sent."""
    ticket = queries.get_ticket(ticket_id)
    actor.require(permissions.WORK, ticket)
    place = place_of_draft(ticket.pk, actor)
    return channels.add_waiting(place=place, name=name, content=content, actor=actor, at=at)


@transaction.atomic
def remove_reply_file(*, ticket_id: int, file_id: int, actor: Actor, at: datetime) -> None:
    """Take a file out of the actor's draft; raises NotFound when it is not there."""
    ticket = queries.get_ticket(ticket_id)
    actor.require(permissions.WORK, ticket)
    place = place_of_draft(ticket.pk, actor)
    channels.remove_waiting(place=place, attachment_id=file_id, actor=actor, at=at)


def let_files_go(ticket: Ticket, message: TicketMessage, actor: Actor, at: datetime) -> None:
    """Let the files of the actor's draft go with the message that was written, or rest beside it.

    Only e-mail and the chat carry files: raises Conflict when the answer goes another way.
    """
    place = place_of_draft(ticket.pk, actor)
    if not inbound.waiting_attachments(place).exists():
        return
    key = f"{SENT_PREFIX}{message.pk}"
    sent = inbound.outbound_by_keys([key]).get(key)
    if sent is not None and sent.channel not in (Channel.EMAIL, Channel.CHAT):
        raise Conflict(
            _("This answer goes out by %(channel)s, which carries no files. Take the files out first.")
            % {"channel": sent.get_channel_display()}
        )
    instead = place_of_message(message.pk)
    channels.send_waiting(place=place, outbound=sent, instead=instead, actor=actor, at=at)
