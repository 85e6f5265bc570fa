"""What a policy does when its promises are at risk or broken: a settings page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.forms import EscalationForm


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def escalation_list(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Everything the policy does, in the order of time, and the form of something more."""
    policy = queries.get_policy(pk)
    form = EscalationForm(request.POST or None, policy=policy)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_escalation(policy_id=pk, actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The policy does this from now on."))
            return _back(request, pk)
    context = {
        "form": form,
        "policy": policy,
        "escalations": queries.escalations_of(pk),
        "here": "policies",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "tickets/escalation_list.html", context, status=status)


@permitted(permissions.SETTINGS)
@require_POST
def escalation_usual(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Begin with what most companies want."""
    services.add_usual_escalations(policy_id=pk, actor=request.actor, at=now())
    return _back(request, pk)


@permitted(permissions.SETTINGS)
@require_POST
def escalation_remove(request: TenantRequest, slug: str, pk: int, escalation_id: int) -> HttpResponse:
    """Do something no longer."""
    services.remove_escalation(escalation_id=escalation_id, policy_id=pk, actor=request.actor, at=now())
    messages.success(request, _("The policy does this no longer."))
    return _back(request, pk)


def _back(request: TenantRequest, pk: int) -> HttpResponse:
    url = reverse("tickets:escalation_list", args=[request.tenant.slug, pk])
    return HttpResponseRedirect(url, status=303)
