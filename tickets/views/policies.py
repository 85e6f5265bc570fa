"""Settings: what is promised to whom, tried on a made-up history before it is published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput
from core.forms import tell
from tenants.http import TenantRequest
from tickets import cases, permissions, queries, services
from tickets.enums import SlaKpi
from tickets.models import SlaPolicy
from tickets.promise_forms import ItemFormSet, PolicyForm, TrialForm, items_initial
from tickets.services import NewItem


@permitted(permissions.SETTINGS)
@require_safe
def policy_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every policy with its promises."""
    return render(
        request, "tickets/policy_list.html", {"policies": queries.all_policies(), "here": "policies"}
    )


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new policy."""
    return _edit(request, None)


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Publish another version of a policy; running clocks follow it."""
    return _edit(request, queries.get_policy(pk))


@permitted(permissions.SETTINGS)
@require_POST
def policy_switch(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Let a policy hold (`is_active=1`) or no longer hold."""
    is_active = request.POST.get("is_active") == "1"
    policy = services.switch_policy(policy_id=pk, is_active=is_active, actor=request.actor, at=now())
    said = _("“%(name)s” holds.") if policy.is_active else _("“%(name)s” no longer holds.")
    messages.success(request, said % {"name": policy.name})
    return HttpResponseRedirect(reverse("tickets:policy_list", args=[slug]), status=303)


def _edit(request: TenantRequest, policy: SlaPolicy | None) -> HttpResponse:
    initial = (
        items_initial(list(policy.items.all())) if policy else [{"kpi": kpi} for kpi in SlaKpi.values[:4]]
    )
    form = PolicyForm(request.POST or None, instance=policy or SlaPolicy())
    rows = ItemFormSet(request.POST or None, initial=initial, prefix="item")
    is_tried = "try" in request.POST
    trial = TrialForm(request.POST if is_tried else None)
    tried: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        items = [item for row in rows if row.has_changed() or row.initial if (item := row.item())]
        if is_tried:
            tried = _try(items, trial, request.tenant.zone) if trial.is_valid() else []
        else:
            try:
                return _publish(request, policy, form, items)
            except BadInput as problem:
                tell(form, problem)
    context = {
        "form": form,
        "rows": rows,
        "trial": trial,
        "tried": tried,
        "is_tried": is_tried and trial.is_valid(),
        "policy": policy,
        "has_further": rows.is_bound and any(row.has_changed() for row in rows.extra_forms),
        "here": "policies",
    }
    is_bad = form.is_bound and (form.errors or not rows.is_valid() or (is_tried and trial.errors))
    return render(request, "tickets/policy_edit.html", context, status=422 if is_bad else 200)


def _publish(
    request: TenantRequest, policy: SlaPolicy | None, form: PolicyForm, items: list[NewItem]
) -> HttpResponse:
    facts = form.facts()
    if policy is None:
        facts.pop("is_active")
        services.create_policy(items=items, actor=request.actor, at=now(), **facts)
    else:
        services.publish_policy(policy_id=policy.pk, items=items, actor=request.actor, at=now(), **facts)
    messages.success(request, _("“%(name)s” was published.") % {"name": facts["name"]})
    return HttpResponseRedirect(reverse("tickets:policy_list", args=[request.tenant.slug]), status=303)


def _try(items: list[NewItem], trial: TrialForm, tenant_zone: ZoneInfo) -> list[dict[str, Any]]:
    """What each promise would say of the made-up history."""
    found = []
    happenings = tuple(cases.Happening(at, do) for at, do in trial.happenings())
    for item in items:
        calendar = queries.get_calendar(item.calendar_id) if item.calendar_id else None
        zone_name = (calendar.time_zone if calendar else "") or tenant_zone.key
        version = calendar.current_id if calendar else None
        laid, zone = queries.calendar_of(version, zone_name)
        target = timedelta(minutes=item.target_minutes)
        name = item.name or SlaKpi(item.kpi).label
        outcome = cases.outcome(cases.Case(name, zone, laid, target, happenings))
        used = int(outcome.elapsed.total_seconds() // 60)
        # Without an offset it is shown as the calendar's own wall clock shows it.
        due = outcome.due_at.astimezone(zone).replace(tzinfo=None) if outcome.due_at else None
        found.append({"name": name, "due_at": due, "used": used, "met": outcome.met, "zone": zone.key})
    return found
