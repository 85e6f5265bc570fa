"""The visit's page and its taps, from accepting to the end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from delivery import queries, rules, services
from delivery.forms import DelayForm, FinishForm, GiveUpForm
from delivery.views.shell import go, leads_back, navigate_url, next_tap, posted, show, visit_for, zone_of
from delivery.views.today import promise_of
from dispatch import queries as visits
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from tenants.http import TenantRequest

PERFORMERS = (Permission.VISIT_PERFORM, Permission.VISIT_PLAN)

_STEPS = {
    "accept": services.accept_visit,
    "travel": services.start_travel,
    "arrive": services.arrive,
    "pause": services.pause_visit,
    "resume": services.resume_visit,
}
STEPS = tuple(_STEPS)


@require_safe
@permitted(*PERFORMERS)
def visit(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """What the engineer must know and do, with one primary button; after the end, what was done."""
    found = visit_for(request, visit_id)
    evidence = queries.evidence_of(found)
    hazards, notes = rules.split_access_notes(found.work_order.site.access_notes)
    earlier, last_at = queries.asset_visits(found)
    context = {
        "evidence": evidence,
        "hazards": hazards,
        "notes": notes,
        "tap": next_tap(request, found, evidence),
        "promise": promise_of(found, now()),
        "stint": visits.stint_of(found),
        "navigate_url": navigate_url(found.work_order.site),
        "earlier": earlier,
        "last_at": last_at,
        "on_site_minutes": _minutes_here(found),
        "is_today": _is_today(request, found),
        **acts_of(found),
    }
    return show(request, "visit_ended" if context["is_over"] else "visit", found, context)


def acts_of(found: Visit) -> dict[str, Any]:
    """Which secondary acts make sense now: booleans for the sheet."""
    status = VisitStatus(found.status)
    return {
        "is_over": status not in rules.OPEN,
        "is_here": status in rules.COLLECTING,
        "may_pause": rules.PAUSE.may_follow(status),
        "may_give_up": rules.GIVE_UP.may_follow(status),
        "may_delay": status in (VisitStatus.DISPATCHED, VisitStatus.ACCEPTED, VisitStatus.TRAVELLING),
        "needs_acceptance": status == VisitStatus.DISPATCHED,
    }


@require_safe
@permitted(*PERFORMERS)
def visit_more(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """The secondary acts as a page, for phones without JavaScript."""
    found = visit_for(request, visit_id)
    return show(request, "visit_more", found, acts_of(found))


@require_POST
@permitted(*PERFORMERS)
def visit_step(request: TenantRequest, slug: str, visit_id: int, step: str) -> HttpResponse:
    """One tap: accept, travel, arrive, pause or resume."""
    _STEPS[step](visit_id=visit_id, actor=request.actor, at=now())
    if request.POST.get("back") == "today":
        return go(request, "today")
    return go(request, "visit", visit_id)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(*PERFORMERS)
def visit_delay(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Tell the dispatcher that one will be late."""
    form = DelayForm(posted(request))
    if request.method == "POST" and form.is_valid():
        minutes = form.cleaned_data["minutes"]
        services.report_delay(visit_id=visit_id, minutes=minutes, actor=request.actor, at=now())
        messages.success(request, _("The dispatcher knows: %(minutes)d minutes late.") % {"minutes": minutes})
        return go(request, "visit", visit_id)
    context = {"form": form, "delays": rules.DELAYS}
    return show(
        request, "visit_delay", visit_for(request, visit_id), context, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(*PERFORMERS)
def visit_give_up(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """The work could not be completed: why."""
    form = GiveUpForm(posted(request))
    if request.method == "POST" and form.is_valid():
        end = services.no_show if form.is_no_show else services.could_not_complete
        end(visit_id=visit_id, reason=form.reason, actor=request.actor, at=now())
        messages.success(request, _("Noted. The work order waits for another visit."))
        return go(request, "today")
    found = visit_for(request, visit_id)
    return show(request, "visit_give_up", found, {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(*PERFORMERS)
def visit_finish(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """What was done, what is missing, and the last button."""
    form = FinishForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.complete_visit(visit_id=visit_id, actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return go(request, "visit", visit_id)
    found = visit_for(request, visit_id)
    if not form.errors and (back := leads_back(request, found)):
        return back
    evidence = queries.evidence_of(found)
    context = {
        "form": form,
        "evidence": evidence,
        "tap": next_tap(request, found, evidence),
        "on_site_minutes": _minutes_here(found),
    }
    return show(request, "visit_finish", found, context, status=422 if form.errors else 200)


def _is_today(request: TenantRequest, found: Visit) -> bool:
    zone = zone_of(request, found.work_order.site)
    return found.shown_start_at.astimezone(zone).date() == now().astimezone(zone).date()


def _minutes_here(found: Visit) -> int | None:
    if found.arrived_at is None:
        return None
    return int(((found.ended_at or now()) - found.arrived_at).total_seconds() // 60)
