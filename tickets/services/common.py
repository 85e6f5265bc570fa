"""What every change of a ticket shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Conflict
from journal import services as journal
from journal.events import Event
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.events import TicketChanged
from tickets.models import Ticket
from tickets.rules import ACTIVE


def ensure_owner(ticket: Ticket, actor: Actor) -> None:
    """Give an ownerless ticket to whoever acts, or to the least busy of the desk; Conflict when none."""
    if ticket.owner_id is not None:
        return
    if actor.membership_id and actor.can(permissions.WORK):
        ticket.owner_id = actor.membership_id
        return
    member = queries.find_least_busy_member()
    if member is None:
        raise Conflict(
            _("%(ticket)s needs an owner, and nobody's role answers tickets. Make somebody service desk.")
            % {"ticket": ticket}
        )
    ticket.owner_id = member.pk


def finish(
    ticket: Ticket,
    *,
    verb: str,
    actor: Actor,
    at: datetime,
    changes: dict[str, Any] | None = None,
    reason: str = "",
    event: Event | None = None,
) -> Ticket:
    """Save the ticket, write who did it and tell those who care."""
    if ticket.status in ACTIVE and ticket.next_action_at is None:
        ticket.next_action_at = ticket.due_at
    ticket.version += 1
    ticket.save()
    journal.record(actor=actor, verb=verb, thing=ticket, at=at, changes=changes, reason=reason)
    journal.publish(event or TicketChanged(ticket_id=ticket.pk))
    return ticket
