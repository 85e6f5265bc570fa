"""Merging, splitting, suggestions and labels: each a form, one service call, and back to the ticket."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, Conflict
from core.forms import tell
from tenants.http import TenantRequest
from tickets import permissions, services
from tickets.forms import LabelForm, MergeForm, NotSameForm, SplitForm, SuggestionForm
from tickets.views.acts import back_to
from tickets.views.inbox import show_ticket


@permitted(permissions.WORK)
@require_POST
def ticket_merge(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Let the conversation go on in another ticket, and go there."""
    form, status = MergeForm(request.POST), BadInput.status
    if form.is_valid():
        values = form.cleaned_data
        try:
            target = services.merge_tickets(
                source_id=pk,
                target_id=values["target"].pk,
                reason=values["reason"],
                tell_customer=values["tell_customer"],
                across_customers=values["across_customers"],
                actor=request.actor,
                at=now(),
            )
        except (BadInput, Conflict) as problem:
            tell(form, problem)
            status = problem.status
        else:
            return back_to(request, target.pk, _("Merged: it goes on in %(ticket)s.") % {"ticket": target})
    return show_ticket(request, pk, status=status, merge_form=form, opened="merge")


@permitted(permissions.WORK)
@require_POST
def ticket_unmerge(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Let a merged ticket stand for itself again."""
    ticket = services.unmerge_ticket(ticket_id=pk, actor=request.actor, at=now())
    return back_to(request, pk, _("%(ticket)s stands for itself again.") % {"ticket": ticket})


@permitted(permissions.WORK)
@require_POST
def ticket_split(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Make some messages a ticket of their own, and go there."""
    form, status = SplitForm(request.POST), BadInput.status
    if form.is_valid():
        try:
            made = services.split_ticket(ticket_id=pk, actor=request.actor, at=now(), **form.cleaned_data)
        except (BadInput, Conflict) as problem:
            tell(form, problem)
            status = problem.status
        else:
            return back_to(request, made.pk, _("%(ticket)s was split off.") % {"ticket": made})
    chosen = set(request.POST.getlist("message_ids"))
    return show_ticket(request, pk, status=status, split_form=form, opened="split", chosen=chosen)


@permitted(permissions.WORK)
@require_POST
def ticket_not_same(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say that another ticket is not about the same problem."""
    other = _read(NotSameForm, request)["other"]
    services.dismiss_duplicate(ticket_id=pk, other_id=other.pk, actor=request.actor, at=now())
    return back_to(request, pk, _("%(ticket)s is not offered again.") % {"ticket": other})


@permitted(permissions.WORK)
@require_POST
def ticket_suggestion(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Take what is suggested."""
    values = _read(SuggestionForm, request)
    services.take_suggestion(ticket_id=pk, actor=request.actor, at=now(), **values)
    return back_to(request, pk, _("Saved."))


@permitted(permissions.WORK)
@require_POST
def ticket_label(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Give the ticket a label of its state, or take it away."""
    label = _read(LabelForm, request)["sub_state"]
    services.set_sub_state(
        ticket_id=pk, sub_state_id=label.pk if label else None, actor=request.actor, at=now()
    )
    return back_to(request, pk, _("Saved."))


def _read(form_class: type[Form], request: TenantRequest) -> dict[str, Any]:
    """What the form says. Raises BadInput in the words of its first error."""
    form = form_class(request.POST)
    if not form.is_valid():
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        raise BadInput(next(iter(errors.values()))[0], errors=errors)
    return form.cleaned_data
