"""One's notices, what one wants to be told, and who is on call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from notices import queries, services
from notices.forms import DutyForm, WishesForm
from notices.models import Notice
from notices.permissions import ROSTER
from notices.wording import kind_of, said
from tenants.http import TenantRequest

PAGE = 50
ROSTER_DAYS = 28


@require_safe
def notice_list(request: TenantRequest, slug: str) -> HttpResponse:
    """What reached me: unread, or all of it."""
    me = _me(request)
    shows_all = request.GET.get("show") == "all"
    page = Paginator(queries.notices_of(me, only_unread=not shows_all), PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "lines": _lines(page.object_list),
        "shows_all": shows_all,
        "unread": queries.unread_count(me),
        "bell_here": True,
    }
    return render(request, "notices/notice_list.html", context)


@require_safe
def notice_bell(request: TenantRequest, slug: str) -> HttpResponse:
    """The bell with the number of unread notices, as it is now."""
    kind = "square" if request.GET.get("kind") == "square" else "item"
    return render(request, "notices/_bell.html", {"kind": kind})


@require_POST
def notice_open(request: TenantRequest, slug: str, notice_id: int) -> HttpResponse:
    """Mark as read and go to the thing."""
    notice = services.mark_read(notice_id=notice_id, actor=request.actor, at=now())
    return HttpResponseRedirect(notice.path, status=303)


@require_POST
def notice_read(request: TenantRequest, slug: str, notice_id: int) -> HttpResponse:
    """Mark as read and stay."""
    services.mark_read(notice_id=notice_id, actor=request.actor, at=now())
    return _go(slug, "notice_list")


@require_POST
def notices_read(request: TenantRequest, slug: str) -> HttpResponse:
    """Mark everything as read."""
    services.mark_all_read(actor=request.actor, at=now())
    messages.success(request, _("Everything is marked as read."))
    return _go(slug, "notice_list")


@require_http_methods(["GET", "HEAD", "POST"])
def own_hours(request: TenantRequest, slug: str) -> HttpResponse:
    """When and how I want to be told."""
    me = _me(request)
    form = WishesForm(request.POST or None, own=queries.find_own_hours(me))
    if request.method == "POST" and form.is_valid():
        try:
            services.set_own_hours(
                weekly=form.weekly,
                mail=form.cleaned_data["mail"],
                kinds=form.kinds,
                actor=request.actor,
                at=now(),
            )
        except Refusal as problem:
            tell(form, problem)
        else:
            messages.success(request, _("Your notices will reach you like this from now on."))
            return _go(slug, "own_hours")
    context = {"form": form, "here": "own_hours", "zone": _zone_name(request)}
    return render(request, "notices/own_hours.html", context, status=_status(request))


@permitted(*ROSTER)
@require_http_methods(["GET", "HEAD", "POST"])
def on_call(request: TenantRequest, slug: str) -> HttpResponse:
    """Who is on call now and in the next weeks, in the tenant's time; and adding a time."""
    with timezone.override(request.tenant.zone):
        form = DutyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.add_duty(actor=request.actor, at=now(), **form.cleaned_data)
            except Refusal as problem:
                tell(form, problem)
            else:
                messages.success(request, _("The time on call stands in the roster."))
                return _go(slug, "on_call")
        context = {"form": form, "here": "on_call", **_roster(now())}
        return render(request, "notices/on_call.html", context, status=_status(request))


@permitted(*ROSTER)
@require_POST
def duty_remove(request: TenantRequest, slug: str, duty_id: int) -> HttpResponse:
    """Take a time on call off the roster."""
    services.remove_duty(duty_id=duty_id, actor=request.actor, at=now())
    messages.success(request, _("It was taken off the roster."))
    return _go(slug, "on_call")


def _roster(at: datetime) -> dict[str, Any]:
    return {
        "on_call_now": queries.on_call_at(at),
        "shifts": queries.roster(at, at + timedelta(days=ROSTER_DAYS)),
        "duties": [duty for duty in queries.duties() if duty.every_weeks or duty.until_at > at],
        "days": ROSTER_DAYS,
    }


def _lines(notices: Iterable[Notice]) -> list[dict[str, Any]]:
    return [{"notice": n, "kind": kind_of(n), "said": said(n)} for n in notices]


def _me(request: TenantRequest) -> int:
    if request.actor.membership_id is None:
        raise Http404
    return request.actor.membership_id


def _zone_name(request: TenantRequest) -> str:
    return getattr(request.user, "time_zone", "") or request.tenant.time_zone


def _status(request: TenantRequest) -> int:
    return 422 if request.method == "POST" else 200


def _go(slug: str, name: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"notices:{name}", args=[slug]), status=303)
