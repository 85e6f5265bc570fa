"""Pages of engineers, skills and territories."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from tenants.http import TenantRequest
from workforce import queries, services
from workforce.forms import (
    AbsenceForm,
    EngineerForm,
    SkillForm,
    SkillsForm,
    TerritoriesForm,
    TerritoryEditForm,
    TerritoryForm,
    WeekForm,
)

PAGE = 50
VIEW, EDIT = Permission.WORKFORCE_VIEW, Permission.WORKFORCE_EDIT


def _see_other(request: TenantRequest, name: str, *args: object) -> HttpResponse:
    response = HttpResponseRedirect(reverse(f"workforce:{name}", args=[request.tenant.slug, *args]))
    response.status_code = 303
    return response


@permitted(VIEW)
@require_safe
def engineer_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Everybody who can be sent."""
    text = request.GET.get("q", "")[:100]
    territory = request.GET.get("territory", "")
    found = queries.visible_to(
        request.actor,
        queries.engineers_matching(text=text, territory_id=int(territory) if territory.isdecimal() else None),
    )
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "q": text,
        "territory": territory,
        "territories": queries.territories(),
        "can_edit": request.actor.can(EDIT),
        "today": now().date(),
    }
    return render(request, "workforce/engineer_list.html", context)


@permitted(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def engineer_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Add a person who can be sent."""
    form = EngineerForm(request.POST or None, initial={"is_active": True})
    if request.method == "POST" and form.is_valid():
        try:
            engineer = services.create_engineer(actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": engineer.name})
            return _see_other(request, "engineer_detail", engineer.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "workforce/engineer_create.html", {"form": form}, status=status)


@permitted(VIEW)
@require_safe
def engineer_detail(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """One engineer: skills, hours, absences, territories."""
    return _record(request, engineer_id)


@permitted(EDIT)
@require_POST
def engineer_edit(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Change facts of the engineer."""
    engineer = queries.get_engineer(engineer_id)
    form = EngineerForm(request.POST, instance=engineer)
    if form.is_valid():
        try:
            services.update_engineer(engineer_id=engineer_id, actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            return _saved(request, engineer_id)
    return _record(request, engineer_id, status=422, facts=form)


@permitted(EDIT)
@require_POST
def engineer_skills(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Say anew what the engineer can do."""
    form = SkillsForm(request.POST, engineer=queries.get_engineer(engineer_id))
    if not form.is_valid():
        return _record(request, engineer_id, status=422, skills=form)
    services.set_engineer_skills(engineer_id=engineer_id, skills=form.held(), actor=request.actor, at=now())
    return _saved(request, engineer_id)


@permitted(EDIT)
@require_POST
def engineer_week(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Say anew when the engineer works."""
    form = WeekForm(request.POST, engineer=queries.get_engineer(engineer_id))
    if not form.is_valid():
        return _record(request, engineer_id, status=422, week=form)
    services.set_shifts(engineer_id=engineer_id, weekly=form.weekly, actor=request.actor, at=now())
    return _saved(request, engineer_id)


@permitted(EDIT)
@require_POST
def engineer_territories(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Say anew where the engineer works."""
    form = TerritoriesForm(request.POST, engineer=queries.get_engineer(engineer_id))
    if not form.is_valid():
        return _record(request, engineer_id, status=422, territories=form)
    chosen = [territory.pk for territory in form.cleaned_data["territories"]]
    services.assign_territories(engineer_id=engineer_id, territory_ids=chosen, actor=request.actor, at=now())
    return _saved(request, engineer_id)


@permitted(EDIT)
@require_POST
def absence_create(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Keep a time free of visits."""
    form = AbsenceForm(request.POST)
    if not form.is_valid():
        return _record(request, engineer_id, status=422, absence=form)
    services.add_absence(engineer_id=engineer_id, actor=request.actor, at=now(), **form.cleaned_data)
    return _saved(request, engineer_id)


@permitted(EDIT)
@require_POST
def absence_remove(request: TenantRequest, slug: str, engineer_id: int, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    queries.get_engineer(engineer_id)
    services.remove_absence(absence_id=absence_id, actor=request.actor, at=now())
    return _saved(request, engineer_id)


@permitted(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def skill_list(request: TenantRequest, slug: str) -> HttpResponse:
    """What engineers can be able to do, and one more."""
    form = SkillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        skill = services.create_skill(actor=request.actor, at=now(), **form.cleaned_data)
        messages.success(request, _("%(name)s was added.") % {"name": skill.name})
        return _see_other(request, "skill_list")
    context = {"form": form, "skills": queries.skills_with_counts(), "can_edit": request.actor.can(EDIT)}
    return render(request, "workforce/skill_list.html", context, status=422 if form.is_bound else 200)


@permitted(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def territory_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Where engineers work, and one more."""
    form = TerritoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        territory = services.create_territory(
            code=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            areas=form.area_list(),
            actor=request.actor,
            at=now(),
        )
        messages.success(request, _("%(name)s was added.") % {"name": territory.name})
        return _see_other(request, "territory_list")
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
        return _see_other(request, "territory_list")
    context = {"form": form, "heading": heading}
    return render(request, "workforce/territory_edit.html", context, status=422 if form.is_bound else 200)


def _saved(request: TenantRequest, engineer_id: int) -> HttpResponse:
    messages.success(request, _("Saved."))
    return _see_other(request, "engineer_detail", engineer_id)


def _record(request: TenantRequest, engineer_id: int, *, status: int = 200, **bound: Any) -> HttpResponse:
    """The engineer's page; `bound` holds the form that was sent and found wrong."""
    engineer = queries.get_engineer(engineer_id)
    queries.check_visible(request.actor, engineer)
    context = {
        "engineer": engineer,
        "facts": bound.get("facts") or EngineerForm(instance=engineer),
        "skills": bound.get("skills") or SkillsForm(engineer=engineer),
        "week": bound.get("week") or WeekForm(engineer=engineer),
        "territories": bound.get("territories") or TerritoriesForm(engineer=engineer),
        "absence": bound.get("absence") or AbsenceForm(),
        "absences": queries.absences_from(engineer_id, now()),
        "can_edit": request.actor.can(EDIT),
        "can_audit": request.actor.can(Permission.AUDIT_VIEW),
        "today": now().date(),
    }
    return render(request, "workforce/engineer_detail.html", context, status=status)
