"""The director's page, its paper and its CSV."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from analytics import queries, rules, wording
from analytics.enums import Kpi, Need, Node
from core.clock import now
from core.text import harmless
from tenants.http import TenantRequest

AREAS_SHOWN = 9


@permitted(Permission.DIRECTOR_VIEW)
@require_safe
def director(request: TenantRequest, slug: str) -> HttpResponse:
    """Is today good, and what needs me? Every number opens the list behind it."""
    at, zone = now(), request.tenant.zone
    with timezone.override(zone):
        today = timezone.localdate(at)
        day = _day(request, today)
        glance = queries.day_at_a_glance(day=day, zone=zone, at=at)
        code = request.GET.get("behind", "")
        context: dict[str, Any] = {
            "glance": glance,
            "day": day,
            "is_today": day == today,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1) if day < today else None,
            "at": at,
            "tiles": [(one, _tile_url(one.tile, slug, day)) for one in _tiles(glance, at)],
            "wall": [_node(node, glance.wall) for node in Node],
            "decisions": [(wording.asked(one), _need_url(one.need, slug)) for one in glance.decisions],
            "area_sparks": [_area(area) for area in glance.areas[:AREAS_SHOWN]],
            "behind": code,
            "behind_name": _name_of(code),
            "rows": queries.rows_behind(code, day, zone, at) if code else None,
        }
        return render(request, "analytics/director.html", context)


@permitted(Permission.DIRECTOR_VIEW)
@require_safe
def director_csv(request: TenantRequest, slug: str) -> HttpResponse:
    """Four weeks of figures, one row per day, then the areas; opens safely in a spreadsheet."""
    at, zone = now(), request.tenant.zone
    with timezone.override(zone):
        day = _day(request, timezone.localdate(at))
        glance = queries.day_at_a_glance(day=day, zone=zone, at=at)
    out = StringIO()
    # A byte-order mark, or Excel reads Japanese and Chinese as something else.
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(["day", *(str(kpi) for kpi in Kpi)])
    for place, one in enumerate(glance.days):
        writer.writerow([one.isoformat(), *(_cell(tile.series[place]) for tile in glance.tiles)])
    writer.writerow([])
    writer.writerow(["area", "visits", "on_time_percent"])
    for area in glance.areas:
        writer.writerow([harmless(area.name), area.visits, _cell(area.percent)])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="figures-{slug}-{day.isoformat()}.csv"'
    return response


@permitted(Permission.DIRECTOR_VIEW)
@require_safe
def inquiry_figures(request: TenantRequest, slug: str) -> HttpResponse:
    """Inquiries of the four weeks up to a day: a part of the director's page, or a page of its own."""
    day = _day(request, timezone.localdate(now(), request.tenant.zone))
    found = queries.inquiries(day)
    context = {
        "day": day,
        "found": found,
        "heat": [_heat_row(row, found.most) for row in found.heat],
        "hours": range(24),
        "topics": [(one, one.now - one.before) for one in found.topics],
    }
    fragment = request.headers.get("HX-Request")
    return render(request, "analytics/_inquiries.html" if fragment else "analytics/inquiries.html", context)


def _heat_row(row: queries.HeatRow, most: int) -> tuple[queries.HeatRow, list[tuple[int, int]]]:
    """A channel's hours, each with its strength from 0 to 5."""
    return row, [(count, -(-5 * count // most) if most else 0) for count in row.counts]


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _day(request: TenantRequest, today: date) -> date:
    asked = request.GET.get("day", "")
    try:
        found = parse_date(asked)
    except ValueError:
        found = None
    return min(found, today) if found and found.year >= 2000 else today


def _tiles(glance: queries.Glance, at: datetime) -> list[wording.Shown]:
    oldest = glance.oldest_open_at
    days = (at - oldest).total_seconds() / 86400 if oldest else None
    return [wording.shown(tile, days) for tile in glance.tiles]


def _node(node: Node, wall: queries.Wall) -> dict[str, Any]:
    hue, icon, word = wording.node_look(node)
    number = wall.counts[node]
    share = round(100 * number / wall.visits) if wall.visits else 0
    return {"code": str(node), "hue": hue, "icon": icon, "word": word, "number": number, "share": share}


def _area(area: queries.Area) -> dict[str, Any]:
    target = rules.TARGETS[Kpi.ON_TIME]
    return {
        "area": area,
        "percent": wording.value_of(Kpi.ON_TIME, area.percent),
        "spark": rules.spark(area.series, target),
        "is_missed": rules.misses_target(Kpi.ON_TIME, area.percent),
    }


def _name_of(code: str) -> str:
    if code in set(Node):
        return wording.node_look(Node(code))[2]
    if code in set(Kpi):
        return wording.kpi_name(Kpi(code))
    return wording.need_name(Need(code)) if code in set(Need) else ""


def _tile_url(tile: queries.Tile, slug: str, day: date) -> str:
    if tile.kpi == Kpi.SATISFACTION:
        return f"{reverse('feedback:response_list', args=[slug])}?on={day.isoformat()}"
    if tile.kpi == Kpi.BACKLOG:
        return reverse("dispatch:work_order_list", args=[slug])
    return f"?day={day.isoformat()}&behind={tile.kpi}#behind"


def _need_url(need: Need, slug: str) -> str:
    if need in (Need.CLOCKS, Need.LATE, Need.NOBODY):
        return f"?behind={need}#behind"
    if need == Need.AREA:
        return "#areas"
    route, query = {
        Need.RECOVERIES: ("feedback:response_list", "#follow-ups"),
        Need.STOCK: ("inventory:stock_level_list", "?low=1"),
        Need.BLOCKED: ("billing:settlement", "?show=blocked"),
    }[need]
    return f"{reverse(route, args=[slug])}{query}"
