"""The dispatcher's board: one day, its lanes, the tray and a drawer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.moments import day_or
from dispatch import queries, reasons, rules, services
from dispatch.comparing import beside
from dispatch.enums import LockLevel, TravelSource, VisitStatus
from dispatch.evaluator import Reason
from dispatch.forms import LockForm, MoveForm, PlanForm, ReasonForm
from dispatch.models import Visit, WorkOrder
from dispatch.queries.absences import absence_during, stand_ins
from dispatch.queries.board import COUNTED, day_bounds
from dispatch.queries.planning import instant
from dispatch.ranking import Answer, Candidate
from dispatch.services.consenting import told_window
from dispatch.ways_out import way_out
from tenants.http import TenantRequest
from workforce.models import Skill

SHOWN = 6
_SERVICES = {source: label for source, label in TravelSource.choices if source != TravelSource.ESTIMATE}
ORDERS = ("earliest", "nearest", "least_loaded")


@permitted(Permission.WORK_VIEW)
@require_safe
def board(request: TenantRequest, slug: str) -> HttpResponse:
    """One day: `?day=`, with `?work_order=` or `?visit=` in the drawer. `?view=table` lists it by
    engineer; `?only=` shows what one of the counts on top counts."""
    at, zone = now(), timezone.get_current_timezone()
    only = request.GET.get("only", "")
    day = day_or(request.GET.get("day", ""), at.astimezone(zone).date())
    context = {
        "board": queries.board(
            day, zone=zone, at=at, actor=request.actor, only=only if only in COUNTED else ""
        ),
        "board_zone": zone.key,
        "day": day,
        "today": at.astimezone(zone).date(),
        "yesterday": day - timedelta(days=1),
        "tomorrow": day + timedelta(days=1),
        "at": at,
        "can_plan": request.actor.can(Permission.VISIT_PLAN),
        "as_table": request.GET.get("view") == "table",
        "page_keys": [("C", _("Candidates")), ("←↑→↓", _("Between visits")), ("Esc", _("Close the drawer"))],
        **_drawer(request),
    }
    return render(request, "dispatch/board.html", context)


@permitted(Permission.VISIT_PLAN)
@require_POST
def drafts_send(request: TenantRequest, slug: str) -> HttpResponse:
    """Tell the engineers everything planned for the day."""
    zone = timezone.get_current_timezone()
    day = day_or(request.POST.get("day", ""), now().astimezone(zone).date())
    begin, end = day_bounds(day, zone)
    count = services.send_drafts(from_at=begin, to_at=end, actor=request.actor, at=now())
    told = ngettext("%(n)s visit sent.", "%(n)s visits sent.", count) % {"n": count}
    messages.success(request, told)
    return to_board(request, day=day)


@permitted(Permission.WORK_VIEW, Permission.WORKFORCE_VIEW)
@require_safe
def engineer_loads(request: TenantRequest, slug: str) -> HttpResponse:
    """Today's load of every engineer, as parts that fill themselves into a list of engineers."""
    at, zone = now(), timezone.get_current_timezone()
    ids = [int(part) for part in request.GET.get("ids", "").split(",") if part.isdecimal()][:200]
    lanes = queries.engineer_loads(
        at.astimezone(zone).date(), engineer_ids=ids, zone=zone, at=at, actor=request.actor
    )
    return render(request, "dispatch/_engineer_loads.html", {"lanes": lanes})


def to_board(request: TenantRequest, **query: object) -> HttpResponse:
    """303 to the board of that day."""
    url = reverse("dispatch:board", args=[request.tenant.slug])
    parts = "&".join(f"{key}={value}" for key, value in query.items() if value)
    response = HttpResponseRedirect(f"{url}?{parts}" if parts else url)
    response.status_code = 303
    return response


def _drawer(request: TenantRequest) -> dict[str, Any]:
    work_order_id, visit_id = request.GET.get("work_order", ""), request.GET.get("visit", "")
    if visit_id.isdecimal():
        return _visit_drawer(request, queries.get_visit(int(visit_id)))
    if work_order_id.isdecimal() and not request.actor.provider_code:
        return work_order_drawer(request, int(work_order_id))
    return {}


def _visit_drawer(request: TenantRequest, visit: Visit) -> dict[str, Any]:
    queries.check_visible_visit(request.actor, visit)
    initial = {"engineer": visit.engineer_id, "start_at": visit.start_at, "version": visit.version}
    away = absence_during(visit, visit.engineer.absences.all())
    asks = visit.is_movable and (visit.crew_key is not None or visit.work_order.may_split)
    asks = (
        asks and request.actor.can(Permission.VISIT_PLAN) and (away is not None or "instead" in request.GET)
    )
    crew = crew_beside(request, visit)
    return {
        "visit": visit,
        "crew": crew,
        "away": away,
        "move_form": MoveForm(initial=initial),
        "cancel_form": ReasonForm(),
        "lock_form": LockForm(initial={"version": visit.version, "lock_level": visit.lock_level}),
        "can_move": visit.is_movable,
        "stand_ins": _stand_ins(visit) if asks else None,
        "can_be_no_show": VisitStatus.NO_SHOW in rules.TRANSITIONS[visit.status_code],
        "booked": told_window(visit, queries.appointment_of(visit)),
        "consent": queries.open_consent_of(visit.pk) if visit.lock_level != LockLevel.PROPOSED else None,
        "can_send": visit.look_code == "draft",
        "can_cancel": "cancelled" in rules.TRANSITIONS[visit.status_code],
        "broken": [reasons.words(r, skill_names()) for r in visit.reason.get("broken", ())],
    }


def _stand_ins(visit: Visit) -> list[dict[str, Any]]:
    """Who could go instead, in words; those for whom a reason is enough have `needs_reason`."""
    names = skill_names()
    return [
        {
            **_candidate(Candidate(one, (), (*one.broken, *one.allowed)), names, None),
            "needs_reason": bool(one.broken),
        }
        for one in stand_ins(visit, now())[:SHOWN]
    ]


def crew_beside(request: TenantRequest, visit: Visit) -> list[Visit]:
    """The visits that go together with this one; a provider's people see those of their own."""
    others = [one for one in queries.together_with(visit) if one.pk != visit.pk]
    code = request.actor.provider_code
    return [
        one for one in others if not code or (one.engineer.provider and one.engineer.provider.code == code)
    ]


def work_order_drawer(request: TenantRequest, work_order_id: int) -> dict[str, Any]:
    """What the drawer says about a work order: facts, candidates with reasons, why not the others."""
    work_order = queries.get_work_order(work_order_id)
    order = request.GET.get("order", "")
    strategy = order if order in ORDERS else "earliest"
    planned = _planned_visit(work_order)
    found: dict[str, Any] = {"work_order": work_order, "strategy": strategy, "plan_form": PlanForm()}
    found["planned"] = planned
    if work_order.status in rules.CLOSED_WORK or not request.actor.can(Permission.VISIT_PLAN):
        return found
    at, names, ignoring = now(), skill_names(), planned.pk if planned else 0
    answer = queries.candidates(work_order, at, strategy=strategy, ignoring=ignoring)
    found["opens_at"] = queries.opens_next(work_order, at)
    crew = _crew(work_order, names, at) if work_order.crew_size > 1 else {}
    can_come = bool(crew) and "why" not in crew
    changes = [] if can_come else queries.ways_out(work_order, at, answer)
    found["crew"] = crew
    found["ways_out"] = [way_out(change.as_json(), names) for change in changes]
    return {**found, **told(answer, names)}


def _crew(work_order: WorkOrder, names: Mapping[int, str], at: datetime) -> dict[str, Any]:
    """Who goes together: the visits that are planned, else the first crew that could come, else why there is none."""
    planned = [visit for visit in work_order.visits.all() if visit.status in rules.OCCUPYING]
    if planned:
        return {"is_planned": True, "visits": planned, "members": []}
    team, stints = queries.crew_for(work_order, at, may_be_late=True), 1
    if isinstance(team, Reason) and work_order.may_split:
        found = queries.crew_stints_for(work_order, at)
        team, stints = (found, 1) if isinstance(found, Reason) else (found[0], len(found))
    if isinstance(team, Reason):
        return {"is_planned": False, "members": [], "why": reasons.words(team, names)}
    told = [Candidate(v, (), (*v.broken, *v.allowed)) for v in team.verdicts]
    members = [_candidate(one, names, None) for one in told]
    is_late = any(one["is_late"] for one in members)
    return {"is_planned": False, "members": members, "stints": stints, "is_late": is_late, **members[0]}


def _planned_visit(work_order: WorkOrder) -> Visit | None:
    """The one visit that another candidate would take over; None when nothing or more is planned."""
    movable = [visit for visit in work_order.visits.all() if visit.is_movable]
    return movable[0] if len(movable) == 1 else None


def told(answer: Answer, names: Mapping[int, str]) -> dict[str, Any]:
    """The ranking in words."""
    excluded = [(people, reasons.words(reason, names)) for reason, people in answer.excluded]
    return {
        "candidates": [_candidate(c, names, answer.best) for c in answer.candidates[:SHOWN]],
        "forceable": [_candidate(c, names, answer.best) for c in answer.forceable[:SHOWN]],
        "excluded": excluded,
        "excluded_count": sum(len(people) for people, _why in excluded),
        "judged": len(answer.candidates) + len(answer.forceable) + sum(len(p) for p, _why in excluded),
    }


def _candidate(candidate: Candidate, names: Mapping[int, str], best: Candidate | None) -> dict[str, Any]:
    start, end = candidate.verdict.span
    return {
        "apart": beside(best.as_json(), candidate.as_json()) if best and best is not candidate else "",
        "engineer_id": candidate.verdict.person.id,
        "name": candidate.verdict.person.name,
        "start_at": instant(start),
        "end_at": instant(end),
        "travel_minutes": candidate.verdict.travel_minutes,
        "travel_source": _SERVICES.get(candidate.verdict.travel_source, ""),
        "travel_km": candidate.verdict.travel_km,
        "load_percent": candidate.verdict.load_percent,
        "is_late": candidate.verdict.late_minutes > 0,
        "pluses": [reasons.words(reason, names) for reason in candidate.pluses],
        "minuses": [reasons.words(reason, names) for reason in candidate.minuses],
    }


def skill_names() -> Mapping[int, str]:
    return dict(Skill.objects.values_list("id", "name"))
