"""Some messages of a ticket are about another problem: they become a ticket of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import BadInput, Conflict
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.enums import Direction, MessageKind, SegmentReason, SlaEvent, TicketStatus
from tickets.events import TicketSplit
from tickets.models import Ticket, TicketMessage
from tickets.services import clocks
from tickets.services.common import finish
from tickets.services.opening import open_ticket


@transaction.atomic
def split_ticket(
    *,
    ticket_id: int,
    message_ids: Sequence[int],
    actor: Actor,
    at: datetime,
    subject: str = "",
    reason: str = "",
) -> Ticket:
    """Make these messages a ticket of their own; returns the new one.

    The messages move, so that answers to them reach the new ticket. It is about the same people and place;
    its
    clocks start now, when we learn that it is a need of its own. At least one message has to stay.
    """
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    if ticket.status in (TicketStatus.MERGED, TicketStatus.SPAM):
        raise Conflict(
            _("%(ticket)s is “%(state)s” and cannot be split. Split the ticket that it goes on in.")
            % {"ticket": ticket, "state": ticket.get_status_display()}
        )
    moving = _chosen(ticket, message_ids)
    words = next((one for one in moving if one.direction == Direction.INBOUND), moving[0])
    opened = open_ticket(
        subject=subject.strip() or " ".join(words.body.split())[:80] or ticket.subject,
        channel=words.channel,
        actor=actor,
        at=at,
        customer_id=ticket.customer_id,
        contact_id=ticket.contact_id,
        site_id=ticket.site_id,
        asset_id=ticket.asset_id,
        language=words.language or ticket.language,
    )
    TicketMessage.objects.filter(pk__in=[one.pk for one in moving]).update(ticket=opened)
    opened = queries.ticket_for_update(opened.pk)
    opened.split_from, opened.description = ticket, words.body
    _count_answers(opened, moving, actor=actor, at=at)
    facts = {"messages": [one.pk for one in moving], "into": str(opened)}
    journal.record(actor=actor, verb="split", thing=ticket, at=at, changes=facts, reason=reason)
    event = TicketSplit(ticket_id=opened.pk, source_id=ticket.pk)
    changes = {"split_from": str(ticket)}
    return finish(opened, verb="split_off", actor=actor, at=at, changes=changes, reason=reason, event=event)


def _chosen(ticket: Ticket, message_ids: Sequence[int]) -> list[TicketMessage]:
    """The messages to move, oldest first. Raises BadInput for none, all, or another ticket's."""
    conversation = list(queries.conversation_of(ticket))
    wanted = set(message_ids)
    moving = [one for one in conversation if one.pk in wanted]
    if not moving or len(moving) != len(wanted):
        raise BadInput(
            _("Choose messages of %(ticket)s to split off.") % {"ticket": ticket},
            errors={"message_ids": [_("Choose at least one message of this ticket.")]},
        )
    if len(moving) == len(conversation):
        raise BadInput(
            _("Nothing would be left in %(ticket)s. Leave at least one message in it.") % {"ticket": ticket},
            errors={"message_ids": [_("Leave at least one message.")]},
        )
    return moving


def _count_answers(ticket: Ticket, moved: Sequence[TicketMessage], *, actor: Actor, at: datetime) -> None:
    """An answer of ours among the moved messages was the first response to this need."""
    answers = [one for one in moved if one.direction == Direction.OUTBOUND and one.kind == MessageKind.PUBLIC]
    if answers:
        ticket.first_response_at = answers[0].at
        clocks.happened(ticket, SlaEvent.WE_REPLIED, actor=actor, at=at, reason=SegmentReason.WE_REPLIED)
