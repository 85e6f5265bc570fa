"""Field work that follows from tickets by itself: many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from accounts.enums import Permission
from dispatch import queries
from dispatch.models import WorkOrder, WorkType
from dispatch.services.bulk import NewWork, create_work_orders_in_bulk
from dispatch.services.following import SOLVED
from tenants.actors import Actor
from tickets import queries as tickets
from tickets import services as ticket_services
from tickets.enums import TicketStatus
from tickets.models import Ticket

_OVER = SOLVED | {TicketStatus.MERGED, TicketStatus.SPAM}
"""States of a ticket for which nothing is done any more."""


@transaction.atomic
def open_field_work(*, ticket_ids: Collection[int], actor: Actor, at: datetime) -> list[WorkOrder]:
    """Make the work orders of tickets still open whose topics name kinds of field work, once each, in a fixed number of
    statements. Text, contact, asset and priority go along; the ticket's arrival clock is the promise."""
    actor.require(Permission.WORK_CREATE)
    theirs = Ticket.objects.select_for_update(of=("self",)).select_related("topic", "customer", "site")
    open_ones = theirs.filter(pk__in=ticket_ids).exclude(status__in=_OVER)
    found = open_ones.filter(site__isnull=False).order_by("pk")
    types = queries.work_types_for_topics({ticket.topic_id for ticket in found if ticket.topic_id})
    fresh = _without_work([ticket for ticket in found if ticket.topic_id in types])
    if not fresh:
        return []
    wanted = {ticket.pk: types[ticket.topic_id or 0] for ticket in fresh}
    codes = {pk: work_type.code for pk, work_type in wanted.items()}
    ticket_services.note_work_orders(tickets=fresh, work_types=codes, actor=actor, at=at)
    rows = _rows(fresh, wanted)
    kinds = wanted.values()
    return create_work_orders_in_bulk(rows=rows, actor=actor, at=at, source="", work_types=kinds)


def _without_work(found: Collection[Ticket]) -> list[Ticket]:
    """Those for which no work was ordered yet, nor for tickets that go on in them."""
    ids = [ticket.pk for ticket in found]
    busy = set(WorkOrder.objects.filter(ticket_id__in=ids).values_list("ticket_id", flat=True))
    for pk in tickets.joined_by_others(ids) - busy:
        if queries.work_orders_of_ticket(pk).exists():
            busy.add(pk)
    return [ticket for ticket in found if ticket.pk not in busy]


def _rows(found: Iterable[Ticket], wanted: dict[int, WorkType]) -> list[NewWork]:
    promised = tickets.arrivals_due(wanted)
    return [
        NewWork(
            site_id=ticket.site.pk,
            customer_id=ticket.site.customer_id,
            work_type_id=wanted[ticket.pk].pk,
            subject=ticket.subject,
            description=ticket.description,
            ticket_id=ticket.pk,
            contact_id=ticket.contact_id,
            asset_id=ticket.asset_id,
            priority=ticket.priority,
            promised_end_at=promised.get(ticket.pk),
        )
        for ticket in found
        if ticket.site is not None
    ]
