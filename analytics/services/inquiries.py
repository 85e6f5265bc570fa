"""What a ticket adds to the figures of intake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
def refresh_inquiry(*, ticket_id: int, actor: Actor, at: datetime) -> InquiryFigures | None:
    """Rewrite what a ticket adds to the figures; None, and no row, when it is spam, merged or gone.

    Only the system does this: figures follow facts.
    """
    if not actor.is_unbound:
        raise NotAllowed(f"{actor.label} cannot write figures; they follow the facts.")
    facts = ("pk", "status", "opened_at", "channel", "topic_id", "reopened_count")
    ticket = Ticket.objects.select_for_update().only(*facts).filter(pk=ticket_id).first()
    if ticket is None or ticket.status in NO_INQUIRY:
        InquiryFigures.objects.filter(ticket_id=ticket_id).delete()
        return None
    figures, _created = InquiryFigures.objects.update_or_create(ticket=ticket, defaults=_figures_of(ticket))
    return figures


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
    counted = sum(refresh_inquiry(ticket_id=ticket_id, actor=actor, at=at) is not None for ticket_id in ids)
    return Recount(counted, ids[-1] if ids else None)


def _figures_of(ticket: Ticket) -> dict[str, object]:
    opened = ticket.opened_at.astimezone(current_tenant().zone)
    public = TicketMessage.objects.filter(ticket=ticket, kind=MessageKind.PUBLIC)
    said = public.aggregate(n=Count("pk"), answered=Min("at", filter=Q(direction=Direction.OUTBOUND)))
    stretch = ExpressionWrapper(F("seen_at") - F("from_at"), output_field=DurationField())
    handled = Sitting.objects.filter(ticket=ticket).aggregate(total=Sum(stretch))["total"]
    minutes = (said["answered"] - ticket.opened_at).total_seconds() // 60 if said["answered"] else None
    return {
        "topic_id": ticket.topic_id,
        "channel": ticket.channel,
        "opened_on": opened.date(),
        "opened_hour": opened.hour,
        "response_minutes": None if minutes is None else max(0, int(minutes)),
        "handling_seconds": max(0, int(handled.total_seconds())) if handled else 0,
        "messages": said["n"],
        "is_resolved": ticket.status in SOLVED,
        "reopened": ticket.reopened_count,
    }
