"""The full ledger of one clock."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import permitted
from core.clock import now
from tenants.http import TenantRequest
from tickets import permissions, queries
from tickets.views.inbox import explained


@permitted(permissions.VIEW)
@require_safe
def clock_detail(request: TenantRequest, slug: str, pk: int, clock_id: int) -> HttpResponse:
    """What a clock did from its start on, under which promise and calendar, and why."""
    ticket = queries.get_ticket(pk)
    view = queries.get_clock(ticket, clock_id, now())
    context = {"ticket": ticket, "item": explained(view, now()), "clocks": queries.rounds_of(ticket, now())}
    return render(request, "tickets/clock_detail.html", context)
