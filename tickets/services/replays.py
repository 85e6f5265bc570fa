"""Replaying running clocks after a policy or a calendar changed, in batches that follow each other."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from journal import services as journal
from tenants.actors import Actor
from tickets import rules
from tickets.events import ClocksOutdated
from tickets.models import SlaClock, Ticket
from tickets.services import clocks

BATCH = 500


@transaction.atomic
def replay_clocks(
    *,
    reason: str,
    actor: Actor,
    at: datetime,
    calendar_id: int | None = None,
    customer_id: int | None = None,
    after_id: int = 0,
) -> int:
    """Hold the next BATCH tickets with living clocks to what is promised now; returns how many clocks moved.

    With `calendar_id` only clocks that count by that calendar, with `customer_id` only that customer's. When
    more tickets wait, the fact `ClocksOutdated` brings the next batch, so that one change of a policy never
    holds all tickets at once.
    """
    ids = _next_tickets(calendar_id, customer_id, after_id)
    tickets = Ticket.objects.select_for_update(of=("self",)).filter(pk__in=ids, status__in=rules.ACTIVE)
    batch = list(tickets.select_related("customer", "site", "topic").order_by("pk"))
    before = {ticket.pk: ticket.due_at for ticket in batch}
    moved = clocks.retarget_many(batch, actor=actor, at=at, reason=reason)
    Ticket.objects.bulk_update([t for t in batch if t.due_at != before[t.pk]], ["due_at"])
    if len(ids) == BATCH:
        journal.publish(
            ClocksOutdated(
                reason=str(reason),
                calendar_id=calendar_id,
                customer_id=customer_id,
                after_id=ids[-1],
                actor_label=actor.label,
            )
        )
    return moved


def _next_tickets(calendar_id: int | None, customer_id: int | None, after_id: int) -> list[int]:
    living = SlaClock.objects.filter(stopped_at__isnull=True, ticket_id__gt=after_id)
    if calendar_id is not None:
        living = living.filter(item__calendar_id=calendar_id)
    if customer_id is not None:
        living = living.filter(ticket__customer_id=customer_id)
    found = living.order_by("ticket_id").values_list("ticket_id", flat=True).distinct()
    return list(found[:BATCH])
