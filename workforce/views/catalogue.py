"""Pages of skills, territories and certificates."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, Conflict
from tenants.http import TenantRequest
from workforce import queries, services
from workforce.forms import SkillForm, TerritoryEditForm, TerritoryForm
from workforce.views.replies import EDIT, VIEW, see_other

WITHIN = (30, 60, 90, 365)


@permitted(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def skill_list(request: TenantRequest, slug: str) -> HttpResponse:
    """What engineers can be able to do, and one more."""
    form = SkillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            skill = services.create_skill(actor=request.actor, at=now(), **form.cleaned_data)
        except (BadInput, Conflict) as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": skill.name})
            return see_other(request, "skill_list")
    context = {"form": form, "skills": queries.skills_with_counts(), "can_edit": request.actor.can(EDIT)}
    return render(request, "workforce/skill_list.html", context, status=422 if form.is_bound else 200)


@permitted(VIEW)
@require_safe
def certificate_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Certificates that have ended or end within `?days=` (30, 60, 90 or 365), soonest first."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isdecimal() and int(asked) in WITHIN else WITHIN[1]
    today = now().astimezone(timezone.get_current_timezone()).date()
    found = list(queries.certificates_ending(date(1970, 1, 1), today + timedelta(days=days)))
    context = {
        "rows": [(held, (held.expires_on - today).days if held.expires_on else 0) for held in found],
        "days": days,
        "choices": WITHIN,
        "can_edit": request.actor.can(EDIT),
    }
    return render(request, "workforce/certificate_list.html", context)


@permitted(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def territory_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Where engineers work, and one more."""
    form = TerritoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            territory = services.create_territory(
                code=form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                areas=form.area_list(),
                actor=request.actor,
                at=now(),
            )
        except (BadInput, Conflict) as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": territory.name})
            return see_other(request, "territory_list")
    context = {
        "form": form,
        "territories": queries.territories_with_counts(),
        "can_edit": request.actor.can(EDIT),
    }
    return render(request, "workforce/territory_list.html", context, status=422 if form.is_bound else 200)


@permitted(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def territory_edit(request: TenantRequest, slug: str, territory_id: int) -> HttpResponse:
    """Change a territory's name and areas."""
    territory = queries.get_territory(territory_id)
    heading = _("Change %(name)s") % {"name": territory.name}
    form = TerritoryEditForm(request.POST or None, instance=territory)
    if request.method == "POST" and form.is_valid():
        services.update_territory(
            territory_id=territory_id,
            name=form.cleaned_data["name"],
            areas=form.area_list(),
            actor=request.actor,
            at=now(),
        )
        messages.success(request, _("Saved."))
        return see_other(request, "territory_list")
    context = {"form": form, "heading": heading}
    return render(request, "workforce/territory_edit.html", context, status=422 if form.is_bound else 200)
