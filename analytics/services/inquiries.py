"""What a ticket adds to the figures of intake."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum

from analytics.models import InquiryFigures
from core.errors import NotAllowed
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets.enums import Direction, MessageKind, TicketStatus
from tickets.models import Sitting, Ticket, TicketMessage

NO_INQUIRY = (TicketStatus.SPAM, TicketStatus.MERGED)
SOLVED = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
BATCH = 500


@transaction.atomic
def refresh_inquiries(*, ticket_ids: Collection[int], actor: Actor, at: datetime) -> int:
    """Rewrite what tickets add to the figures, in a fixed number of statements. Returns how many inquiries.

    Spam, merged and lost tickets are none, and have no row. Only the system does this: figures follow facts.
    """
    if not actor.is_unbound:
        raise NotAllowed(f"{actor.label} cannot write figures; they follow the facts.")
    facts = ("pk", "tenant_id", "status", "opened_at", "channel", "topic_id", "reopened_count")
    found = Ticket.objects.select_for_update().only(*facts).filter(pk__in=ticket_ids).order_by("pk")
    tickets = [ticket for ticket in found if ticket.status not in NO_INQUIRY]
    if none := set(ticket_ids) - {ticket.pk for ticket in tickets}:
        InquiryFigures.objects.filter(ticket_id__in=none).delete()
    rows = _figures_of(tickets)
    InquiryFigures.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["tenant", "ticket"], update_fields=_REWRITTEN
    )
    return len(rows)


@dataclass(frozen=True, slots=True)
class Recount:
    """How many inquiries a batch counted, and the last ticket it looked at; None when none was left."""

    counted: int
    last_id: int | None


@transaction.atomic
def recount_inquiries(*, after_id: int = 0, limit: int = BATCH, actor: Actor, at: datetime) -> Recount:
    """Rewrite the figures of the next tickets of the tenant by id, as each would be at its next change."""
    following = Ticket.objects.filter(pk__gt=after_id).order_by("pk")
    ids = list(following.values_list("pk", flat=True)[:limit])
    counted = refresh_inquiries(ticket_ids=ids, actor=actor, at=at)
    return Recount(counted, ids[-1] if ids else None)


_REWRITTEN = [
    *("topic", "channel", "opened_on", "opened_hour", "response_minutes", "handling_seconds", "messages"),
    *("is_resolved", "reopened"),
]


def _figures_of(tickets: Collection[Ticket]) -> list[InquiryFigures]:
    zone = current_tenant().zone
    public = TicketMessage.objects.filter(ticket__in=tickets, kind=MessageKind.PUBLIC).order_by()
    said = public.values_list("ticket_id").annotate(
        n=Count("pk"), answered=Min("at", filter=Q(direction=Direction.OUTBOUND))
    )
    talks = {ticket_id: (count, answered) for ticket_id, count, answered in said}
    stretch = ExpressionWrapper(F("seen_at") - F("from_at"), output_field=DurationField())
    sat = Sitting.objects.filter(ticket__in=tickets).order_by().values_list("ticket_id")
    handled = dict(sat.annotate(total=Sum(stretch)))
    return [
        _row(ticket, zone, *talks.get(ticket.pk, (0, None)), handled.get(ticket.pk)) for ticket in tickets
    ]


def _row(
    ticket: Ticket, zone: ZoneInfo, messages: int, answered: datetime | None, handled: timedelta | None
) -> InquiryFigures:
    opened = ticket.opened_at.astimezone(zone)
    minutes = (answered - ticket.opened_at).total_seconds() // 60 if answered else None
    return InquiryFigures(
        tenant_id=ticket.tenant_id,
        ticket=ticket,
        topic_id=ticket.topic_id,
        channel=ticket.channel,
        opened_on=opened.date(),
        opened_hour=opened.hour,
        response_minutes=None if minutes is None else max(0, int(minutes)),
        handling_seconds=max(0, int(handled.total_seconds())) if handled else 0,
        messages=messages,
        is_resolved=ticket.status in SOLVED,
        reopened=ticket.reopened_count,
    )
