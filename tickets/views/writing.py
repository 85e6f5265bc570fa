"""While somebody writes: the draft is kept, and others see it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import permitted
from core.clock import now
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.enums import MessageKind


@permitted(permissions.WORK)
@require_POST
def ticket_draft(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Keep what was written so far. Nothing is said back."""
    kind = request.POST.get("kind", MessageKind.PUBLIC)
    services.save_draft(
        ticket_id=pk, body=request.POST.get("body", ""), kind=kind, actor=request.actor, at=now()
    )
    return HttpResponse(status=204)


@permitted(permissions.VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_presence(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Who else is at the ticket. A POST says that I am, every 15 seconds, and whether I write (`writing`)."""
    at = now()
    if request.method == "POST":
        is_writing = request.POST.get("writing") == "yes"
        services.sit_at(ticket_id=pk, is_writing=is_writing, actor=request.actor, at=at)
    else:
        queries.get_ticket(pk)
    context = {"others_here": queries.others_at(pk, request.actor, at)}
    return render(request, "tickets/_presence.html", context)
