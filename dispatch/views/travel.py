"""The page of travel times: who is asked, what finished trips taught, and one trip to try."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from dispatch import queries, services
from dispatch.enums import TravelBand, TravelSource
from dispatch.forms import TravelForm
from dispatch.models import TravelProfile
from dispatch.travel import BANDS
from tenants.http import TenantRequest


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def travel_edit(request: TenantRequest, slug: str) -> HttpResponse:
    """Who is asked for travel times."""
    profile = queries.travel_profile() or TravelProfile()
    initial = {"source": profile.source, "base_url": profile.base_url}
    form = TravelForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_travel(actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("base_url" if form.cleaned_data["source"] else None, refusal.message)
        else:
            messages.success(request, _("Travel times are found that way from now on."))
            return _back(request)
    return _page(request, form, profile, status=422 if form.errors else 200)


@permitted(Permission.RULE_EDIT)
@require_POST
def travel_try(request: TenantRequest, slug: str) -> HttpResponse:
    """Ask everybody about one trip, and show what each says."""
    profile = queries.travel_profile() or TravelProfile()
    form = TravelForm(initial={"source": profile.source, "base_url": profile.base_url})
    try:
        example = services.try_travel(actor=request.actor, at=now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return _back(request)
    return _page(request, form, profile, example=example)


@permitted(Permission.RULE_EDIT)
@require_POST
def travel_learn(request: TenantRequest, slug: str) -> HttpResponse:
    """Learn from finished trips now."""
    profile = services.calibrate_travel(actor=request.actor, at=now())
    messages.success(request, _("Learned from %(count)s trips.") % {"count": profile.samples})
    return _back(request)


@permitted(Permission.RULE_EDIT)
@require_POST
def travel_reset(request: TenantRequest, slug: str) -> HttpResponse:
    """Forget what was learned."""
    services.reset_travel(actor=request.actor, at=now())
    messages.success(request, _("What was learned is forgotten. Trips from now on will teach anew."))
    return _back(request)


def _page(
    request: TenantRequest, form: TravelForm, profile: TravelProfile, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "profile": profile,
        "asks": profile.source != TravelSource.ESTIMATE,
        "bands": _bands(profile),
        "here": "travel",
    }
    return render(request, "dispatch/travel_edit.html", context | more, status=status)


def _bands(profile: TravelProfile) -> list[dict[str, Any]]:
    factors = queries.factors_of(profile.factors)
    return [
        {
            "name": band.label,
            "speed": round(speed),
            "learned": round(speed / factor),
            "factor": factor,
            "samples": profile.band_samples.get(band.value, 0),
        }
        for band, (_length, speed), factor in zip(TravelBand, BANDS, factors, strict=True)
    ]


def _back(request: TenantRequest) -> HttpResponse:
    response = HttpResponseRedirect(reverse("dispatch:travel_edit", args=[request.tenant.slug]))
    response.status_code = 303
    return response
