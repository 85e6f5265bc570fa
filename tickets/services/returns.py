"""Answers of ours that came back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from channels import queries as ways
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets import queries
from tickets.enums import Direction, MessageKind
from tickets.models import TicketMessage
from tickets.queries.files import SENT_PREFIX
from tickets.rules import ACTIVE
from tickets.services.common import finish


@transaction.atomic
def note_return(*, outbound_id: int, actor: Actor, at: datetime) -> TicketMessage | None:
    """Note in the ticket that our answer did not reach the customer, and make it due now.

    None when it was no answer of a ticket.
    """
    sent = ways.outbound_for_update(outbound_id)
    number = sent.key.removeprefix(SENT_PREFIX).partition(":")[0]
    if not sent.key.startswith(SENT_PREFIX) or not number.isdecimal():
        return None
    answer = TicketMessage.objects.filter(pk=int(number)).first()
    if answer is None:
        return None
    ticket = queries.living_for_update(answer.ticket_id)
    with translation.override(current_tenant().language):
        words = _("Our answer did not reach %(recipient)s: %(reason)s") % {
            "recipient": sent.recipient,
            "reason": sent.reason,
        }
    note = TicketMessage.objects.create(
        ticket=ticket,
        kind=MessageKind.INTERNAL,
        direction=Direction.OUTBOUND,
        channel=sent.channel,
        author_label=actor.label[:200],
        body=words,
        language=current_tenant().language,
        at=at,
    )
    if ticket.status in ACTIVE:
        ticket.next_action_at = at
    finish(ticket, verb="noted", actor=actor, at=at)
    return note
