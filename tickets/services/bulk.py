"""Opening many tickets at once: for imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core.text import clean
from customers.models import Customer, Site
from journal import services as journal
from tenants.actors import Actor
from tenants.services import next_numbers
from tickets import permissions, queries
from tickets.enums import Direction, Priority, SlaEvent, TicketKind
from tickets.events import TicketOpened
from tickets.models import SlaPolicy, Ticket, TicketMessage, Topic
from tickets.services import ledger
from tickets.services.opening import LONGEST_TEXT, NUMBERS, searchable

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """One row of an import. `opened_at` is when the customer asked; None means the time of the import."""

    subject: str
    channel: str
    description: str = ""
    kind: str = TicketKind.PROBLEM
    priority: int = Priority.P3
    topic_id: int | None = None
    customer_id: int | None = None
    contact_id: int | None = None
    site_id: int | None = None
    language: str = ""
    source: str = ""
    external_id: str = ""
    author_label: str = ""
    opened_at: datetime | None = None


@transaction.atomic
def open_tickets_in_bulk(*, rows: Sequence[NewTicket], actor: Actor, at: datetime) -> list[Ticket]:
    """Open a ticket per row, in a fixed number of statements per 500 rows; returns those that are new.

    A row whose `source` and `external_id` are known is left out. SLA clocks start at `at`, when the promise
    began to bind us, whatever `opened_at` says. Ids must be the tenant's own and fit each other.
    """
    actor.require(permissions.OPEN)
    known = _known(rows)
    fresh = list({_key(row): row for row in rows if _key(row) not in known}.values())
    numbers = next_numbers(NUMBERS, len(fresh)) if fresh else range(0)
    customers = Customer.objects.in_bulk({row.customer_id for row in fresh if row.customer_id})
    sites = Site.objects.in_bulk({row.site_id for row in fresh if row.site_id})
    topics = Topic.objects.in_bulk({row.topic_id for row in fresh if row.topic_id})
    policies = queries.policies()
    made = []
    for row, number in zip(fresh, numbers, strict=True):
        customer = customers.get(row.customer_id or 0)
        site = sites.get(row.site_id or 0)
        ticket = _ticket(row, number, str(customer or ""), at)
        ticket.customer, ticket.site, ticket.topic = customer, site, topics.get(row.topic_id or 0)
        made.append(ticket)
    openings = _openings(made, policies, at)
    plans = ledger.Plans(policies, at)
    for opening in openings:
        opening.ticket.due_at = opening.ticket.next_action_at = plans.due_at(opening)
    Ticket.objects.bulk_create(made, batch_size=BATCH)
    _write_messages(made, fresh)
    if policies:
        ledger.start_clocks(openings, plans, actor=actor)
    journal.record_many(
        actor=actor, verb="opened", things=made, at=at, source=fresh[0].source if fresh else ""
    )
    journal.publish(*(TicketOpened(ticket_id=ticket.pk) for ticket in made))
    return made


def _key(row: NewTicket) -> object:
    """What makes two rows the same: their name in the system they came from; else each is its own."""
    return (row.source, row.external_id) if row.external_id else id(row)


def _known(rows: Sequence[NewTicket]) -> set[object]:
    by_source: dict[str, list[str]] = {}
    for row in rows:
        if row.external_id:
            by_source.setdefault(row.source, []).append(row.external_id)
    return {
        (source, external_id)
        for source, ids in by_source.items()
        for external_id in Ticket.objects.filter(source=source, external_id__in=ids).values_list(
            "external_id", flat=True
        )
    }


def _ticket(row: NewTicket, number: int, customer_name: str, at: datetime) -> Ticket:
    ticket = Ticket(
        number=number,
        subject=" ".join(clean(row.subject).split())[:300],
        description=clean(row.description)[:LONGEST_TEXT],
        kind=row.kind,
        channel=row.channel,
        priority=row.priority,
        topic_id=row.topic_id,
        customer_id=row.customer_id,
        contact_id=row.contact_id,
        site_id=row.site_id,
        language=row.language,
        source=row.source,
        external_id=row.external_id,
        opened_at=row.opened_at or at,
        event_times={SlaEvent.OPENED.value: at.isoformat()},
    )
    ticket.search_text = searchable(ticket, customer_name, row.author_label)
    return ticket


def _openings(tickets: Sequence[Ticket], policies: Sequence[SlaPolicy], at: datetime) -> list[ledger.Opening]:
    if not policies:
        return []
    situations = queries.situations_of(tickets, at)
    return [ledger.Opening(*pair) for pair in zip(tickets, situations, strict=True)]


def _write_messages(tickets: Sequence[Ticket], rows: Sequence[NewTicket]) -> None:
    TicketMessage.objects.bulk_create(
        [
            TicketMessage(
                ticket=ticket,
                direction=Direction.INBOUND,
                channel=ticket.channel,
                author_label=(row.author_label or row.source or ticket.channel)[:200],
                body=ticket.description,
                language=ticket.language,
                at=ticket.opened_at,
            )
            for ticket, row in zip(tickets, rows, strict=True)
            if ticket.description
        ],
        batch_size=BATCH,
    )
