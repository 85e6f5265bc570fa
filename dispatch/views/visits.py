"""Acts on visits: plan, move, send, call off. Each is one service call and leads back to the board."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.enums import Permission
from accounts.guards import permitted
from core import formats
from core.clock import now
from core.errors import BadInput, IllegalTransition, NotAllowed, NotFound, Refusal
from core.forms import tell
from dispatch import queries, services
from dispatch.forms import LockForm, MoveForm, PlanForm, ReasonForm
from dispatch.views.board import crew_beside, to_board
from dispatch.views.consents import consent_url
from tenants.http import TenantRequest

ABOUT_THE_TIME = ("rule_broken", "overlap")
"""Refusals that another time may mend: they stand at the time, and the box on top leads there."""


@permitted(Permission.VISIT_PLAN)
@require_POST
def visit_schedule(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """Plan a visit of a work order. A refusal comes back in the form, with what was entered."""
    form, status = PlanForm(request.POST), 422
    if form.is_valid():
        try:
            visit = services.schedule_visit(
                work_order_id=work_order_id, actor=request.actor, at=now(), **form.facts()
            )
        except Refusal as refusal:
            status = told_in(form, refusal)
        else:
            said = _("%(work_order)s is planned with %(engineer)s, %(time)s.")
            facts = {
                "work_order": visit.work_order,
                "engineer": form.cleaned_data["engineer"].name,
                "time": formats.local_time(visit.start_at),
            }
            messages.success(request, said % facts)
            return to_board(request, day=_day_of(visit.start_at), visit=visit.pk)
    context = {"form": form, "work_order": queries.get_work_order(work_order_id)}
    return render(request, "dispatch/visit_schedule.html", context, status=status)


@permitted(Permission.VISIT_PLAN)
@require_POST
def visit_move(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Give the visit another engineer or time. A refusal comes back in the form, with what was entered."""
    form, status = MoveForm(request.POST), 422
    if form.is_valid():
        try:
            visit = services.move_visit(
                visit_id=visit_id,
                version=form.cleaned_data["version"],
                actor=request.actor,
                at=now(),
                **form.facts(),
            )
        except services.NeedsConsent as refusal:
            messages.warning(request, refusal.message)
            return HttpResponseRedirect(consent_url(request, visit_id, form.facts()), status=303)
        except Refusal as refusal:
            status = told_in(form, refusal)
        else:
            facts = {
                "work_order": visit.work_order,
                "engineer": form.cleaned_data["engineer"].name,
                "time": formats.local_time(visit.start_at),
            }
            crew = [one.engineer.name for one in crew_beside(request, visit)]
            said = _("%(work_order)s moved to %(engineer)s, %(time)s.")
            if crew:
                facts["crew"] = ", ".join(crew)
                said = _("%(work_order)s moved to %(engineer)s, %(time)s, together with %(crew)s.")
            messages.success(request, said % facts)
            return to_board(request, day=_day_of(visit.start_at), visit=visit.pk)
    context = {"form": form, "visit": queries.get_visit(visit_id)}
    return render(request, "dispatch/visit_move.html", context, status=status)


@permitted(Permission.VISIT_PLAN)
@require_POST
def visit_send(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Tell the engineer."""
    try:
        visit = services.send_visit(visit_id=visit_id, actor=request.actor, at=now())
    except IllegalTransition as refusal:
        visit = queries.get_visit(visit_id)
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("%(work_order)s was sent.") % {"work_order": visit.work_order})
    return to_board(request, day=_day_of(visit.start_at), visit=visit.pk)


@permitted(Permission.VISIT_PLAN)
@require_POST
def visit_lock(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Say how firmly the visit is promised."""
    form, status = LockForm(request.POST), 422
    if form.is_valid():
        try:
            visit = services.lock_visit(visit_id=visit_id, actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as refusal:
            status = told_in(form, refusal)
        else:
            said = _("%(work_order)s: %(state)s.")
            facts = {"work_order": visit.work_order, "state": visit.get_lock_level_display()}
            messages.success(request, said % facts)
            return to_board(request, day=_day_of(visit.start_at), visit=visit.pk)
    context = {"form": form, "visit": queries.get_visit(visit_id)}
    return render(request, "dispatch/visit_lock.html", context, status=status)


@permitted(Permission.VISIT_PLAN)
@require_POST
def visit_cancel(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Call the visit off; its work goes back to the tray."""
    form, status = ReasonForm(request.POST), 422
    if form.is_valid():
        try:
            visit = services.cancel_visit(
                visit_id=visit_id, reason=form.cleaned_data["reason"], actor=request.actor, at=now()
            )
        except Refusal as refusal:
            status = told_in(form, refusal)
        else:
            said = _("The visit of %(work_order)s was called off.")
            messages.success(request, said % {"work_order": visit.work_order})
            return to_board(request, day=_day_of(visit.start_at), work_order=visit.work_order_id)
    context = {"form": form, "visit": queries.get_visit(visit_id)}
    return render(request, "dispatch/visit_cancel.html", context, status=status)


@permitted(Permission.VISIT_PLAN)
@require_POST
def visit_drop(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """A visit dropped on a lane: the same act as the form, answered by a word when refused; `X-Go-On` is
    where to ask the customer when they confirmed the visit."""
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _said(BadInput(" ".join(str(text) for texts in form.errors.values() for text in texts)))
    try:
        services.move_visit(
            visit_id=visit_id,
            version=form.cleaned_data["version"],
            actor=request.actor,
            at=now(),
            **form.facts(),
        )
    except services.NeedsConsent as refusal:
        response = _said(refusal)
        response["X-Go-On"] = consent_url(request, visit_id, form.facts())
        return response
    except Refusal as refusal:
        return _said(refusal)
    return HttpResponse(status=204)


def told_in(form: Form, refusal: Refusal) -> int:
    """Show in its form why something was refused; returns the status. Who was overtaken by somebody reads by whom and
    may decide anew about what is there now. What is not theirs to do or see stays a page of its own."""
    if isinstance(refusal, NotAllowed | NotFound):
        raise refusal
    if refusal.problem_code in ABOUT_THE_TIME and "start_at" in form.fields:
        form.add_error("start_at", refusal.message)
    else:
        tell(form, refusal)
    if refusal.facts.get("can_be_forced") and "override_reason" in form.fields:
        form.fields["override_reason"].required = True
    if refusal.problem_code == "stale" and "version" in form.fields:
        form.data = dict(form.data.items()) | {"version": refusal.facts["version"]}
    return 422 if isinstance(refusal, services.CannotSchedule) else refusal.status


def _said(refusal: Refusal) -> HttpResponse:
    response = HttpResponse(refusal.message, status=refusal.status, content_type="text/plain; charset=utf-8")
    return response


def _day_of(at: datetime) -> str:
    return timezone.localtime(at).date().isoformat()
