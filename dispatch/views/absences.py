"""Pages of absences: told before saving is which planned visits they touch; then these are listed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import NotFound, Refusal
from dispatch.people_forms import AbsenceForm
from dispatch.queries.absences import visits_touched
from tenants.http import TenantRequest
from workforce import queries as workforce
from workforce import services
from workforce.models import Absence, Engineer

_FORM = ["GET", "HEAD", "POST"]


@permitted(Permission.WORKFORCE_EDIT)
@require_http_methods(_FORM)
def absence_create(request: TenantRequest, slug: str, engineer_id: int) -> HttpResponse:
    """Keep a time free of visits."""
    engineer = workforce.get_engineer(engineer_id)
    add = partial(services.add_absence, engineer_id=engineer_id)
    return _page(request, engineer, None, add)


@permitted(Permission.WORKFORCE_EDIT)
@require_http_methods(_FORM)
def absence_edit(request: TenantRequest, slug: str, engineer_id: int, absence_id: int) -> HttpResponse:
    """Change an absence; the visits that are still planned in it are to be planned anew."""
    absence = workforce.get_absence(absence_id)
    if absence.engineer_id != engineer_id:
        raise NotFound(_("Absence %(id)s: not found. It may have been taken back.") % {"id": absence_id})
    change = partial(services.update_absence, absence_id=absence_id)
    return _page(request, absence.engineer, absence, change)


def _page(
    request: TenantRequest, engineer: Engineer, absence: Absence | None, save: Callable[..., Absence]
) -> HttpResponse:
    """The form; `save` is called when nothing is planned in the time, or the reader has seen what is."""
    is_post = request.method == "POST"
    zone = engineer.zone or request.tenant.zone
    form = AbsenceForm(request.POST if is_post else None, zone=zone, absence=absence)
    context: dict[str, Any] = {"form": form, "engineer": engineer, "absence": absence, "zone": zone.key}
    if not is_post:
        if absence is not None:
            context["touched"] = list(visits_touched(engineer.pk, absence.start_at, absence.end_at))
        return render(request, "dispatch/absence.html", context)
    if form.is_valid():
        facts = form.facts()
        touched = list(visits_touched(engineer.pk, facts["start_at"], facts["end_at"]))
        if not touched or request.POST.get("seen") == _seen(touched):
            try:
                saved = save(actor=request.actor, at=now(), **facts)
            except Refusal as problem:
                form.add_error(None, problem.message)
            else:
                return _saved(request, saved, len(touched))
        else:
            context |= {"touched": touched, "asks": True, "seen": _seen(touched)}
    return render(request, "dispatch/absence.html", context, status=422)


def _seen(touched: list[Any]) -> str:
    """Names what the reader was shown: when other visits come in between, they are shown first."""
    return ",".join(str(visit.pk) for visit in touched)


def _saved(request: TenantRequest, absence: Absence, touched: int) -> HttpResponse:
    where = [request.tenant.slug, absence.engineer_id]
    if not touched:
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("workforce:engineer_detail", args=where), status=303)
    told = ngettext(
        "Saved. %(n)s visit is to be planned anew.", "Saved. %(n)s visits are to be planned anew.", touched
    )
    messages.warning(request, told % {"n": touched})
    return HttpResponseRedirect(reverse("dispatch:absence_edit", args=[*where, absence.pk]), status=303)
