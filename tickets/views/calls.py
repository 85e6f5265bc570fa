"""The phone log: who calls, what they have and asked before, and what they say now, on one screen."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, Conflict
from customers import queries as customers
from customers.models import Contact
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.forms import CallForm
from tickets.rules import ACTIVE
from tickets.views.talk import matches_of


@permitted(permissions.OPEN)
@require_http_methods(["GET", "POST"])
def call(request: TenantRequest, slug: str) -> HttpResponse:
    """Log a call. `?caller=+81…` (a telephone system's link) or typing says who; `?contact=` chooses one.

    htmx that asks for `known` gets what is known about the caller, while the number is typed.
    """
    given = request.POST if request.method == "POST" else request.GET
    caller = given.get("caller", "").strip()[:40]
    callers = customers.find_contacts_by_phone(caller) if caller else []
    contact = _chosen(given.get("contact", ""), callers)
    customer_id = contact.customer_id if contact else _number(given.get("customer", ""))
    form = CallForm(request.POST or None, customer_id=customer_id, initial=_initial())
    status, matches = 200, []
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _log(request, form, contact, customer_id)
            except services.LikelyDuplicate as warning:
                matches = matches_of(warning.matches)
            except (BadInput, Conflict) as refusal:
                form.add_error(None, refusal.message)
    context = {
        "form": form,
        "caller": caller,
        "matches": matches,
        "key": request.POST.get("key") or str(uuid4()),
        "name": given.get("name", "")[:120],
        "ticket_chosen": given.get("ticket", ""),
        **_known(callers, contact, customer_id),
    }
    fragment = request.headers.get("HX-Target") == "known"
    return render(request, "tickets/_known.html" if fragment else "tickets/call.html", context, status=status)


def _log(
    request: TenantRequest, form: CallForm, contact: Contact | None, customer_id: int | None
) -> HttpResponse:
    at = now()
    _check_chosen(request)
    ticket = services.log_call(
        key=request.POST.get("key", "")[:60] or str(uuid4()),
        caller=request.POST.get("caller", ""),
        contact_id=contact.pk if contact else None,
        name="" if contact else request.POST.get("name", ""),
        customer_id=customer_id,
        ticket_id=_number(request.POST.get("ticket", "")),
        **form.facts(at),
        allow_duplicate=request.POST.get("allow_duplicate") == "yes",
        actor=request.actor,
        at=at,
    )
    messages.success(request, _("The call is in %(ticket)s.") % {"ticket": ticket})
    url = reverse("tickets:ticket_detail", args=[request.tenant.slug, ticket.pk])
    return HttpResponseRedirect(url, status=303)


def _check_chosen(request: TenantRequest) -> None:
    """Refuse a contact or customer that is not here: the call would be somebody else's."""
    contact, customer = (_number(request.POST.get(name, "")) for name in ("contact", "customer"))
    if contact and customers.find_contact(contact) is None:
        raise BadInput(_("The contact that was chosen is not here. Choose who calls again."))
    if customer and customers.find_customer(customer) is None:
        raise BadInput(_("The customer that was chosen is not here. Choose who calls again."))


def _known(callers: list[Contact], contact: Contact | None, customer_id: int | None) -> dict[str, Any]:
    """Who it may be; and of the customer that is chosen: tickets, equipment and contract."""
    found = list(queries.tickets_of_customer(customer_id)[:12]) if customer_id else []
    return {
        "callers": callers,
        "contact": contact,
        "customer": customers.find_customer(customer_id) if customer_id else None,
        "open_tickets": [ticket for ticket in found if ticket.status in ACTIVE],
        "earlier": [ticket for ticket in found if ticket.status not in ACTIVE][:5],
        "assets": list(customers.assets_of(customer_id)[:8]) if customer_id else [],
    }


def _chosen(text: str, callers: list[Contact]) -> Contact | None:
    """Who was chosen; the only one with this number chooses itself. "new" is somebody nobody knows."""
    if text == "new":
        return None
    number = _number(text)
    if number:
        return customers.find_contact(number)
    return callers[0] if len(callers) == 1 else None


def _initial() -> dict[str, Any]:
    return {"began_at": timezone.localtime(now()).strftime("%H:%M")}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < len(text) < 18 else None
