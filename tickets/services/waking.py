"""Waiting tickets whose time has come."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection

from core.clock import now
from tenants.active import tenant_active
from tenants.actors import Actor
from tickets import queries
from tickets.enums import SegmentReason, TicketStatus
from tickets.events import TicketWoke
from tickets.models import Ticket
from tickets.services import clocks
from tickets.services.common import ensure_owner, finish

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
WAKER = Actor.system("alarm clock")


def wake_due_tickets(*, limit: int = 200) -> int:
    """Claim waiting tickets of every tenant whose next action is due, and put each back on the desk once.

    Safe in any number of processes: rows are claimed with SKIP LOCKED under a lease on the database's clock,
    and
    a ticket that waits no more, or for later, is left alone. Returns how many were claimed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM claim_waking_tickets(%s, %s::interval)", [limit, f"{LEASE_SECONDS} s"]
        )
        claimed: list[tuple[int, int]] = cursor.fetchall()
    for tenant_id, ticket_id in claimed:
        try:
            with tenant_active(tenant_id):
                _wake(ticket_id, now())
        except Exception:  # One broken ticket must not keep the others asleep; its lease runs out.
            log.exception("ticket did not wake", extra={"tenant_id": tenant_id, "ticket_id": ticket_id})
    return len(claimed)


def _wake(ticket_id: int, at: datetime) -> Ticket | None:
    ticket = queries.ticket_for_update(ticket_id)
    due = ticket.next_action_at
    if ticket.status != TicketStatus.WAITING or due is None or due > at:
        return None
    waited_for = ticket.waiting_for
    ensure_owner(ticket, WAKER)
    ticket.status, ticket.waiting_for = TicketStatus.OPEN, ""
    ticket.next_action_at = ticket.wake_leased_until = None
    clocks.follow_status(ticket, actor=WAKER, at=at, reason=SegmentReason.CONTINUED)
    changes = {"status": [TicketStatus.WAITING, TicketStatus.OPEN], "waiting_for": waited_for}
    return finish(
        ticket, verb="woke", actor=WAKER, at=at, changes=changes, event=TicketWoke(ticket_id=ticket.pk)
    )
