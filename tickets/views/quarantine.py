"""What could not be read: a person looks, and decides."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import permitted
from channels import queries as channels
from channels.enums import InboundProblem
from channels.models import InboundMessage
from core.clock import now
from core.errors import BadInput
from tenants.http import TenantRequest
from tickets import permissions, services
from tickets.forms import SenderForm

PAGE = 20


@permitted(permissions.WORK)
@require_safe
def quarantine_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Messages that were set aside, newest first, each with its reason."""
    page = Paginator(channels.quarantined(), PAGE).get_page(request.GET.get("page"))
    rows = [(message, *_why(message)) for message in page]
    return render(request, "tickets/quarantine_list.html", {"page": page, "rows": rows})


def _why(message: InboundMessage) -> tuple[str, str]:
    """Why it was set aside in the reader's language, and what was told beside that."""
    code = message.facts.get("problem", "")
    if code not in InboundProblem.values:
        return message.reason, ""
    problem, detail = InboundProblem(code), message.reason
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            detail = detail.removeprefix(str(problem.label))
    return str(problem.label), detail.strip()


@permitted(permissions.WORK)
@require_POST
def quarantine_open(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Open a ticket from a message that was set aside."""
    form = SenderForm(request.POST)
    if not form.is_valid():
        raise BadInput(_("That is not an e-mail address. Correct it, or leave it empty."))
    ticket = services.open_quarantined(message_id=pk, actor=request.actor, at=now(), **form.cleaned_data)
    messages.success(request, _("%(ticket)s is open.") % {"ticket": ticket})
    return HttpResponseRedirect(reverse("tickets:ticket_detail", args=[slug, ticket.pk]), status=303)


@permitted(permissions.WORK)
@require_POST
def quarantine_discard(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that a message needs no answer."""
    services.discard_quarantined(message_id=pk, actor=request.actor, at=now())
    messages.success(request, _("Set aside for good; its raw text stays stored."))
    return HttpResponseRedirect(reverse("tickets:quarantine_list", args=[slug]), status=303)
