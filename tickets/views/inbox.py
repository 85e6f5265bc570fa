"""The service desk's inbox: the queue, one conversation, and what is known about its customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.guards import permitted
from channels import queries as channels
from channels.models import OutboundMessage
from core.clock import now
from customers import queries as customers
from customers.models import Asset, Contract
from knowledge import queries as knowledge
from tenants.http import TenantRequest
from tickets import permissions, queries, rules
from tickets.enums import PolicyReason, TicketStatus, WaitingFor
from tickets.forms import ReopenForm, ReplyForm, ResolveForm, TriageForm, WaitForm
from tickets.models import Ticket, TicketMessage
from tickets.queries import ClockView, Line
from tickets.queries.chat import chat_state_of
from tickets.queries.files import contents_and_draft
from tickets.reasons import words_of_reason
from tickets.services.answers import SENT_KEY
from tickets.views.queue import changed_rows, query_of, queue_context
from tickets.views.talk import around

MOST_ASSETS = 5
FRAGMENTS = {
    "queue": "tickets/_queue.html",
    "talk": "tickets/_talk.html",
    "panel": "tickets/_panel.html",
}


@dataclass(frozen=True, slots=True)
class ExplainedClock:
    """A clock with the lines that explain it."""

    view: ClockView
    lines: list[tuple[Line, str]]
    why: str


@permitted(permissions.VIEW)
@require_safe
def ticket_list(request: TenantRequest, slug: str) -> HttpResponse:
    """The inbox. `?view=` open (default), mine, new, waiting or all; more of `tickets.queue` narrows it.

    `?after=` goes on from a place; `?only=` (ids) answers just those rows, for what changed meanwhile.
    """
    if "only" in request.GET:
        return render(request, "tickets/_rows.html", changed_rows(request))
    template = FRAGMENTS[part] if (part := _part(request)) else "tickets/ticket_list.html"
    return render(request, template, queue_context(request))


@permitted(permissions.VIEW)
@require_safe
def ticket_detail(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """One ticket beside the inbox. htmx gets the part it asks for: queue, talk or panel."""
    return show_ticket(request, pk)


def show_ticket(request: TenantRequest, pk: int, *, status: int = 200, **extra: Any) -> HttpResponse:
    """The page of a ticket, perhaps with a form that could not be used."""
    ticket, part = queries.get_ticket(pk), _part(request)
    context = {"ticket": ticket, "query": query_of(request), "may_work": request.actor.can(permissions.WORK)}
    if part in (None, "queue"):
        context |= queue_context(request)
    if part in (None, "talk"):
        context |= _talk(request, ticket)
    if part in (None, "panel"):
        context |= _panel(ticket)
    template = FRAGMENTS[part] if part else "tickets/ticket_detail.html"
    return render(request, template, context | extra, status=status)


def _part(request: TenantRequest) -> str | None:
    """The part of the page that htmx asks for; None for the whole page."""
    target = request.headers.get("HX-Target", "")
    return target if request.headers.get("HX-Request") and target in FRAGMENTS else None


def _talk(request: TenantRequest, ticket: Ticket) -> dict[str, Any]:
    at = now()
    clocks = [explained(view, at) for view in queries.clocks_of(ticket, at)]
    kin = queries.kin_of(ticket)
    messages = list(queries.conversation_of(ticket, kin))
    contents, waiting = contents_and_draft(messages, ticket.pk, request.actor)
    following = rules.TRANSITIONS[TicketStatus(ticket.status)]
    work, resolve = request.actor.can(permissions.WORK), request.actor.can(permissions.RESOLVE)
    return {
        "ticket": ticket,
        "clocks": clocks,
        "conversation": delivered(messages),
        "contents": contents,
        "reply_files": waiting,
        "chat": chat_state_of(ticket, at, messages),
        "next_actions": {
            "take": work and ticket.status not in (TicketStatus.MERGED, TicketStatus.SPAM),
            "wait": work and (TicketStatus.WAITING in following or ticket.status == TicketStatus.WAITING),
            "continue": work and ticket.status == TicketStatus.WAITING,
            "resolve": resolve and TicketStatus.RESOLVED in following,
            "close": resolve and TicketStatus.CLOSED in following,
            "reopen": work and TicketStatus.REOPENED in following,
            "spam": work and TicketStatus.SPAM in following,
            "reply": work and ticket.status not in (TicketStatus.MERGED, TicketStatus.SPAM),
        },
        "is_mine": ticket.owner_id is not None and ticket.owner_id == request.actor.membership_id,
        "may_make_work": request.actor.can("work_create"),
        "reply_form": ReplyForm(),
        "wait_form": WaitForm(initial={"waiting_for": ticket.waiting_for or WaitingFor.CUSTOMER}),
        "resolve_form": ResolveForm(),
        "reopen_form": ReopenForm(),
        **around(request, ticket, kin, messages),
    }


def triage_form(ticket: Ticket, data: Any = None) -> TriageForm:
    """The form that corrects a ticket, filled with what it says now."""
    names = ("priority", "kind", "topic", "owner", "contact", "site", "asset")
    return TriageForm(
        data, customer_id=ticket.customer_id, initial={name: getattr(ticket, name) for name in names}
    )


def explained(view: ClockView, at: Any) -> ExplainedClock:
    """A clock with its ledger and the reason of its policy in words."""
    lines = queries.explain(view.clock, at)
    worded = [(line, words_of_reason(line.reason)) for line in lines]
    return ExplainedClock(view, worded, PolicyReason.worded(view.clock.policy_reason))


def delivered(messages: list[TicketMessage]) -> list[tuple[TicketMessage, OutboundMessage | None]]:
    """Messages, each of ours with what carries it to the customer (None for the others)."""
    keys = {message.pk: SENT_KEY.format(pk=message.pk) for message in messages if message.direction == "out"}
    sent = channels.outbound_by_keys(list(keys.values())) if keys else {}
    return [(message, sent.get(keys.get(message.pk, ""))) for message in messages]


def _panel(ticket: Ticket) -> dict[str, Any]:
    others = queries.tickets_of_customer(ticket.customer_id) if ticket.customer_id else None
    return {
        "others": list(others.exclude(pk=ticket.pk)[:5]) if others is not None else [],
        "contracts": _contracts_of(ticket),
        "assets": _assets_of(ticket),
        "most_assets": MOST_ASSETS,
        "repeat": queries.find_repeat(ticket),
        "articles": knowledge.articles_about(ticket.topic.code, ticket.language)[:3] if ticket.topic else [],
    }


def _contracts_of(ticket: Ticket) -> list[Contract]:
    """The customer's contracts that hold today, newest first."""
    if ticket.customer_id is None:
        return []
    holding = customers.contracts_in_force([ticket.customer_id], timezone.localdate())
    return holding.get(ticket.customer_id, [])


def _assets_of(ticket: Ticket) -> list[Asset]:
    """The first of the customer's assets, one more than is shown."""
    return list(customers.assets_of(ticket.customer_id)[: MOST_ASSETS + 1]) if ticket.customer_id else []
