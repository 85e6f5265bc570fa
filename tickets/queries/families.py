"""Tickets that became one: who goes on for whom, and the conversation they share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from channels.enums import Channel
from core.errors import NotFound
from tickets.enums import Direction, MessageKind, TicketStatus
from tickets.models import Ticket, TicketMessage

MOST_STEPS = 50
"""No chain of merges is longer; the services let none become a circle."""


def find_living_id(ticket_id: int) -> int | None:
    """The ticket that goes on for this one: itself, or what it was merged into, however often. None: unknown."""
    for _step in range(MOST_STEPS):
        row = Ticket.objects.filter(pk=ticket_id).values_list("status", "merged_into_id").first()
        if row is None:
            return None
        status, target_id = row
        if status != TicketStatus.MERGED or target_id is None:
            return ticket_id
        ticket_id = target_id
    return ticket_id


def living_for_update(ticket_id: int) -> Ticket:
    """The ticket that goes on for this one, locked. Raises NotFound.

    A merge may happen between looking and locking, so it looks again after the lock.
    """
    for _step in range(MOST_STEPS):
        living_id = find_living_id(ticket_id)
        found = Ticket.objects.select_for_update().filter(pk=living_id or 0).first()
        if found is None:
            break
        if found.status != TicketStatus.MERGED:
            return found
    raise NotFound(_("Ticket %(id)s is not here.") % {"id": ticket_id})


def tickets_for_update(*ticket_ids: int) -> list[Ticket]:
    """These tickets in the order given, locked in the order of their ids. Raises NotFound for any other."""
    rows = Ticket.objects.select_for_update().filter(pk__in=set(ticket_ids)).order_by("pk")
    found = {ticket.pk: ticket for ticket in rows}
    for ticket_id in ticket_ids:
        if ticket_id not in found:
            raise NotFound(_("Ticket %(id)s is not here.") % {"id": ticket_id})
    return [found[ticket_id] for ticket_id in ticket_ids]


@dataclass(frozen=True, slots=True)
class Kin:
    """Tickets that came of one: those that go on in it, were split off from it, or follow it; oldest first."""

    merged: list[Ticket]
    splits: list[Ticket]
    follow_ups: list[Ticket]

    @property
    def merged_ids(self) -> list[int]:
        return [one.pk for one in self.merged]


def kin_of(ticket: Ticket) -> Kin:
    """What came of the ticket, in one query and one more per step when others were merged into it."""
    near = Q(merged_into_id=ticket.pk) | Q(split_from_id=ticket.pk) | Q(follows_id=ticket.pk)
    rows = sorted(_lean().filter(near), key=lambda one: one.pk)
    merged = _all_merged({row.pk: row for row in rows if row.merged_into_id == ticket.pk})
    return Kin(
        merged,
        [row for row in rows if row.split_from_id == ticket.pk],
        [row for row in rows if row.follows_id == ticket.pk],
    )


def merged_into(ticket: Ticket) -> list[Ticket]:
    """Every ticket that goes on in this one, directly or by another, oldest first. One query per step."""
    return _all_merged({row.pk: row for row in _lean().filter(merged_into_id=ticket.pk)})


def _all_merged(family: dict[int, Ticket]) -> list[Ticket]:
    """These tickets and all that go on in them."""
    step = set(family)
    while step:
        rows = _lean().filter(merged_into_id__in=step)
        fresh = {row.pk: row for row in rows if row.pk not in family}
        family |= fresh
        step = set(fresh)
    return sorted(family.values(), key=lambda one: one.pk)


def _lean() -> QuerySet[Ticket]:
    return Ticket.objects.defer("search_text", "search_grams")


def joined_by_others(ticket_ids: Collection[int]) -> set[int]:
    """Those of these tickets in which others go on."""
    rows = Ticket.objects.filter(merged_into_id__in=ticket_ids).values_list("merged_into_id", flat=True)
    return set(rows)


def family_ids(ticket_id: int) -> list[int]:
    """The ids of a ticket and of every ticket that goes on in it."""
    ids, step = [ticket_id], [ticket_id]
    while step:
        rows = Ticket.objects.filter(merged_into_id__in=step).values_list("pk", flat=True)
        step = [pk for pk in rows if pk not in ids]
        ids += step
    return ids


def conversation_of(ticket: Ticket, kin: Kin | None = None) -> QuerySet[TicketMessage]:
    """The ticket's timeline over all channels and over all tickets merged into it, oldest first."""
    family = [ticket.pk, *kin.merged_ids] if kin else family_ids(ticket.pk)
    found = TicketMessage.objects.select_related("ticket").filter(ticket_id__in=family)
    return found.defer("ticket__search_text", "ticket__search_grams").order_by("at", "id")


def is_unanswered(ticket: Ticket) -> bool:
    """Whether the customer wrote more than their request, and nobody has answered that. Who called was answered as
    they spoke."""
    talk = conversation_of(ticket).filter(kind=MessageKind.PUBLIC)
    last = talk.exclude(direction=Direction.INBOUND, channel=Channel.PHONE).last()
    return last is not None and last.direction == Direction.INBOUND and last.at > last.ticket.opened_at


def find_ticket_by_number(number: int) -> Ticket | None:
    """The tenant's ticket with this number, or None."""
    return Ticket.objects.filter(number=number).first()
