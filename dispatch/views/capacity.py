"""Capacity: how much of each day is planned, kept free and left, and the rules that keep it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from core.formats import minutes
from core.moments import day_or
from dispatch.people_forms import CapacityRuleForm
from dispatch.queries.capacity import Capacity
from dispatch.queries.capacity import capacity as reckon
from tenants.http import TenantRequest
from workforce import queries as workforce
from workforce import services
from workforce.models import CapacityRule

SHOWN_DAYS = 7


@permitted(Permission.WORKFORCE_VIEW)
@require_safe
def capacity(request: TenantRequest, slug: str) -> HttpResponse:
    """A week of every territory from `?day=` on; `?skill=` counts only who has that skill."""
    at = now()
    today = at.astimezone(request.tenant.zone).date()
    first = day_or(request.GET.get("day", ""), today)
    asked = request.GET.get("skill", "")
    skill_id = int(asked) if asked.isdecimal() else None
    found = reckon(first, SHOWN_DAYS, at=at, skill_ids=[skill_id] if skill_id else ())
    skill_id = skill_id if found.skills else None
    context = {
        "days": found.days,
        "rows": _rows(found, skill_id),
        "rules": [(rule, _weekday(rule)) for rule in workforce.capacity_rules()],
        "skills": workforce.skills(),
        "skill": str(skill_id or ""),
        "first": first,
        "today": today,
        "before": first - timedelta(days=SHOWN_DAYS),
        "after": first + timedelta(days=SHOWN_DAYS),
        "zone": found.zone.key,
        "can_edit": request.actor.can(Permission.WORKFORCE_EDIT),
    }
    return render(request, "dispatch/capacity.html", context)


@permitted(Permission.WORKFORCE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def capacity_rule_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Keep a share of a territory's time free, or bound a day's plan."""
    return _edit(request, None)


@permitted(Permission.WORKFORCE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def capacity_rule_edit(request: TenantRequest, slug: str, capacity_rule_id: int) -> HttpResponse:
    """Change a capacity rule."""
    return _edit(request, workforce.get_capacity_rule(capacity_rule_id))


@permitted(Permission.WORKFORCE_EDIT)
@require_POST
def capacity_rule_remove(request: TenantRequest, slug: str, capacity_rule_id: int) -> HttpResponse:
    """Take a capacity rule away."""
    services.remove_capacity_rule(rule_id=capacity_rule_id, actor=request.actor, at=now())
    return _back(request)


def _edit(request: TenantRequest, rule: CapacityRule | None) -> HttpResponse:
    is_post = request.method == "POST"
    form = CapacityRuleForm(request.POST if is_post else None, instance=rule)
    if is_post and form.is_valid():
        try:
            if rule is None:
                services.create_capacity_rule(actor=request.actor, at=now(), **form.facts())
            else:
                services.update_capacity_rule(rule_id=rule.pk, actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            return _back(request)
    context = {"form": form, "rule": rule}
    return render(request, "dispatch/capacity_rule.html", context, status=422 if is_post else 200)


def _back(request: TenantRequest) -> HttpResponse:
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("dispatch:capacity", args=[request.tenant.slug]), status=303)


def _rows(found: Capacity, skill_id: int | None) -> list[dict[str, object]]:
    """The whole company, then each territory; for each day its cell, and its free and kept time in words."""
    places = [(None, str(_("Whole company"))), *((place.pk, place.name) for place in found.territories)]
    rows: list[dict[str, object]] = []
    for pk, name in places:
        days = zip(found.days, found.row(pk, skill_id), strict=True)
        cells = [(day, cell, _hours(cell.free), _hours(cell.reserved)) for day, cell in days]
        rows.append({"name": name, "is_whole": pk is None, "cells": cells})
    return rows


def _hours(count: int) -> str:
    """To the minute up to ten hours, then whole hours: a team's time is not told in days."""
    return minutes(count) if count < 600 else _("%(n)s h") % {"n": count // 60}


def _weekday(rule: CapacityRule) -> str:
    return "" if rule.weekday is None else str(WEEKDAYS[rule.weekday])
