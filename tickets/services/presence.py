"""Who is at a ticket: heartbeats of open pages, told to others at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from journal import services as journal
from notices import services as notices
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.events import SittingChanged
from tickets.models import Sitting, Ticket
from tickets.queries.desk import STALE
from tickets.services.telling import path_of


@transaction.atomic
def sit_at(*, ticket_id: int, is_writing: bool, actor: Actor, at: datetime) -> Sitting | None:
    """Say that the actor has the ticket open, and whether they write. Repeated every 15 seconds.

    Heartbeats closer than 40 seconds are one sitting, whose length is handling time. Others are told when
    somebody comes, begins or stops writing. The actor's notices about the ticket are read with that. Not
    recorded: looking is no act.
    """
    ticket = queries.get_ticket(ticket_id)
    actor.require(permissions.VIEW, ticket)
    if actor.membership_id is None:
        return None
    notices.mark_seen(path=path_of(ticket), actor=actor, at=at)
    Ticket.objects.select_for_update(no_key=True).only("pk").get(pk=ticket.pk)
    found = Sitting.objects.filter(
        ticket=ticket, member_id=actor.membership_id, seen_at__gt=at - STALE
    ).last()
    if found is None:
        found = Sitting.objects.create(
            ticket=ticket, member_id=actor.membership_id, from_at=at, seen_at=at, is_writing=is_writing
        )
        journal.publish(SittingChanged(ticket_id=ticket.pk))
        return found
    changed = found.is_writing != is_writing
    found.seen_at, found.is_writing = max(found.seen_at, at), is_writing
    found.save(update_fields=["seen_at", "is_writing"])
    if changed:
        journal.publish(SittingChanged(ticket_id=ticket.pk))
    return found
