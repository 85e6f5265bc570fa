"""How our words leave a ticket: by the channel the customer prefers, in the thread of their last message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from channels import queries as ways
from channels import services as channels
from channels.enums import Channel, ChoiceReason
from channels.models import InboundMessage
from customers import queries as customers
from tenants.actors import Actor
from tickets.enums import Direction, MessageKind
from tickets.models import Ticket, TicketMessage
from tickets.queries.families import conversation_of

SENT_KEY = "ticket-message:{pk}"
"""The key of the message to the customer, by the ticket message it carries."""


def order_answer(ticket: Ticket, message: TicketMessage, *, actor: Actor, at: datetime) -> str:
    """Order the message that carries our words. Returns its channel; "" without a way to the customer.

    What they prefer wins, then what they last wrote by. When it is not what they prefer, the message says why.
    """
    came = _last_received(ticket)
    addresses = _addresses(ticket, came)
    choice = ways.find_way_to(
        prefers=ticket.contact.prefers if ticket.contact else "",
        came_by=came.channel if came else ticket.channel,
        addresses=addresses,
    )
    if choice is None:
        return ""
    is_same_way = came is not None and came.channel == choice.channel
    channels.send_message(
        key=SENT_KEY.format(pk=message.pk),
        channel=choice.channel,
        recipient=choice.address,
        subject=f"Re: {ticket.subject} [{ticket}]",
        body=message.body,
        language=ticket.language,
        account_id=came.account_id if came is not None and is_same_way else None,
        reason="" if choice.reason == ChoiceReason.PREFERRED else str(choice.reason.label),
        actor=actor,
        at=at,
        **(_thread(ticket, message) if choice.channel == Channel.EMAIL else {}),
    )
    return choice.channel


def _last_received(ticket: Ticket) -> InboundMessage | None:
    """The last message of the customer, in this ticket or in one that was merged into it."""
    last = conversation_of(ticket).filter(inbound__isnull=False).select_related("inbound").last()
    return last.inbound if last is not None else None


def _addresses(ticket: Ticket, came: InboundMessage | None) -> dict[str, str]:
    """Where the contact is known; without a contact, where the last message came from."""
    if ticket.contact is not None:
        found = customers.addresses_of(ticket.contact)
        if came is not None and came.channel in (Channel.LINE, Channel.WECHAT, Channel.SMS):
            found = {**found, came.channel: came.sender_address}
        return found
    if came is None or not came.sender_address:
        return {}
    channel = Channel.EMAIL.value if came.channel in (Channel.WEB, Channel.CHAT) else came.channel
    return {channel: came.sender_address}


def _thread(ticket: Ticket, message: TicketMessage) -> dict[str, Any]:
    """In-Reply-To and References: of the customer's last e-mail, else of our own last one."""
    past = conversation_of(ticket).filter(channel=Channel.EMAIL).exclude(pk=message.pk)
    theirs = past.filter(inbound__channel=Channel.EMAIL).select_related("inbound").last()
    if theirs is not None:
        parent, chain = channels.thread_after(received=theirs.inbound)
    else:
        ours = past.filter(direction=Direction.OUTBOUND, kind=MessageKind.PUBLIC).last()
        key = SENT_KEY.format(pk=ours.pk) if ours is not None else ""
        parent, chain = channels.thread_after(sent=ways.outbound_by_keys([key]).get(key) if key else None)
    return {"in_reply_to": parent, "references": chain}
