"""Reads of conversations on messaging channels, where only the sender tells which one is meant."""

from __future__ import annotations

from channels import queries as channels
from tickets import rules
from tickets.models import Ticket, TicketMessage


def find_open_conversation(channel: str, sender: str) -> Ticket | None:
    """The ticket in which this sender last wrote on this channel, while somebody still owes them something.

    What was merged is followed to its target.
    """
    last = (
        TicketMessage.objects.select_related("ticket__merged_into")
        .filter(inbound__in=channels.last_messages_from(channel, sender).values("pk"))
        .order_by("-id")
        .first()
    )
    ticket = last.ticket if last is not None else None
    while ticket is not None and ticket.merged_into is not None:
        ticket = ticket.merged_into
    return ticket if ticket is not None and ticket.status in rules.ACTIVE else None
