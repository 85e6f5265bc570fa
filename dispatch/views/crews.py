"""Planning a crew by hand: who goes together, and when."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.enums import Permission
from accounts.guards import permitted
from core import formats
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from dispatch import queries, reasons, services
from dispatch.evaluator import Reason
from dispatch.forms import CrewForm
from dispatch.models import WorkOrder
from dispatch.queries.planning import instant
from dispatch.views.board import to_board
from tenants.http import TenantRequest


@permitted(Permission.VISIT_PLAN)
@require_http_methods(["GET", "HEAD", "POST"])
def crew_schedule(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """Plan the visits of a crew; the first one that can come is filled in."""
    work_order = queries.get_work_order(work_order_id)
    if request.method != "POST":
        form, why = _suggested(work_order)
        context = {"form": form, "work_order": work_order, "why": why}
        return render(request, "dispatch/crew_schedule.html", context)
    form = CrewForm(request.POST)
    if form.is_valid():
        try:
            visits = services.schedule_crew(
                work_order_id=work_order_id, actor=request.actor, at=now(), **form.facts()
            )
        except Refusal as problem:
            tell(form, problem)
        else:
            return _planned(request, visits[0].pk)
    context = {"form": form, "work_order": work_order, "why": ""}
    return render(request, "dispatch/crew_schedule.html", context, status=422)


def _suggested(work_order: WorkOrder) -> tuple[CrewForm, str]:
    """The form with the first crew that can come, or why there is none."""
    team = queries.crew_for(work_order, now())
    if isinstance(team, Reason):
        return CrewForm(), reasons.words(team)
    people = [verdict.person.id for verdict in team.verdicts]
    return CrewForm(initial={"engineers": people, "start_at": instant(team.start)}), ""


def _planned(request: TenantRequest, visit_id: int) -> HttpResponse:
    visit = queries.get_visit(visit_id)
    said = _("The crew for %(work_order)s is planned, %(time)s.")
    facts = {"work_order": visit.work_order, "time": formats.local_time(visit.start_at)}
    messages.success(request, said % facts)
    day = visit.start_at.astimezone(timezone.get_current_timezone()).date()
    return to_board(request, day=day.isoformat(), visit=visit.pk)
