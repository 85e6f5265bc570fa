"""Words that reach the customer without being an answer of the desk: that somebody comes, or is there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from tenants.actors import Actor
from tickets import queries
from tickets.enums import SegmentReason, SlaEvent, TicketStatus
from tickets.models import Ticket
from tickets.rules import ACTIVE
from tickets.services import clocks
from tickets.services.common import finish_many


@transaction.atomic
def note_first_word(
    *,
    ticket_ids: Collection[int],
    actor: Actor,
    at: datetime,
    reason: SegmentReason = SegmentReason.TOLD,
) -> None:
    """The customers of these tickets heard from us: who had no response yet has it now, in a fixed number of
    statements. Tickets that were answered before, or are over, stay as they are: a letter about a visit is not the
    answer to what was asked since."""
    owed = _owed(ticket_ids)
    if not owed:
        return
    for ticket in owed:
        ticket.first_response_at = at
    clocks.happened_to(owed, SlaEvent.WE_REPLIED, actor=actor, at=at, reason=reason)
    changes: list[dict[str, Any]] = [{} for _ticket in owed]
    fields = ("first_response_at", "due_at", "event_times")
    finish_many(owed, verb=f"responded_{reason.value}", actor=actor, at=at, changes=changes, fields=fields)


def _owed(ticket_ids: Collection[int]) -> list[Ticket]:
    """Those of these tickets, or of what they were merged into, that wait for a first word of ours; locked."""
    merged = Ticket.objects.filter(pk__in=ticket_ids, status=TicketStatus.MERGED).values_list("pk", flat=True)
    living = {queries.find_living_id(pk) or pk for pk in merged} | set(ticket_ids)
    found = Ticket.objects.select_for_update(of=("self",)).filter(
        pk__in=living, first_response_at=None, status__in=ACTIVE
    )
    return list(found.select_related("topic", "customer", "site", "sub_state").order_by("pk"))
