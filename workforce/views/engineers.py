"""Pages of engineers: the list, and one engineer's page with its forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from core.spans import as_whole_days
from tenants.http import TenantRequest
from workforce import queries, services
from workforce.forms import (
    CostsForm,
    EngineerForm,
    ExtraShiftForm,
    PairForm,
    SkillsForm,
    TerritoriesForm,
    WeekForm,
)
from workforce.models import Engineer
from workforce.views.replies import EDIT, VIEW, see_other

PAGE = 50


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
    """Add a person who can be sent; `?provider=` proposes whose."""
    initial = {"is_active": True, "provider": request.GET.get("provider", "")}
    form = EngineerForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            engineer = services.create_engineer(actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": engineer.name})
            return see_other(request, "engineer_detail", engineer.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "workforce/engineer_create.html", {"form": form}, status=status)


@permitted(VIEW)
@require_safe
def engineer_detail(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """One engineer: skills, hours, absences, territories, costs, pairs."""
    return _record(request, queries.get_engineer(engineer_id))


@permitted(EDIT)
@require_POST
def engineer_edit(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Change facts of the engineer."""
    engineer = queries.get_engineer(engineer_id)
    form = EngineerForm(request.POST, instance=engineer)
    return _save(request, engineer_id, "facts", form, services.update_engineer, facts=form.facts)


@permitted(EDIT)
@require_POST
def engineer_costs(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Change what the engineer costs, and how far and long they may be sent."""
    engineer = queries.get_engineer(engineer_id)
    form = CostsForm(request.POST, engineer=engineer, currency=request.tenant.currency)
    return _save(request, engineer_id, "costs", form, services.update_engineer)


@permitted(EDIT)
@require_POST
def engineer_skills(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Say anew what the engineer can do."""
    form = SkillsForm(request.POST, engineer=queries.get_engineer(engineer_id))
    return _save(
        request,
        engineer_id,
        "skills",
        form,
        services.set_engineer_skills,
        facts=lambda: {"skills": form.held()},
    )


@permitted(EDIT)
@require_POST
def engineer_week(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Say anew when the engineer works, and the breaks."""
    form = WeekForm(request.POST, engineer=queries.get_engineer(engineer_id))
    return _save(
        request,
        engineer_id,
        "week",
        form,
        services.set_shifts,
        facts=lambda: {"weekly": form.weekly, "breaks": form.breaks},
    )


@permitted(EDIT)
@require_POST
def engineer_territories(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Say anew where the engineer works."""
    form = TerritoriesForm(request.POST, engineer=queries.get_engineer(engineer_id))
    return _save(
        request,
        engineer_id,
        "territories",
        form,
        services.assign_territories,
        facts=lambda: {"territory_ids": [place.pk for place in form.cleaned_data["territories"]]},
    )


@permitted(EDIT)
@require_POST
def extra_shift_create(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Let the engineer work on a day beside the week."""
    engineer = queries.get_engineer(engineer_id)
    form = ExtraShiftForm(request.POST)
    zone = engineer.zone or request.tenant.zone
    return _save(
        request, engineer_id, "extra", form, services.add_extra_shift, facts=lambda: form.facts(zone)
    )


@permitted(EDIT)
@require_POST
def extra_shift_remove(
    request: TenantRequest, slug: str, engineer_id: int, extra_shift_id: int
) -> HttpResponse:
    """Take an extra shift back."""
    engineer = queries.get_engineer(engineer_id)
    services.remove_extra_shift(extra_shift_id=extra_shift_id, actor=request.actor, at=now())
    return _saved(request, engineer.pk)


@permitted(EDIT)
@require_POST
def absence_remove(request: TenantRequest, slug: str, engineer_id: int, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    queries.get_engineer(engineer_id)
    services.remove_absence(absence_id=absence_id, actor=request.actor, at=now())
    return _saved(request, engineer_id)


@permitted(EDIT)
@require_POST
def pair_create(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Say whom the engineer goes with, or never."""
    form = PairForm(request.POST, engineer=queries.get_engineer(engineer_id))
    return _save(request, engineer_id, "pair", form, services.set_pair, facts=form.facts)


@permitted(EDIT)
@require_POST
def pair_remove(request: TenantRequest, slug: str, engineer_id: int, pair_id: int) -> HttpResponse:
    """Forget what was said of two engineers."""
    queries.get_engineer(engineer_id)
    services.remove_pair(pair_id=pair_id, actor=request.actor, at=now())
    return _saved(request, engineer_id)


def _save(
    request: TenantRequest,
    engineer_id: int,
    name: str,
    form: forms.BaseForm,
    service: Callable[..., object],
    *,
    facts: Callable[[], dict[str, Any]] | None = None,
) -> HttpResponse:
    """Give what was sent to the service, or show the page again with what is wrong with it."""
    if form.is_valid():
        values = facts() if facts else dict(form.cleaned_data)
        try:
            service(engineer_id=engineer_id, actor=request.actor, at=now(), **values)
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            return _saved(request, engineer_id)
    return _record(request, queries.get_engineer(engineer_id), status=422, **{name: form})


def _saved(request: TenantRequest, engineer_id: int) -> HttpResponse:
    messages.success(request, _("Saved."))
    return see_other(request, "engineer_detail", engineer_id)


def _record(request: TenantRequest, engineer: Engineer, *, status: int = 200, **bound: Any) -> HttpResponse:
    """The engineer's page; `bound` holds the form that was sent and found wrong."""
    queries.check_visible(request.actor, engineer)
    at, currency = now(), request.tenant.currency
    zone = engineer.zone or request.tenant.zone
    can_edit = request.actor.can(EDIT)
    context = {
        "engineer": engineer,
        "zone": zone.key,
        "facts": EngineerForm(instance=engineer),
        "costs": CostsForm(engineer=engineer, currency=currency),
        "skills": SkillsForm(engineer=engineer),
        "week": WeekForm(engineer=engineer),
        "territories": TerritoriesForm(engineer=engineer),
        "extra": ExtraShiftForm(),
        "pair": PairForm(engineer=engineer),
        "pairs": queries.pairs_of(engineer.pk),
        "crews": queries.crews().filter(members=engineer),
        "extra_shifts": queries.extra_shifts_from(engineer.pk, at),
        "absences": [
            (row, as_whole_days(row.start_at, row.end_at, zone))
            for row in queries.absences_from(engineer.pk, at)
        ],
        "can_edit": can_edit,
        "sees_costs": can_edit or request.actor.can(Permission.SETTLEMENT_VIEW),
        "can_audit": request.actor.can(Permission.AUDIT_VIEW),
        "today": at.astimezone(zone).date(),
        "soon": at.astimezone(zone).date() + timedelta(days=services.TOLD_DAYS),
        **bound,
    }
    return render(request, "workforce/engineer_detail.html", context, status=status)
