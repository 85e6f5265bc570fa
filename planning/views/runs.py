"""Asking for plans, watching them being made, deciding on what they propose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Conflict, Refusal
from dispatch.queries.planning import instant
from planning import queries, reasons, services
from planning.enums import ChangeKind, ChangeState, RunKind, RunState
from planning.forms import AskForm
from planning.models import PlanChange, PlanRun
from tenants.http import TenantRequest
from workforce.models import Engineer, Skill

A_PAGE = 20
LIVING = (RunState.QUEUED, RunState.RUNNING)
DONE = (RunState.PROPOSED, RunState.NOTHING)
ORDER = (ChangeKind.ADD, ChangeKind.MOVE, ChangeKind.ASK, ChangeKind.UNPLAN, ChangeKind.UNSERVED)


def _to(request: TenantRequest, run: PlanRun, *, chosen: Iterable[int] = ()) -> HttpResponse:
    """303 to the run, with the rows that are `chosen` ticked."""
    url = reverse("planning:run_detail", args=[request.tenant.slug, run.pk])
    ticked = "".join(f"&change={pk}" for pk in chosen)
    response = HttpResponseRedirect(f"{url}?{ticked[1:]}" if ticked else url)
    response.status_code = 303
    return response


@permitted(Permission.VISIT_PLAN)
@require_http_methods(["GET", "HEAD", "POST"])
def run_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Ask for a plan; the plans so far."""
    zone, at = request.tenant.zone, now()
    form = AskForm(request.POST or None, today=at.astimezone(zone).date(), zone=zone)
    if request.method == "POST" and form.is_valid():
        try:
            return _to(request, services.ask_plan(actor=request.actor, at=at, **form.facts()))
        except Refusal as problem:
            form.add_error(None, problem.message)
    page = Paginator(queries.runs(), A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page}
    return render(request, "planning/run_list.html", context, status=422 if form.is_bound else 200)


@permitted(Permission.VISIT_PLAN)
@require_safe
def run_detail(request: TenantRequest, slug: str, run_id: int) -> HttpResponse:
    """What a run proposes, and what came of each row.

    A page that watches (`?watch=1`) a run that has ended is loaded anew, with what may be done in its bar.
    """
    run = queries.get_run(run_id)
    names = dict(Skill.objects.values_list("id", "name"))
    days = run.figures.get("days", [])
    changes = [_told(change, names, days) for change in queries.changes_of(run)]
    context = {
        "run": run,
        "is_living": run.state in LIVING,
        "groups": _groups(changes),
        "ticked": {int(i) for i in request.GET.getlist("change") if i.isdecimal()},
        "late": _late(run) if run.state in DONE else [],
        "figures": _figures(run),
        "days": _days(run),
        "roads": reasons.sources(run.figures.get("roads", {}), run.figures.get("without_place", ())),
        "can_decide": run.state == RunState.PROPOSED and any(row["is_open"] for row in changes),
    }
    response = render(request, "planning/run_detail.html", context)
    if request.GET.get("watch") and run.state not in LIVING:
        response["HX-Refresh"] = "true"
    return response


@permitted(Permission.VISIT_PLAN)
@require_safe
def row_help(request: TenantRequest, slug: str, run_id: int, change_id: int) -> HttpResponse:
    """What would help work that stays undone: the part of a row that is asked for when it is opened."""
    run = queries.get_run(run_id)
    change = queries.undone_of(run, change_id)
    found = change.ways_out
    if found is None:
        found = queries.ways_out_of(run, [change], now())[change.pk]
    names = dict(Skill.objects.values_list("id", "name"))
    return render(request, "planning/_ways_out.html", {"ways_out": reasons.ways_out(found, names)})


@permitted(Permission.VISIT_PLAN)
@require_POST
def run_decide(request: TenantRequest, slug: str, run_id: int) -> HttpResponse:
    """Accept or refuse (`act`) the rows chosen (`change`), or all when `act` says so."""
    run = queries.get_run(run_id)
    act = request.POST.get("act", "")
    chosen = None if act.endswith("_all") else [int(i) for i in request.POST.getlist("change") if i.isdigit()]
    if chosen == []:
        messages.error(request, _("Choose at least one row."))
        return _to(request, run)
    if act.startswith("refuse"):
        count = services.reject_changes(run_id=run.pk, change_ids=chosen, actor=request.actor, at=now())
        said = ngettext("%(n)s row was refused.", "%(n)s rows were refused.", count) % {"n": count}
        messages.success(request, said)
        return _to(request, run)
    try:
        counts = services.accept_changes(run_id=run.pk, change_ids=chosen, actor=request.actor, at=now())
    except Conflict as refusal:
        if refusal.problem_code != "waits":
            raise
        messages.warning(request, refusal.message)
        rows = refusal.facts["rows"]
        return _to(request, run, chosen=rows if isinstance(rows, list) else ())
    _say(request, counts)
    return _to(request, run)


@permitted(Permission.VISIT_PLAN)
@require_POST
def run_cancel(request: TenantRequest, slug: str, run_id: int) -> HttpResponse:
    """Call a run off."""
    run = services.cancel_run(run_id=run_id, actor=request.actor, at=now())
    messages.success(request, _("%(run)s was called off.") % {"run": run})
    return _to(request, run)


def _say(request: TenantRequest, counts: dict[str, int]) -> None:
    done, stale, asked = counts["accepted"], counts["stale"], counts.get("asked", 0)
    if asked:
        said = ngettext("%(n)s customer is asked.", "%(n)s customers are asked.", asked)
        messages.success(request, said % {"n": asked})
    if done or not (stale or asked):
        said = ngettext("%(n)s row is on the board now.", "%(n)s rows are on the board now.", done)
        messages.success(request, said % {"n": done})
    if stale:
        said = ngettext(
            "%(n)s row was overtaken by what happened since; it says why.",
            "%(n)s rows were overtaken by what happened since; each says why.",
            stale,
        )
        messages.warning(request, said % {"n": stale})


def _told(change: PlanChange, names: dict[int, str], days: Sequence[dict[str, int]]) -> dict[str, Any]:
    is_new = change.visit is not None and change.from_start_at is None
    sent_at = change.visit.sent_at if change.visit is not None and not is_new else None
    return {
        "change": change,
        "why": [
            *reasons.serves(change),
            *(reasons.words(reason, names) for reason in change.reasons),
            *reasons.saves(change, days),
        ],
        "ways_out": reasons.ways_out(change.ways_out or (), names),
        "is_open": change.state == ChangeState.OPEN and change.kind != ChangeKind.UNSERVED,
        "has_new_engineer": change.from_engineer_id != change.to_engineer_id,
        "is_planned": is_new and change.state == ChangeState.ACCEPTED,
        "was_told": sent_at is not None and (change.decided_at is None or sent_at <= change.decided_at),
    }


def _late(run: PlanRun) -> list[dict[str, Any]]:
    """Visits that stay after their promise, as the board has them now."""
    return [
        {
            "visit": visit,
            "minutes": int((visit.start_at - promised).total_seconds()) // 60,
            "why": reasons.why_late(visit, run),
            "may_replan": run.kind == RunKind.BUILD and visit.sent_at is not None,
        }
        for visit in queries.late_visits(run)
        if (promised := visit.work_order.promised_end_at) is not None
    ]


def _groups(changes: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows by what they do, in the order in which a dispatcher asks; of those that have an engineer each one's day
    in its order, what stays undone by urgency."""
    rows = sorted(changes, key=_place)
    found = [(kind, [row for row in rows if row["change"].kind == kind]) for kind in ORDER]
    return [(kind, group) for kind, group in found if group]


def _place(row: dict[str, Any]) -> tuple[str, int, float]:
    """Where a row stands among those of its kind: by who is to go and when, else by who was to."""
    change = row["change"]
    engineer = change.to_engineer or change.from_engineer
    start_at = change.to_start_at or change.from_start_at
    return (
        engineer.name if engineer else "",
        engineer.pk if engineer else 0,
        start_at.timestamp() if start_at else 0.0,
    )


def _figures(run: PlanRun) -> list[dict[str, Any]]:
    """Before and after, side by side; none before there is a proposal."""
    if "after" not in run.figures:
        return []
    before, after = run.figures["before"], run.figures["after"]
    less_is_better = (
        ("visits", _("Visits"), False),
        ("unserved", _("Without a visit"), True),
        ("travel_minutes", _("Travel"), True),
        ("late", _("After the promise"), True),
        ("overtime_minutes", _("Overtime"), True),
    )
    told = [
        {
            "name": name,
            "before": before[key],
            "after": after[key],
            "is_time": key.endswith("minutes"),
            "hue": _hue(before[key], after[key], less=less),
        }
        for key, name, less in less_is_better
    ]
    disturbed = {"name": _("Customers disturbed"), "before": None, "after": run.figures["changes"]["told"]}
    return [*told, disturbed | {"is_time": False, "hue": "rest"}]


def _days(run: PlanRun) -> list[dict[str, Any]]:
    """What makes up the change of travel: each engineer's day that differs, the other days together, and the sum."""
    days = run.figures.get("days", [])
    if not days:
        return []
    names = dict(Engineer.objects.filter(pk__in={day["person"] for day in days}).values_list("pk", "name"))
    rows = [{**day, "name": names.get(day["person"], ""), "at": instant(day["begins"])} for day in days]
    rows.sort(key=lambda row: (row["name"], row["person"], row["begins"]))
    whole = {
        f"{key}_{side}": run.figures[side][figure]
        for side in ("before", "after")
        for key, figure in (("visits", "visits"), ("travel", "travel_minutes"))
    }
    rest = {key: value - sum(day[key] for day in days) for key, value in whole.items()}
    others = [{**rest, "name": _("Other days")}] if any(rest.values()) else []
    return [*rows, *others, {**whole, "name": _("All together"), "is_sum": True}]


def _hue(before: int, after: int, *, less: bool) -> str:
    if before == after:
        return "rest"
    return "work" if (after < before) == less else "stop"
