"""Reads of tickets and their conversation."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from accounts.enums import Permission
from accounts.models import Membership
from channels.enums import Channel
from core.errors import NotFound
from customers import queries as customers
from tickets.enums import TicketStatus
from tickets.models import Ticket, TicketMessage, Topic
from tickets.rules import ACTIVE

REPEAT_DAYS = 60


def tickets() -> QuerySet[Ticket]:
    """Tickets with everything a row of a list shows, in a fixed number of queries."""
    return Ticket.objects.select_related("customer", "contact", "site", "asset", "topic", "owner").defer(
        "search_text", "search_grams"
    )


def is_customers(email: str) -> bool:
    """Whether somebody whom we serve has this address: nobody who only ever sent the public form, of which nothing was
    done yet."""
    contact = customers.find_contact_by_email(email)
    if contact is None:
        return False
    asked = Ticket.objects.filter(contact=contact)
    served = ~Q(channel=Channel.WEB) | Q(status__in=[TicketStatus.RESOLVED, TicketStatus.CLOSED])
    return not asked.exists() or asked.filter(served).exists()


def get_ticket(ticket_id: int) -> Ticket:
    """The ticket with what its page shows; raises NotFound."""
    found = tickets().filter(pk=ticket_id).first()
    if found is None:
        raise NotFound(_("Ticket %(id)s is not here.") % {"id": ticket_id})
    return found


def ticket_for_update(ticket_id: int) -> Ticket:
    """The ticket, locked until the transaction ends; raises NotFound."""
    found = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
    if found is None:
        raise NotFound(_("Ticket %(id)s is not here.") % {"id": ticket_id})
    return found


def tickets_of_customer(customer_id: int) -> QuerySet[Ticket]:
    """The customer's tickets, newest first."""
    return tickets().filter(customer_id=customer_id).order_by("-id")


def latest_tickets_of(customer_ids: list[int], *, each: int = 3) -> dict[int, list[Ticket]]:
    """The latest tickets of each of these customers, in one query."""
    place = Window(RowNumber(), partition_by=F("customer_id"), order_by=F("id").desc())
    found = Ticket.objects.filter(customer_id__in=customer_ids).annotate(place=place).filter(place__lte=each)
    latest: dict[int, list[Ticket]] = {}
    for ticket in found.order_by("-id"):
        latest.setdefault(ticket.customer_id or 0, []).append(ticket)
    return latest


def find_repeat(ticket: Ticket) -> Ticket | None:
    """The last ticket about the same asset and topic in the REPEAT_DAYS before this one: the fault came back."""
    if ticket.asset_id is None or ticket.topic_id is None:
        return None
    return (
        Ticket.objects.filter(
            asset_id=ticket.asset_id,
            topic_id=ticket.topic_id,
            opened_at__gte=ticket.opened_at - timedelta(days=REPEAT_DAYS),
            opened_at__lt=ticket.opened_at,
        )
        .exclude(status__in=(TicketStatus.SPAM, TicketStatus.MERGED))
        .order_by("-opened_at")
        .first()
    )


def find_ticket_of_inbound(inbound_id: int) -> Ticket | None:
    """The ticket whose conversation holds this raw message, or None."""
    message = TicketMessage.objects.select_related("ticket").filter(inbound_id=inbound_id).first()
    return message.ticket if message else None


def tickets_known_by(message_ids: list[str]) -> dict[str, Ticket]:
    """The tickets whose conversations hold e-mails of customers with these Message-IDs, by Message-ID."""
    found = TicketMessage.objects.filter(inbound__channel=Channel.EMAIL, inbound__external_id__in=message_ids)
    named = found.select_related("ticket").annotate(message_id=F("inbound__external_id"))
    return {message.message_id: message.ticket for message in named}


def topics() -> QuerySet[Topic]:
    """The tenant's topics by name."""
    return Topic.objects.order_by("name", "id")


def find_topic(code: str) -> Topic | None:
    """The topic with this code, or None."""
    return Topic.objects.filter(code=code).first()


_LOAD = Count("tickets", filter=Q(tickets__status__in=ACTIVE))


def find_least_busy_member() -> Membership | None:
    """Of those whose role answers tickets, the one who owns the fewest open ones; None when nobody may."""
    return _desk().annotate(load=_LOAD).order_by("load", "id").first()


def desk_by_load() -> list[tuple[int, int]]:
    """(number of open tickets, id) of everybody whose role answers tickets, the least busy first."""
    return list(_desk().annotate(load=_LOAD).order_by("load", "id").values_list("load", "pk"))


def _desk() -> QuerySet[Membership]:
    return Membership.objects.filter(is_active=True, role__permissions__contains=[Permission.TICKET_WORK])
