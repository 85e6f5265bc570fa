"""What every change of a ticket shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import heapify, heapreplace
from typing import Any

from django.utils.translation import gettext as _

from core.clock import now
from core.errors import Conflict
from journal import services as journal
from journal.events import Event
from tenants.actors import Actor
from tenants.queries import current_tenant
from tickets import permissions, queries, triage
from tickets.enums import WaitingFor
from tickets.events import TicketChanged
from tickets.models import Ticket
from tickets.rules import ACTIVE
from tickets.services.telling import owned_by, owned_by_many


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
    owned_by(ticket, actor)


def ensure_owners(tickets: Sequence[Ticket], actor: Actor) -> None:
    """Give each ownerless ticket to the least busy of the desk at that moment; Conflict when there is none."""
    ownerless = [ticket for ticket in tickets if ticket.owner_id is None]
    if not ownerless or (actor.membership_id and actor.can(permissions.WORK)):
        for ticket in ownerless:
            ensure_owner(ticket, actor)
        return
    load = queries.desk_by_load()
    heapify(load)
    if not load:
        ensure_owner(ownerless[0], actor)
    for ticket in ownerless:
        busy, ticket.owner_id = load[0]
        heapreplace(load, (busy + 1, ticket.owner_id))
    owned_by_many(ownerless, actor)


def next_action_at(ticket: Ticket, at: datetime) -> datetime:
    """When somebody looks at the ticket again unless a person says otherwise: its soonest clock still to come,
    else the end of the company's working day. A customer who was asked gets two days to answer.
    """
    zone = current_tenant().zone
    if ticket.waiting_for == WaitingFor.CUSTOMER:
        return triage.end_of_business_day(at, zone, days_later=triage.LOOK_AGAIN_DAYS)
    if ticket.due_at is not None and ticket.due_at > at:
        return ticket.due_at
    return triage.end_of_business_day(at, zone)


def _keep_whole(ticket: Ticket, at: datetime) -> None:
    """What follows from the state: a next action while it is active, a label and a visit only while they fit."""
    if ticket.status in ACTIVE and ticket.next_action_at is None:
        ticket.next_action_at = next_action_at(ticket, at)
    if ticket.sub_state is not None and ticket.sub_state.status != ticket.status:
        ticket.sub_state = None
    if ticket.waiting_for != WaitingFor.VISIT:
        ticket.visit_at = None


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
    _keep_whole(ticket, at)
    ticket.version += 1
    ticket.save()
    journal.record(actor=actor, verb=verb, thing=ticket, at=at, changes=changes, reason=reason)
    journal.publish(event or TicketChanged(ticket_id=ticket.pk))
    return ticket


def finish_many(
    tickets: Sequence[Ticket],
    *,
    verb: str,
    actor: Actor,
    at: datetime,
    changes: Sequence[dict[str, Any]],
    fields: Sequence[str],
) -> None:
    """`finish` of many tickets of which only `fields`, and what follows from the state, have changed."""
    for ticket in tickets:
        _keep_whole(ticket, at)
        ticket.version += 1
        ticket.updated_at = now()
    follows = {"next_action_at", "sub_state", "visit_at", "version", "updated_at"}
    Ticket.objects.bulk_update(tickets, sorted({*fields, *follows}))
    journal.record_many(actor=actor, verb=verb, things=tickets, at=at, source="", changes=changes)
    journal.publish(*(TicketChanged(ticket_id=ticket.pk) for ticket in tickets))
