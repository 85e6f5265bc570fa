"""Pages of consent: ask a customer whether a confirmed visit may move, and what they answered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core import formats
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from dispatch import queries, rules, services
from dispatch.enums import ConsentStatus
from dispatch.forms import WishForm
from dispatch.models import ConsentRequest, Visit
from dispatch.services.consenting import told_window
from dispatch.views.board import crew_beside, to_board
from tenants.http import TenantRequest

PAGE = 50


@permitted(Permission.WORK_VIEW)
@require_safe
def consent_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Questions to customers; those that wait for an answer first, the next to end on top."""
    status = request.GET.get("status", str(ConsentStatus.ASKED))
    found = queries.consents_for(request.actor)
    if status in ConsentStatus.values:
        found = found.filter(status=status)
    if status == ConsentStatus.ASKED:
        found = found.order_by("expires_at", "id")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "consents": [told_consent(consent) for consent in page],
        "status": status,
        "statuses": ConsentStatus.choices,
        "can_plan": request.actor.can(Permission.VISIT_PLAN),
    }
    return render(request, "dispatch/consent_list.html", context)


@permitted(Permission.VISIT_PLAN)
@require_http_methods(["GET", "HEAD", "POST"])
def visit_consent(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Where a move leads that needs the customer: `act` asks them, or moves because they agreed by phone."""
    visit = queries.get_visit(visit_id)
    if request.method != "POST":
        return _page(request, visit, WishForm(initial=_wished(request, visit)))
    form = WishForm(request.POST)
    if not form.is_valid():
        return _page(request, visit, form, status=422)
    try:
        if request.POST.get("act") == "agreed":
            return _moved(request, visit, form)
        return _asked(request, visit, form)
    except Refusal as refusal:
        if "override_reason" in getattr(refusal, "errors", {}):
            form.add_error("agreed_how", refusal.message)
        else:
            tell(form, refusal)
        return _page(request, visit, form, status=refusal.status)


@permitted(Permission.VISIT_PLAN)
@require_POST
def consent_withdraw(request: TenantRequest, slug: str, consent_id: int) -> HttpResponse:
    """Take a question back."""
    consent = services.withdraw_consent(consent_id=consent_id, actor=request.actor, at=now())
    said = _("The question to %(customer)s was taken back.")
    messages.success(request, said % {"customer": consent.visit.work_order.customer.name})
    return _to_work(request, consent.visit)


def told_consent(consent: ConsentRequest) -> dict[str, Any]:
    """A question as a list shows it."""
    options = queries.options_of(consent)
    return {
        "consent": consent,
        "booked": told_window(consent.visit, rules.Appointment("", 0, consent.opens_at, consent.closes_at)),
        "options": options,
        "chosen": options[consent.chosen] if consent.chosen is not None else None,
    }


def consent_url(request: TenantRequest, visit_id: int, facts: dict[str, Any]) -> str:
    """The page on which a refused move goes on, with what was wanted."""
    start = timezone.localtime(facts["start_at"]).strftime("%Y-%m-%dT%H:%M")
    query = {"engineer": facts["engineer_id"], "start_at": start, "override_reason": facts["override_reason"]}
    return f"{reverse('dispatch:visit_consent', args=[request.tenant.slug, visit_id])}?{urlencode(query)}"


def _wished(request: TenantRequest, visit: Visit) -> dict[str, Any]:
    given = {
        name: request.GET[name] for name in ("engineer", "start_at", "override_reason") if name in request.GET
    }
    start = timezone.localtime(visit.start_at).strftime("%Y-%m-%dT%H:%M")
    return {"engineer": visit.engineer_id, "start_at": start, "version": visit.version, **given}


def _asked(request: TenantRequest, visit: Visit, form: WishForm) -> HttpResponse:
    facts, wish = form.facts(), {}
    if (facts["engineer_id"], facts["start_at"]) != (visit.engineer_id, visit.start_at):
        wish = facts
    consent = services.ask_consent(
        visit_id=visit.pk, version=form.cleaned_data["version"], actor=request.actor, at=now(), **wish
    )
    said = _("%(customer)s is asked and may answer until %(time)s.")
    told = {
        "customer": visit.work_order.customer.name,
        "time": formats.local_datetime(consent.expires_at),
    }
    messages.success(request, said % told)
    return _to_work(request, visit)


def _moved(request: TenantRequest, visit: Visit, form: WishForm) -> HttpResponse:
    facts = {**form.facts(), "override_reason": form.cleaned_data["agreed_how"]}
    moved = services.move_visit(
        visit_id=visit.pk,
        version=form.cleaned_data["version"],
        customer_agreed=True,
        actor=request.actor,
        at=now(),
        **facts,
    )
    said = _("%(work_order)s moved to %(engineer)s, %(time)s.")
    told = {
        "work_order": moved.work_order,
        "engineer": form.cleaned_data["engineer"].name,
        "time": formats.local_time(moved.start_at),
    }
    messages.success(request, said % told)
    return to_board(request, day=timezone.localtime(moved.start_at).date().isoformat(), visit=moved.pk)


def _page(request: TenantRequest, visit: Visit, form: WishForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "visit": visit,
        "booked": told_window(visit, queries.appointment_of(visit)),
        "open": queries.open_consent_of(visit.pk),
        "crew": crew_beside(request, visit),
        "way": queries.way_to(visit.work_order),
    }
    return render(request, "dispatch/visit_consent.html", context, status=status)


def _to_work(request: TenantRequest, visit: Visit) -> HttpResponse:
    url = reverse("dispatch:work_order_detail", args=[request.tenant.slug, visit.work_order_id])
    return HttpResponseRedirect(url, status=303)
