"""The phone's three tabs: today, the van, me."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from delivery import rules
from delivery.views.shell import navigate_url, next_tap, tabs
from dispatch import queries as visits
from dispatch.models import Visit
from inventory import queries as stock
from tenants.http import TenantRequest
from workforce import queries as workforce
from workforce.models import Engineer

DAYS_AHEAD = 7
DAYS_BACK = 7
"""A visit that was never ended stays on the list for a week."""


@require_safe
@permitted(Permission.VISIT_PERFORM)
def today(request: TenantRequest, slug: str) -> HttpResponse:
    """The next visit with its one button, then the rest of the day and the coming days."""
    engineer = workforce.find_engineer_of(request.actor)
    context: dict[str, Any] = {"engineer": engineer, "tabs": tabs(request, "today"), "now": now()}
    if engineer is None:
        return render(request, "delivery/today.html", context)
    zone = engineer.zone or request.tenant.zone
    context.update(_plan(request, engineer, zone))
    with timezone.override(zone):
        return render(request, "delivery/today.html", context)


def _plan(request: TenantRequest, engineer: Engineer, zone: ZoneInfo) -> dict[str, Any]:
    at = now()
    day = at.astimezone(zone).date()
    begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    shown = [
        visit
        for visit in visits.visits_of_engineer(
            engineer.pk, begin - timedelta(days=DAYS_BACK), end + timedelta(days=DAYS_AHEAD)
        )
        if visit.status in rules.SHOWN_TO_ENGINEER
    ]
    waiting = [visit for visit in shown if visit.start_at < end and visit.status in rules.OPEN]
    over = [
        visit for visit in shown if visit.status not in rules.OPEN and begin <= visit.shown_start_at < end
    ]
    following = min(waiting, key=lambda visit: visit.status not in rules.UNDER_WAY, default=None)
    coming = [visit for visit in shown if visit.start_at >= end and visit.status in rules.OPEN]
    return {
        "day": at,
        "offers": visits.waiting_offers_for(request.actor),
        "next": following,
        "tap": next_tap(request, following) if following else None,
        "navigate_url": navigate_url(following.work_order.site) if following else "",
        "promise": promise_of(following, at) if following else None,
        "stint": visits.stint_of(following) if following else None,
        "later": [visit for visit in waiting if visit is not following],
        "done": sorted(over, key=lambda visit: visit.shown_start_at, reverse=True),
        "count": len(waiting) + len(over),
        "until": max((visit.end_at for visit in waiting), default=None),
        "coming": _by_day(coming, zone),
    }


def promise_of(visit: Visit, at: datetime) -> dict[str, Any] | None:
    """By when the engineer must be there: {"until", "minutes" left, "state" of the clock, whether that
    "is_other_day" than the visit's}, or None."""
    until = visit.work_order.promised_end_at
    if until is None or visit.arrived_at is not None or visit.status not in rules.OPEN:
        return None
    minutes = int((until - at).total_seconds() // 60)
    state = "breached" if minutes < 0 else "at_risk" if minutes <= 30 else "running"
    is_other_day = timezone.localdate(until) != timezone.localdate(visit.start_at)
    return {"until": until, "minutes": minutes, "state": state, "is_other_day": is_other_day}


@require_safe
@permitted(Permission.VISIT_PERFORM)
def van(request: TenantRequest, slug: str) -> HttpResponse:
    """What the engineer's van holds."""
    engineer = workforce.find_engineer_of(request.actor)
    place = stock.van_of(engineer.pk) if engineer else None
    levels = list(stock.stock_at(place.pk)) if place else []
    context = {
        "place": place,
        "levels": sorted(levels, key=lambda level: not level.is_low),
        "low_count": sum(level.is_low for level in levels),
        "tabs": tabs(request, "van"),
    }
    return render(request, "delivery/van.html", context)


@require_safe
@permitted(Permission.VISIT_PERFORM)
def me(request: TenantRequest, slug: str) -> HttpResponse:
    """Language, appearance and the way out."""
    return render(request, "delivery/me.html", {"tabs": tabs(request, "me")})


def _by_day(coming: list[Visit], zone: ZoneInfo) -> list[tuple[datetime, list[Visit]]]:
    def day_of(visit: Visit) -> date:
        return visit.start_at.astimezone(zone).date()

    groups = [list(of_day) for _day, of_day in groupby(coming, key=day_of)]
    return [(of_day[0].start_at, of_day) for of_day in groups]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone)
