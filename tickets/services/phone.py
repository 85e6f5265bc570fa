"""Logging a call: what was said joins an open ticket, or becomes one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from channels import services as channels
from channels.enums import Channel, InboundStatus
from channels.models import InboundMessage
from core.errors import BadInput
from core.text import clean
from customers import queries as customers
from customers import services as customer_services
from customers.enums import ContactChannel
from customers.models import Contact
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.enums import Direction, MessageKind
from tickets.models import Ticket, TicketMessage
from tickets.services.conversation import receive_reply
from tickets.services.opening import open_ticket

LONGEST_CALL = 24 * 60


@transaction.atomic
def log_call(
    *,
    key: str,
    body: str,
    actor: Actor,
    at: datetime,
    caller: str = "",
    contact_id: int | None = None,
    name: str = "",
    customer_id: int | None = None,
    ticket_id: int | None = None,
    subject: str = "",
    topic_id: int | None = None,
    priority: int | None = None,
    asset_id: int | None = None,
    site_id: int | None = None,
    began_at: datetime | None = None,
    minutes: int | None = None,
    allow_duplicate: bool = True,
) -> Ticket:
    """Keep a call: in `ticket_id`, or in a new ticket with `subject`. `key` makes a second click one call.

    A caller nobody knows becomes a contact by `name`: at `customer_id`, or as a customer of their own. When
    the call began and how many minutes it took is noted beside what was said. Without `allow_duplicate` it
    raises
    `LikelyDuplicate` when an open ticket looks like this call.
    """
    actor.require(permissions.OPEN)
    text = clean(body).strip()
    if not text:
        raise BadInput(_("Note what was said."), errors={"body": [_("Note what was said.")]})
    if minutes is not None and not 0 <= minutes <= LONGEST_CALL:
        raise BadInput(_("A call takes 0 to 1440 minutes."), errors={"minutes": [_("0 to 1440 minutes.")]})
    contact = _contact(contact_id, name, customer_id, caller, actor=actor, at=at)
    facts = {"caller": caller, "began_at": (began_at or at).isoformat(), "minutes": minutes}
    call, created = _store(key, text, contact, facts, actor=actor, at=at)
    known = None if created else queries.find_ticket_of_inbound(call.pk)
    if known is not None:
        return known
    if ticket_id is not None:
        label = str(contact or name.strip() or caller)
        receive_reply(
            ticket_id=ticket_id,
            body=text,
            author_label=label,
            actor=actor,
            at=at,
            channel=Channel.PHONE,
            inbound_id=call.pk,
        )
        ticket = queries.ticket_for_update(ticket_id)
    else:
        ticket = open_ticket(
            subject=subject.strip() or " ".join(text.split())[:80],
            description=text,
            channel=Channel.PHONE,
            actor=actor,
            at=at,
            topic_id=topic_id,
            priority=priority,
            customer_id=customer_id,
            contact_id=contact.pk if contact else None,
            site_id=site_id,
            asset_id=asset_id,
            inbound_id=call.pk,
            author_label=str(contact or caller),
            allow_duplicate=allow_duplicate,
        )
    _note(ticket, began_at, minutes, caller, actor=actor, at=at)
    return ticket


def _contact(
    contact_id: int | None, name: str, customer_id: int | None, caller: str, *, actor: Actor, at: datetime
) -> Contact | None:
    if contact_id is not None:
        return customers.get_contact(contact_id)
    if not name.strip():
        return None
    phone = caller.strip()[:40]
    if customer_id is None:
        made = customer_services.create_customer(name=name[:200], phone=phone, actor=actor, at=at)
        customer_id = made.pk
    return customer_services.add_contact(
        customer_id=customer_id,
        name=name[:120],
        phone=phone,
        prefers=ContactChannel.PHONE,
        actor=actor,
        at=at,
    )


def _store(
    key: str, text: str, contact: Contact | None, facts: dict[str, Any], *, actor: Actor, at: datetime
) -> tuple[InboundMessage, bool]:
    return channels.receive(
        channel=Channel.PHONE,
        external_id=f"call:{key}",
        raw=json.dumps({**facts, "body": text}, ensure_ascii=False).encode(),
        received_at=at,
        actor=actor,
        sender_name=str(contact or "")[:200],
        sender_phone=str(facts["caller"]).strip()[:40],
        body=text,
        status=InboundStatus.READ,
        **facts,
    )


def _note(
    ticket: Ticket,
    began_at: datetime | None,
    minutes: int | None,
    caller: str,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """What a clock on the wall saw of the call, among us."""
    parts = []
    if began_at is not None:
        parts.append(_("Call at %(time)s") % {"time": time_format(timezone.localtime(began_at), "H:i")})
    if minutes is not None:
        parts.append(_("%(minutes)s min") % {"minutes": minutes})
    if caller.strip():
        parts.append(_("from %(number)s") % {"number": caller.strip()[:40]})
    if parts:
        TicketMessage.objects.create(
            ticket=ticket,
            kind=MessageKind.INTERNAL,
            direction=Direction.OUTBOUND,
            channel=Channel.PHONE,
            author_label=actor.label[:200],
            author_id=actor.membership_id,
            body=", ".join(parts),
            at=at,
        )
