"""Pages of work orders, and the part of a ticket's page that shows them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from dispatch import queries, rules, services
from dispatch.enums import RunOutcome, WorkOrderStatus
from dispatch.forms import LinkForm, ReasonForm, TicketWorkForm, WorkOrderForm
from dispatch.models import WorkOrder
from dispatch.part_forms import ExpectedPartsForm, as_lines
from dispatch.queries.work import other_open_work
from dispatch.views.consents import told_consent
from dispatch.views.runs import told_run
from tenants.http import TenantRequest
from tickets import queries as tickets
from tickets.enums import Priority
from workforce.models import Skill

PAGE = 50


def to_detail(request: TenantRequest, work_order_id: int) -> HttpResponse:
    """303 to the page of a work order."""
    response = HttpResponseRedirect(
        reverse("dispatch:work_order_detail", args=[request.tenant.slug, work_order_id])
    )
    response.status_code = 303
    return response


@permitted(Permission.WORK_VIEW)
@require_safe
def work_order_list(request: TenantRequest, slug: str) -> HttpResponse:
    """All work, newest first."""
    text, status = request.GET.get("q", "")[:100], request.GET.get("status", "")
    priority = request.GET.get("priority", "")
    found = queries.work_orders_for(
        request.actor,
        text=text,
        status=status,
        priority=int(priority) if priority in {"1", "2", "3", "4"} else None,
    )
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "q": text,
        "status": status,
        "priority": priority,
        "statuses": WorkOrderStatus.choices,
        "priorities": Priority.choices,
        "can_create": request.actor.can(Permission.WORK_CREATE),
    }
    return render(request, "dispatch/work_order_list.html", context)


@permitted(Permission.WORK_CREATE)
@require_http_methods(["GET", "HEAD", "POST"])
def work_order_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Say what must be done at a site."""
    form = WorkOrderForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            work_order = services.create_work_order(actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(thing)s was made.") % {"thing": work_order})
            return to_detail(request, work_order.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "dispatch/work_order_create.html", {"form": form}, status=status)


@permitted(Permission.WORK_VIEW)
@require_safe
def work_order_detail(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """One work order: visits, what auto-dispatch did and why, skills, ticket, charges."""
    work_order = queries.get_work_order_for(request.actor, work_order_id)
    return render(request, "dispatch/work_order_detail.html", detail_context(request, work_order))


@permitted(Permission.WORK_CREATE)
@require_POST
def work_order_cancel(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """Call the work off."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        context = detail_context(request, queries.get_work_order(work_order_id)) | {"cancel_form": form}
        return render(request, "dispatch/work_order_detail.html", context, status=422)
    work_order = services.cancel_work_order(
        work_order_id=work_order_id, reason=form.cleaned_data["reason"], actor=request.actor, at=now()
    )
    messages.success(request, _("%(thing)s was called off.") % {"thing": work_order})
    return to_detail(request, work_order_id)


@permitted(Permission.WORK_CREATE)
@require_POST
def work_order_parts(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """Say which parts the work is expected to take."""
    form = ExpectedPartsForm(request.POST)
    if form.is_valid():
        work_order = services.update_work_order(
            work_order_id=work_order_id, parts=form.cleaned_data["parts"], actor=request.actor, at=now()
        )
        messages.success(request, _("The parts of %(thing)s were saved.") % {"thing": work_order})
        return to_detail(request, work_order_id)
    context = detail_context(request, queries.get_work_order(work_order_id)) | {"parts_form": form}
    return render(request, "dispatch/work_order_detail.html", context, status=422)


@permitted(Permission.WORK_CREATE)
@require_POST
def work_order_enough(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """No other visit is needed after all."""
    work_order = services.update_work_order(
        work_order_id=work_order_id, follow_up_reason="", actor=request.actor, at=now()
    )
    messages.success(request, _("%(thing)s needs no other visit.") % {"thing": work_order})
    return to_detail(request, work_order_id)


@permitted(Permission.VISIT_PLAN)
@require_POST
def work_order_dispatch(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """Let the rules plan it now."""
    run = services.auto_dispatch(work_order_id=work_order_id, actor=request.actor, at=now())
    if run.outcome == RunOutcome.ASSIGNED and run.visit is not None:
        said = _("%(thing)s goes to %(engineer)s.")
        facts = {"thing": run.work_order, "engineer": run.explanation["chosen"]["name"]}
        messages.success(request, said % facts)
    else:
        said = _("%(thing)s was not planned: %(why)s. See below why.")
        facts = {"thing": run.work_order, "why": RunOutcome(run.outcome).label}
        messages.warning(request, said % facts)
    return to_detail(request, work_order_id)


@permitted(Permission.WORK_VIEW, Permission.TICKET_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_work(request: TenantRequest, slug: str, ticket_id: int) -> HttpResponse:
    """The work orders of a ticket, and the form that makes one. A part of the ticket's page, or a page of
    its own."""
    ticket = tickets.get_ticket(ticket_id)
    form = TicketWorkForm(request.POST or None, ticket=ticket)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                work_order = services.create_work_order_from_ticket(
                    ticket_id=ticket_id,
                    work_type_id=form.work_type_id,
                    actor=request.actor,
                    at=now(),
                    **form.place,
                )
            except Refusal as problem:
                form.add_error(None, problem.message)
            else:
                if not request.headers.get("HX-Request"):
                    messages.success(request, _("%(thing)s was made.") % {"thing": work_order})
                    return to_detail(request, work_order.pk)
                form, status = TicketWorkForm(ticket=ticket), 200
    context = {
        "ticket": ticket,
        "form": form,
        "work_orders": queries.work_orders_of_ticket(ticket_id),
        "other_work": other_open_work(request.actor, ticket),
        "can_create": request.actor.can(Permission.WORK_CREATE),
    }
    template = (
        "dispatch/_ticket_work.html" if request.headers.get("HX-Request") else "dispatch/ticket_work.html"
    )
    return render(request, template, context, status=status)


def _initial(request: TenantRequest) -> dict[str, Any]:
    site = request.GET.get("site", "")
    return {"site": int(site) if site.isdecimal() else None, "priority": Priority.P3}


def _part_lines(work_order: WorkOrder) -> str:
    return as_lines({row.part.code: row.quantity for row in work_order.work_order_parts.all()})


def detail_context(request: TenantRequest, work_order: WorkOrder) -> dict[str, Any]:
    """What the page of a work order shows."""
    names = dict(Skill.objects.values_list("id", "name"))
    runs = queries.runs().filter(work_order=work_order)[:20]
    is_provider = bool(request.actor.provider_code)
    return {
        "work_order": work_order,
        "runs": [told_run(run, names) for run in runs],
        "consents": [
            told_consent(one) for one in queries.consents().filter(visit__work_order=work_order)[:20]
        ],
        "offers": queries.offers_of(work_order.pk)[:20],
        "ticket_files": tickets.received_files(work_order.ticket) if work_order.ticket else [],
        "waits_for": [] if is_provider else queries.links_before(work_order),
        "waited_for_by": [] if is_provider else queries.links_after(work_order),
        "link_form": LinkForm(),
        "cancel_form": ReasonForm(),
        "parts_form": ExpectedPartsForm(initial={"parts": _part_lines(work_order)}),
        "is_open": work_order.status not in rules.CLOSED_WORK and work_order.status != WorkOrderStatus.DONE,
        "can_create": request.actor.can(Permission.WORK_CREATE),
        "can_plan": request.actor.can(Permission.VISIT_PLAN),
        "can_see_charges": request.actor.can(Permission.SETTLEMENT_VIEW),
        "can_audit": request.actor.can(Permission.AUDIT_VIEW),
    }
