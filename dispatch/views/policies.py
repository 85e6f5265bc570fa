"""Pages of the dispatch policy: draft, what it would change, publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import NotFound, Refusal
from dispatch import queries, reasons, services
from dispatch.enums import PolicyStatus
from dispatch.forms import PolicyForm
from dispatch.models import DispatchPolicy
from dispatch.policy import PRODUCT
from dispatch.queries.impact import Judged
from tenants.http import TenantRequest
from workforce import queries as workforce

LISTED = 20


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: TenantRequest, slug: str) -> HttpResponse:
    """The draft, else what is in force; saving makes or changes the draft."""
    draft, published = _draft(), queries.policies().filter(status=PolicyStatus.PUBLISHED).first()
    shown = draft or published
    policy = queries.policy_of(shown) if shown else PRODUCT
    form = PolicyForm(request.POST or None, policy=policy, initial={"note": draft.note if draft else ""})
    if request.method == "POST" and form.is_valid():
        try:
            services.save_policy_draft(actor=request.actor, at=now(), **form.facts())
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return _see(request, "dispatch:policy_preview")
    context = {"form": form, "draft": draft, "published": published, "versions": queries.policies()[:LISTED]}
    status = 422 if form.errors else 200
    return render(request, "dispatch/policy_edit.html", context | {"here": "policy"}, status=status)


@permitted(Permission.RULE_EDIT)
@require_safe
def policy_preview(request: TenantRequest, slug: str) -> HttpResponse:
    """What the draft would change, on real days."""
    draft = _draft()
    if draft is None:
        raise NotFound(_("There is no draft of the policy. Change the policy first."))
    found = queries.impact_of(queries.policy_of(draft), at=now())
    names = dict(workforce.skills().values_list("id", "name"))
    context: dict[str, Any] = {"draft": draft, "impact": found, "here": "policy"}
    for name in ("blocked", "asking", "free"):
        context[name] = [_told(judged, names) for judged in getattr(found, name)[:LISTED]]
    return render(request, "dispatch/policy_preview.html", context)


@permitted(Permission.RULE_EDIT)
@require_POST
def policy_publish(request: TenantRequest, slug: str) -> HttpResponse:
    """Put the draft that was previewed in force."""
    version = request.POST.get("version", "")
    return _act(
        request,
        lambda: services.publish_policy(
            version=int(version) if version.isdecimal() else 0, actor=request.actor, at=now()
        ),
        _("The policy is in force."),
    )


@permitted(Permission.RULE_EDIT)
@require_POST
def policy_discard(request: TenantRequest, slug: str) -> HttpResponse:
    """Throw the draft away."""
    return _act(
        request,
        lambda: services.discard_policy_draft(actor=request.actor, at=now()),
        _("The draft is gone."),
    )


@permitted(Permission.RULE_EDIT)
@require_POST
def policy_retire(request: TenantRequest, slug: str) -> HttpResponse:
    """Go back to the product's own policy."""
    return _act(
        request,
        lambda: services.retire_policy(actor=request.actor, at=now()),
        _("The product's own policy is in force."),
    )


def _act(request: TenantRequest, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return _see(request, "dispatch:policy_edit")


def _see(request: TenantRequest, name: str) -> HttpResponse:
    response = HttpResponseRedirect(reverse(name, args=[request.tenant.slug]))
    response.status_code = 303
    return response


def _draft() -> DispatchPolicy | None:
    return queries.policies().filter(status=PolicyStatus.DRAFT).first()


def _told(judged: Judged, names: dict[int, str]) -> dict[str, Any]:
    return {"visit": judged.visit, "why": reasons.sentence(judged.reasons, names)}
