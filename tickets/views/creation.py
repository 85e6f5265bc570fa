"""Opening a ticket at the desk: a form, and a call whose caller is looked up while it rings."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import permitted
from channels.enums import Channel
from core.clock import now
from core.errors import BadInput, Conflict
from customers import queries as customers
from customers.models import Contact
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.forms import TicketForm
from tickets.views.talk import matches_of


@permitted(permissions.OPEN)
@require_http_methods(["GET", "POST"])
def ticket_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new ticket. `?channel=phone` logs a call; `?customer=` and `?contact=` say whose it is.

    Posting `choose` ("customer:5" or "contact:7") says so too, and keeps what was typed.
    """
    given: Mapping[str, str] = request.POST if request.method == "POST" else request.GET
    kind, _sign, chosen = request.POST.get("choose", "").partition(":")
    if kind in ("customer", "contact"):
        given = {kind: chosen}
    contact = _find_contact(given.get("contact", ""))
    customer_id = contact.customer_id if contact else _number(given.get("customer", ""))
    is_call = request.GET.get("channel") == Channel.PHONE
    form = TicketForm(
        None if chosen else request.POST or None,
        customer_id=customer_id,
        initial={
            "channel": Channel.PHONE,
            **(request.POST.dict() if chosen else {}),
            "customer": customer_id,
            "contact": contact.pk if contact else None,
        },
    )
    status, matches = 200, []
    if request.method == "POST" and not chosen:
        status = 422
        if form.is_valid():
            try:
                ticket = services.open_ticket(
                    **form.facts(),
                    allow_duplicate=request.POST.get("allow_duplicate") == "yes",
                    actor=request.actor,
                    at=now(),
                )
                messages.success(request, _("%(ticket)s is open.") % {"ticket": ticket})
                return HttpResponseRedirect(
                    reverse("tickets:ticket_detail", args=[slug, ticket.pk]), status=303
                )
            except services.LikelyDuplicate as warning:
                matches = matches_of(warning.matches)
            except (BadInput, Conflict) as refusal:
                form.add_error(None, refusal.message)
    context = {
        "form": form,
        "is_call": is_call,
        "contact": contact,
        "customer": customers.find_customer(customer_id) if customer_id else None,
        "heading": _("Log a call") if is_call else _("New ticket"),
        "callers": [],
        "matches": matches,
        "others": list(queries.tickets_of_customer(customer_id)[:8]) if customer_id else [],
    }
    return render(request, "tickets/ticket_create.html", context, status=status)


@permitted(permissions.OPEN)
@require_safe
def caller_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Who calls from `?phone=`: contacts with this number, each with the customer's latest tickets. By `?q=`, customers
    for whom a ticket may be opened."""
    phone, q = request.GET.get("phone", "").strip()[:40], request.GET.get("q", "").strip()[:80]
    found = customers.find_contacts_by_phone(phone) if phone else []
    latest = queries.latest_tickets_of([contact.customer_id for contact in found])
    callers = [(contact, latest.get(contact.customer_id, [])) for contact in found]
    fragment = bool(request.headers.get("HX-Request"))
    template = "tickets/_callers.html" if fragment else "tickets/caller_list.html"
    matching = list(customers.customers_matching(q)[:8]) if q else []
    return render(
        request,
        template,
        {"callers": callers, "phone": phone, "q": q, "found": matching, "is_beside": fragment},
    )


@permitted(permissions.VIEW)
@require_safe
def customer_ticket_list(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """The tickets of one customer: a card of their record, or a page of its own."""
    customer = customers.get_customer(pk)
    context = {"customer": customer, "tickets": queries.tickets_of_customer(pk)[:50]}
    fragment = request.headers.get("HX-Request")
    template = "tickets/_customer_tickets.html" if fragment else "tickets/customer_ticket_list.html"
    return render(request, template, context)


def _find_contact(text: str) -> Contact | None:
    number = _number(text)
    return customers.find_contact(number) if number else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None
