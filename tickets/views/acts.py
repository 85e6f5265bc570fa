"""What the desk does to a ticket: each a form, one service call, and back to the ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.enums import MessageKind
from tickets.forms import ReopenForm, ReplyForm, ResolveForm, WaitForm
from tickets.models import Ticket
from tickets.views.inbox import show_ticket, triage_form


@permitted(permissions.WORK)
@require_POST
def ticket_reply(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the customer, or note something among us; `then` may let the ticket wait for the customer."""
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return show_ticket(request, pk, status=422, reply_form=form)
    kind = form.cleaned_data["kind"]
    services.reply_to_ticket(
        ticket_id=pk, body=form.cleaned_data["body"], kind=kind, actor=request.actor, at=now()
    )
    is_note = kind == MessageKind.INTERNAL
    return _back(request, slug, pk, _("Noted.") if is_note else _("Reply sent."))


@permitted(permissions.WORK)
@require_POST
def ticket_take(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Make the ticket mine."""
    ticket = services.take_ticket(ticket_id=pk, actor=request.actor, at=now())
    return _back(request, slug, pk, _("%(ticket)s is yours.") % {"ticket": ticket})


@permitted(permissions.WORK)
@require_POST
def ticket_triage(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Correct priority, kind, topic, owner and whom it is about."""
    ticket = queries.get_ticket(pk)
    form = triage_form(ticket, request.POST)
    if not form.is_valid():
        return show_ticket(request, pk, status=422, triage_form=form)
    at, owner = now(), form.cleaned_data["owner"]
    services.triage_ticket(
        ticket_id=pk, actor=request.actor, at=at, owner_id=owner and owner.pk, **form.facts()
    )
    return _back(request, slug, pk, _("Saved."))


@permitted(permissions.WORK)
@require_POST
def ticket_wait(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Let the ticket wait."""

    def act(values: dict[str, Any], at: datetime) -> Ticket:
        return services.wait_ticket(ticket_id=pk, actor=request.actor, at=at, **values)

    return _act(request, slug, pk, WaitForm, act, _("The ticket waits."))


@permitted(permissions.WORK)
@require_POST
def ticket_continue(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """End the waiting."""
    services.continue_ticket(ticket_id=pk, actor=request.actor, at=now())
    return _back(request, slug, pk, _("The ticket is open again."))


@permitted(permissions.RESOLVE)
@require_POST
def ticket_resolve(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that the problem is solved."""

    def act(values: dict[str, Any], at: datetime) -> Ticket:
        return services.resolve_ticket(ticket_id=pk, actor=request.actor, at=at, **values)

    return _act(request, slug, pk, ResolveForm, act, _("Resolved."))


@permitted(permissions.RESOLVE)
@require_POST
def ticket_close(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """File a solved ticket."""
    services.close_ticket(ticket_id=pk, actor=request.actor, at=now())
    return _back(request, slug, pk, _("Closed."))


@permitted(permissions.WORK)
@require_POST
def ticket_reopen(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that the problem is back."""

    def act(values: dict[str, Any], at: datetime) -> Ticket:
        return services.reopen_ticket(ticket_id=pk, actor=request.actor, at=at, **values)

    return _act(request, slug, pk, ReopenForm, act, _("Reopened; its clock goes on."))


@permitted(permissions.WORK)
@require_POST
def ticket_spam(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that it is nobody's need."""
    services.mark_spam(ticket_id=pk, actor=request.actor, at=now())
    return _back(request, slug, pk, _("Marked as spam."))


def _act(  # noqa: PLR0917
    request: TenantRequest,
    slug: str,
    pk: int,
    form_class: type[Form],
    act: Callable[[dict[str, Any], datetime], Ticket],
    said: str,
) -> HttpResponse:
    form = form_class(request.POST)
    if not form.is_valid():
        first = next(iter(form.errors.values()))[0]
        raise BadInput(
            str(first), errors={name: [str(text) for text in texts] for name, texts in form.errors.items()}
        )
    act(form.cleaned_data, now())
    return _back(request, slug, pk, said)


def _back(request: TenantRequest, slug: str, pk: int, said: str) -> HttpResponse:
    messages.success(request, said)
    query = request.GET.urlencode()
    url = reverse("tickets:ticket_detail", args=[slug, pk])
    return HttpResponseRedirect(f"{url}?{query}" if query else url, status=303)
