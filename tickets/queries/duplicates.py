"""Tickets that may be about the same problem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from tickets.enums import TicketStatus
from tickets.likeness import LIKELY, LOOK_BACK, Alike, Sketch, likeness, words_of
from tickets.models import Ticket
from tickets.queries.tickets import tickets
from tickets.rules import ACTIVE

MOST_CANDIDATES = 30
MOST_MATCHES = 5
_COMPARED = frozenset({*ACTIVE, TicketStatus.RESOLVED})
_KEPT = ("id", "subject", "description", "opened_at")
_WHOM = ("asset_id", "site_id", "contact_id", "customer_id", "topic_id")


@dataclass(frozen=True, slots=True)
class Match:
    """A ticket that looks like another: 0 to 100, and what both share."""

    ticket: Ticket
    score: int
    reasons: tuple[Alike, ...]


def duplicates_of(ticket: Ticket) -> list[Match]:
    """Other open tickets that look like this one, the likeliest first. Those said not to be the same are left."""
    if ticket.status not in ACTIVE:
        return []
    dismissed = set(ticket.opinion.get("not_same", []))
    found = find_duplicates(
        text=f"{ticket.subject} {ticket.description}",
        at=ticket.opened_at,
        but_for=ticket.pk,
        **{name: getattr(ticket, name) for name in _WHOM},
    )
    return [
        match
        for match in found
        if match.ticket.pk not in dismissed and ticket.pk not in match.ticket.opinion.get("not_same", [])
    ]


def find_duplicates(
    *,
    text: str,
    at: datetime,
    asset_id: int | None = None,
    site_id: int | None = None,
    contact_id: int | None = None,
    customer_id: int | None = None,
    topic_id: int | None = None,
    but_for: int = 0,
) -> list[Match]:
    """Open tickets, and lately resolved ones, that look like this need; the likeliest first.

    Compares at most MOST_CANDIDATES by each of asset, site and customer, found by their indexes.
    """
    whom = {"asset_id": asset_id, "site_id": site_id, "customer_id": customer_id}
    new = Sketch(words_of(text), at, contact_id=contact_id, topic_id=topic_id, **whom)
    scored = []
    for row in _candidates(whom, at, but_for):
        facts = {name: row[name] for name in _WHOM}
        old = Sketch(words_of(f"{row['subject']} {row['description']}"), row["opened_at"], **facts)
        alike = likeness(new, old)
        if alike.score >= LIKELY:
            scored.append((alike.score, row["id"], alike.reasons))
    scored.sort(key=lambda one: (-one[0], -one[1]))
    best = scored[:MOST_MATCHES]
    rows = tickets().in_bulk([pk for _score, pk, _reasons in best])
    return [Match(rows[pk], score, reasons) for score, pk, reasons in best if pk in rows]


def _candidates(whom: dict[str, int | None], at: datetime, but_for: int) -> list[dict[str, Any]]:
    """The newest of each, in one query: every part walks an index of its own and stops early."""
    near = Q(opened_at__gte=at - LOOK_BACK, opened_at__lte=at + LOOK_BACK, status__in=_COMPARED)
    parts = [
        Ticket.objects.filter(near, **{name: value})
        .exclude(pk=but_for)
        .order_by("-id")
        .values(*_KEPT, *_WHOM)[:MOST_CANDIDATES]
        for name, value in whom.items()
        if value is not None
    ]
    if not parts:
        return []
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return list({row["id"]: row for row in found}.values())
