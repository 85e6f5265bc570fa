"""Many tickets that wait for the visits of their work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dispatch import rules
from dispatch.models import Visit
from dispatch.services.following import CAN_WAIT, DISPATCH, LOOK_AGAIN, end_visits, follow_ticket
from tickets import queries as ticket_queries
from tickets import services as tickets
from tickets.enums import TicketStatus, WaitingFor
from tickets.models import Ticket


def follow_tickets(ticket_ids: Collection[int], *, at: datetime) -> None:
    """`follow_ticket` for many tickets in a fixed number of statements; those that were merged, or in which
    others go on, one by one."""
    found = list(Ticket.objects.select_for_update().filter(pk__in=ticket_ids).order_by("pk"))
    joined = ticket_queries.joined_by_others([ticket.pk for ticket in found])
    alone = [t for t in found if t.status != TicketStatus.MERGED and t.pk not in joined]
    coming = _coming([ticket.pk for ticket in alone])
    waits = []
    for ticket in alone:
        waits_for_visit = ticket.status == TicketStatus.WAITING and ticket.waiting_for == WaitingFor.VISIT
        if ticket.pk not in coming:
            if waits_for_visit:
                end_visits(ticket, [ticket.pk], at=at)
            continue
        start_at, end_at = coming[ticket.pk]
        if ticket.status in CAN_WAIT or (waits_for_visit and ticket.visit_at != start_at):
            waits.append(tickets.Wait(ticket.pk, max(end_at, at + LOOK_AGAIN), start_at))
    if waits:
        tickets.wait_for_visits(waits=waits, actor=DISPATCH, at=at)
    for ticket in found:
        if ticket not in alone:
            follow_ticket(ticket.pk, at=at)


def _coming(ticket_ids: Collection[int]) -> dict[int, tuple[datetime, datetime]]:
    """When the first visit that is planned or under way begins and ends, by ticket."""
    visits = Visit.objects.filter(work_order__ticket_id__in=ticket_ids, status__in=rules.OCCUPYING)
    rows = visits.order_by("-start_at").values_list("work_order__ticket_id", "start_at", "end_at")
    return {ticket_id: (start_at, end_at) for ticket_id, start_at, end_at in rows}
