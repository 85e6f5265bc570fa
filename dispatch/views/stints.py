"""Planning work that takes several days by hand: the stints are proposed, and planned together."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.enums import Permission
from accounts.guards import permitted
from core import formats
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from dispatch import queries, reasons, services
from dispatch.crews import Team
from dispatch.evaluator import Reason
from dispatch.models import Visit, WorkOrder
from dispatch.queries.planning import instant
from dispatch.ranking import Answer
from dispatch.stint_forms import StintsForm
from dispatch.stints import stints_of
from dispatch.views.board import to_board
from tenants.http import TenantRequest
from workforce import queries as workforce


@permitted(Permission.VISIT_PLAN)
@require_http_methods(["GET", "HEAD", "POST"])
def stints_schedule(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """Plan all that is left of the work; the stints of who would be done first are filled in, or those of
    `engineer`."""
    work_order = queries.get_work_order(work_order_id)
    if request.method != "POST":
        chosen = request.GET.get("engineer", "")
        form, why = _suggested(work_order, int(chosen) if chosen.isdecimal() else None)
        return _page(request, work_order, form, why=why, chosen=chosen)
    form = StintsForm(request.POST, is_crew=work_order.crew_size > 1)
    if form.is_valid():
        try:
            visits = services.schedule_stints(
                work_order_id=work_order_id, actor=request.actor, at=now(), **form.facts()
            )
        except Refusal as problem:
            tell(form, problem)
        else:
            return _planned(request, work_order, visits)
    return _page(request, work_order, form, status=422)


def _page(
    request: TenantRequest,
    work_order: WorkOrder,
    form: StintsForm,
    *,
    why: str = "",
    chosen: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "work_order": work_order,
        "left": formats.minutes(work_order.minutes_to_plan),
        "engineers": workforce.active_engineers(),
        "chosen": chosen,
        "why": why,
    }
    return render(request, "dispatch/stints_schedule.html", context, status=status)


def _suggested(work_order: WorkOrder, engineer_id: int | None) -> tuple[StintsForm, str]:
    """The form with the stints that could be planned, or why there are none."""
    is_crew = work_order.crew_size > 1
    stints: Sequence[Team] = ()
    why = ""
    if work_order.may_split and work_order.left_minutes != 0:
        stints, why = _crew_stints(work_order) if is_crew else _stints(work_order, engineer_id)
    initial: dict[str, object] = {"count": max(1, len(stints))}
    for number, stint in enumerate(stints):
        ids = [verdict.person.id for verdict in stint.verdicts]
        initial[f"engineer_{number}"] = ids if is_crew else ids[0]
        initial[f"start_{number}"] = instant(stint.start)
        initial[f"minutes_{number}"] = (stint.end - stint.start) // 60
    return StintsForm(initial=initial, is_crew=is_crew), why


def _stints(work_order: WorkOrder, engineer_id: int | None) -> tuple[Sequence[Team], str]:
    ids = None if engineer_id is None else [engineer_id]
    answer = queries.stints_for(work_order, now(), engineer_ids=ids)
    if answer.best is None:
        return (), _why_none(answer)
    return [Team(*stint.span, (stint,)) for stint in stints_of(answer.best.verdict)], ""


def _crew_stints(work_order: WorkOrder) -> tuple[Sequence[Team], str]:
    found = queries.crew_stints_for(work_order, now())
    return ((), reasons.words(found)) if isinstance(found, Reason) else (found, "")


def _why_none(answer: Answer) -> str:
    """Why nobody can do the work in stints: the rule that keeps most out."""
    names = dict(workforce.skills().values_list("id", "name"))
    told = [reasons.words(reason, names) for reason, _people in answer.excluded]
    return told[0] if told else _("Nobody can go without breaking a rule.")


def _planned(request: TenantRequest, work_order: WorkOrder, visits: list[Visit]) -> HttpResponse:
    said = ngettext(
        "%(work_order)s is planned in %(n)s stint, from %(time)s.",
        "%(work_order)s is planned in %(n)s stints, from %(time)s.",
        len(visits),
    )
    time = formats.local_datetime(visits[0].start_at)
    messages.success(request, said % {"work_order": work_order, "n": len(visits), "time": time})
    day = visits[0].start_at.astimezone(timezone.get_current_timezone()).date()
    return to_board(request, day=day.isoformat(), visit=visits[0].pk)
