"""What stands around a conversation: merged tickets, likely duplicates, suggestions, and help to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language, override

from core.clock import now
from core.formats import local_datetime
from tenants.http import TenantRequest
from tenants.queries import current_tenant
from tickets import permissions, queries
from tickets.forms import MergeForm, SplitForm
from tickets.models import CannedReply, Ticket, TicketMessage
from tickets.queries import Kin, Match
from tickets.reasons import words_of_likeness
from tickets.rules import ACTIVE

KNOWN_PLACES = ("contact", "ticket", "visit", "me", "company")


def around(
    request: TenantRequest, ticket: Ticket, kin: Kin, messages: Sequence[TicketMessage]
) -> dict[str, Any]:
    """The context of the parts around the conversation, for those who work on tickets."""
    counts = Counter(message.ticket_id for message in messages)
    is_open, work = ticket.status in ACTIVE, request.actor.can(permissions.WORK)
    found: dict[str, Any] = {
        "kin": kin,
        "merged": [(one, counts[one.pk]) for one in kin.merged],
        "handling": round(queries.handling_time(ticket).total_seconds() / 60),
        "next_states": queries.sub_states_for(ticket.status) if work else [],
        "last_seen": max((message.pk for message in messages), default=0),
    }
    if not work:
        return found
    return found | {
        "matches": matches_of(queries.duplicates_of(ticket)) if is_open else [],
        "canned": filled_replies(ticket, request)
        if is_open or ticket.status in ("resolved", "closed")
        else [],
        "colleagues": colleagues_of(request),
        "draft": queries.find_draft(ticket, request.actor),
        "others_here": queries.others_at(ticket.pk, request.actor, now()),
        "merge_form": MergeForm(),
        "split_form": SplitForm(),
        "may_merge": is_open,
        "may_split": is_open and len(messages) > 1,
    }


def colleagues_of(request: TenantRequest) -> list[tuple[str, str]]:
    """Who may be mentioned: names, and what stands before the @ of their addresses."""
    return [
        (name, address.partition("@")[0])
        for pk, name, address in queries.colleagues()
        if pk != request.actor.membership_id
    ]


def matches_of(matches: Sequence[Match]) -> list[tuple[Match, str]]:
    """Each match with what both share, in words."""
    return [(match, ", ".join(words_of_likeness(reason) for reason in match.reasons)) for match in matches]


def filled_replies(ticket: Ticket, request: TenantRequest) -> list[tuple[CannedReply, str]]:
    """Canned replies with this ticket's facts in their places. What is not known stays to be seen."""
    names = {
        "contact": str(ticket.contact or ticket.customer or ""),
        "ticket": str(ticket),
        "me": request.actor.label,
        "company": current_tenant().name,
    }
    found = []
    for reply in queries.canned_replies_for(ticket):
        with override(reply.language or ticket.language or get_language()):
            visit = local_datetime(ticket.visit_at) if ticket.visit_at else ""
        facts = {**names, "visit": visit}
        text = reply.body
        for place in KNOWN_PLACES:
            text = text.replace(f"{{{place}}}", facts[place] or f"{{{place}}}")
        found.append((reply, text))
    return found
