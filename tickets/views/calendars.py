"""Settings: business calendars, a month of one, and the import of closed days."""

from __future__ import annotations

import calendar as months
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, Conflict
from core.forms import tell
from tenants.http import TenantRequest
from tickets import closed_days, permissions, queries, services
from tickets.models import BusinessCalendar
from tickets.promise_forms import CalendarFileForm, CalendarForm


@permitted(permissions.SETTINGS)
@require_safe
def calendar_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every calendar with the version in force."""
    return render(
        request, "tickets/calendar_list.html", {"calendars": queries.calendars(), "here": "calendars"}
    )


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Name a new set of business hours."""
    form = CalendarForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_calendar(actor=request.actor, at=now(), **form.facts())
        except (BadInput, Conflict) as problem:
            tell(form, problem)
        else:
            return _saved(request, made)
    return _page(request, form, None)


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Publish another version of a calendar; the clocks that count by it follow."""
    known = queries.get_calendar(pk)
    form = CalendarForm(request.POST or None, calendar=known)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_calendar(calendar_id=pk, actor=request.actor, at=now(), **form.facts())
        except (BadInput, Conflict) as problem:
            tell(form, problem)
        else:
            return _saved(request, known)
    return _page(request, form, known)


@permitted(permissions.SETTINGS)
@require_POST
def calendar_import(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Take over the closed days of an iCalendar file."""
    known = queries.get_calendar(pk)
    form = CalendarFileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            # One byte more than is allowed is enough to know that it is too much.
            data = file.read(closed_days.MOST_BYTES + 1)
            count = services.import_closed_days(calendar_id=pk, data=data, actor=request.actor, at=now())
        except BadInput as problem:
            tell(form, problem)
        else:
            _say_how_many(request, count)
            return _to(request, known)
    return _page(request, CalendarForm(calendar=known), known, form)


def _say_how_many(request: TenantRequest, count: int) -> None:
    if not count:
        messages.warning(request, _("Nothing in the file closes us in the years that matter."))
        return
    words = ngettext("%(count)s day was taken over.", "%(count)s days were taken over.", count)
    messages.success(request, words % {"count": count})


def _saved(request: TenantRequest, known: BusinessCalendar) -> HttpResponse:
    messages.success(request, _("“%(name)s” was saved.") % {"name": known.name})
    return _to(request, known)


def _to(request: TenantRequest, known: BusinessCalendar) -> HttpResponse:
    where = reverse("tickets:calendar_edit", args=[request.tenant.slug, known.pk])
    return HttpResponseRedirect(where, status=303)


def _page(
    request: TenantRequest,
    form: CalendarForm,
    known: BusinessCalendar | None,
    file_form: CalendarFileForm | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "calendar": known, "here": "calendars"}
    if known is not None:
        context |= {"file_form": file_form or CalendarFileForm(), "versions": known.versions.all()[:10]}
        context |= _month(known, _wanted(request))
        context["today"] = now().astimezone(request.tenant.zone).date()
    is_bad = file_form is not None or (form.is_bound and form.errors)
    status = 422 if is_bad else 200
    return render(request, "tickets/calendar_edit.html", context, status=status)


def _wanted(request: TenantRequest) -> date:
    """The first day of the month that the address asks for, else of this one."""
    try:
        return date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return now().astimezone(request.tenant.zone).date().replace(day=1)


def _month(known: BusinessCalendar, first: date) -> dict[str, Any]:
    """Weeks of days as {"on", "name", "hours", "is_other_month"}, Monday first."""
    version = queries.version_in_force(known)
    laid, _zone = queries.calendar_of(version.pk, "UTC")
    weeks = months.Calendar().monthdatescalendar(first.year, first.month)
    named = queries.holidays_named(version, weeks[0][0], weeks[-1][-1])
    return {
        "month": first,
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{first + timedelta(days=32):%Y-%m}",
        "weeks": [[_day(day, laid, named.get(day, {}), first.month) for day in week] for week in weeks],
    }


def _day(day: date, laid: Any, named: dict[str, object], month: int) -> dict[str, Any]:
    hours = [f"{a // 60}:{a % 60:02d}–{b // 60}:{b % 60:02d}" for a, b in laid.intervals_on(day)]
    name = _("Make-up day") if named.get("makes_up") else named.get("name", "")
    return {
        "on": day,
        "name": name,
        "hours": hours,
        "is_special": bool(named),
        "is_other_month": day.month != month,
    }
