"""What the desk does to a ticket: each a form, one service call, and back to the ticket."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import permitted
from core.clock import now
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.enums import MessageKind
from tickets.forms import ReopenForm, ReplyForm, ResolveForm, WaitForm
from tickets.models import Ticket
from tickets.views.inbox import show_ticket, triage_form
from tickets.views.queue import query_of


@permitted(permissions.WORK)
@require_POST
def ticket_reply(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the customer, or note something among us; `then` may let the ticket wait for the customer."""
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return show_ticket(request, pk, status=422, reply_form=form)
    kind = form.cleaned_data["kind"]
    try:
        services.reply_to_ticket(
            ticket_id=pk,
            body=form.cleaned_data["body"],
            kind=kind,
            seen_message_id=form.cleaned_data["seen"],
            canned_id=form.cleaned_data["canned"],
            actor=request.actor,
            at=now(),
        )
    except services.AnsweredMeanwhile as warning:
        return show_ticket(request, pk, status=409, reply_form=form, meanwhile=warning)
    is_note = kind == MessageKind.INTERNAL
    return back_to(request, pk, _("Noted.") if is_note else _("Reply sent."))


@permitted(permissions.WORK)
@require_POST
def ticket_take(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Make the ticket mine."""
    ticket = services.take_ticket(ticket_id=pk, actor=request.actor, at=now())
    return back_to(request, pk, _("%(ticket)s is yours.") % {"ticket": ticket})


@permitted(permissions.WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_triage(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Correct priority, kind, topic, owner and whom it is about: a dialog of the ticket, or a page of its own."""
    ticket = queries.get_ticket(pk)
    form = triage_form(ticket, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"ticket": ticket, "triage_form": form, "query": query_of(request)}
        template = "tickets/_triage.html" if request.headers.get("HX-Request") else "tickets/triage.html"
        return render(request, template, context, status=422 if request.method == "POST" else 200)
    at, owner = now(), form.cleaned_data["owner"]
    services.triage_ticket(
        ticket_id=pk, actor=request.actor, at=at, owner_id=owner and owner.pk, **form.facts()
    )
    return back_to(request, pk, _("Saved."))


@permitted(permissions.WORK)
@require_POST
def ticket_wait(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Let the ticket wait."""
    return _act(request, pk, services.wait_ticket, _("The ticket waits."), ("wait", WaitForm))


@permitted(permissions.WORK)
@require_POST
def ticket_continue(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """End the waiting."""
    return _act(request, pk, services.continue_ticket, _("The ticket is open again."))


@permitted(permissions.RESOLVE)
@require_POST
def ticket_resolve(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that the problem is solved."""
    return _act(request, pk, services.resolve_ticket, _("Resolved."), ("resolve", ResolveForm))


@permitted(permissions.RESOLVE)
@require_POST
def ticket_close(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """File a solved ticket."""
    return _act(request, pk, services.close_ticket, _("Closed."))


@permitted(permissions.WORK)
@require_POST
def ticket_reopen(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that the problem is back."""
    return _act(
        request, pk, services.reopen_ticket, _("Reopened; its clock goes on."), ("reopen", ReopenForm)
    )


@permitted(permissions.WORK)
@require_POST
def ticket_spam(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that it is nobody's need."""
    return _act(request, pk, services.mark_spam, _("Marked as spam."))


def _act(
    request: TenantRequest,
    pk: int,
    service: Callable[..., Ticket],
    said: str,
    dialog: tuple[str, type[Form]] | None = None,
) -> HttpResponse:
    """Do it with what the dialog says, if it has one, and go back to the ticket with a word."""
    form = dialog[1](request.POST) if dialog else None
    if dialog and form is not None and not form.is_valid():
        return show_ticket(request, pk, status=422, **{f"{dialog[0]}_form": form}, opened=dialog[0])
    service(ticket_id=pk, actor=request.actor, at=now(), **(form.cleaned_data if form else {}))
    return back_to(request, pk, said)


def back_to(request: TenantRequest, pk: int, said: str) -> HttpResponse:
    """Show the ticket, in the queue it was found in, with a word about what was done."""
    messages.success(request, said)
    query = request.GET.urlencode()
    url = reverse("tickets:ticket_detail", args=[request.tenant.slug, pk])
    return HttpResponseRedirect(f"{url}?{query}" if query else url, status=303)
