"""Pages of offers: what waits for whose answer, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from dispatch import queries, services
from dispatch.enums import OfferKind, OfferStatus
from dispatch.forms import AcceptForm, DeclineForm
from dispatch.models import Offer
from dispatch.views.board import skill_names, told
from tenants.actors import Actor
from tenants.http import TenantRequest

PAGE = 50
READERS = (Permission.WORK_VIEW, Permission.VISIT_PERFORM, Permission.VISIT_PLAN)


@permitted(*READERS)
@require_safe
def offer_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Offers this person may see, those that wait for an answer first on their own tab."""
    status = request.GET.get("status", str(OfferStatus.OFFERED))
    found = queries.offers_for(request.actor)
    if status in OfferStatus.values:
        found = found.filter(status=status)
    if status == OfferStatus.OFFERED:
        found = found.order_by("expires_at", "id")
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "status": status,
        "statuses": OfferStatus.choices,
        **_shell(request),
    }
    return render(request, f"dispatch/{_place(request.actor)}offer_list.html", context)


@permitted(*READERS)
@require_safe
def offer_detail(request: TenantRequest, slug: str, offer_id: int) -> HttpResponse:
    """One offer: what must be done, where, and until when an answer counts."""
    return _show(request, queries.get_offer_for(request.actor, offer_id))


@permitted(*READERS)
@require_POST
def offer_accept(request: TenantRequest, slug: str, offer_id: int) -> HttpResponse:
    """Take the work; a provider names who goes and when."""
    offer = queries.get_offer_for(request.actor, offer_id)
    form = _accept_form(offer, request)
    if form is not None and not form.is_valid():
        return _show(request, offer, accept_form=form, status=422)
    facts = form.facts() if form is not None else {}
    try:
        taken = services.accept_offer(offer_id=offer.pk, actor=request.actor, at=now(), **facts)
    except Refusal as problem:
        offer.refresh_from_db()
        if form is not None:
            form.add_error(None, problem.message)
        return _show(request, offer, accept_form=form, problem=problem.message, status=problem.status)
    said = _("%(work_order)s is yours.") if _is_own(request, taken) else _("%(offer)s was accepted.")
    messages.success(request, said % {"offer": taken, "work_order": taken.work_order})
    _tell_stints(request, taken)
    return _go(request, offer.pk)


@permitted(*READERS)
@require_POST
def offer_decline(request: TenantRequest, slug: str, offer_id: int) -> HttpResponse:
    """Say no, with a reason if there is one."""
    offer = queries.get_offer_for(request.actor, offer_id)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _show(request, offer, decline_form=form, status=422)
    reason = form.cleaned_data["reason"]
    try:
        services.decline_offer(offer_id=offer.pk, reason=reason, actor=request.actor, at=now())
    except Refusal as problem:
        offer.refresh_from_db()
        return _show(request, offer, problem=problem.message, status=problem.status)
    messages.success(request, _("%(offer)s was declined.") % {"offer": offer})
    return _go(request, offer.pk)


@permitted(Permission.VISIT_PLAN)
@require_POST
def offer_withdraw(request: TenantRequest, slug: str, offer_id: int) -> HttpResponse:
    """Take an offer back by hand."""
    offer = services.withdraw_offer(offer_id=offer_id, actor=request.actor, at=now())
    messages.success(request, _("%(offer)s was taken back.") % {"offer": offer})
    url = reverse("dispatch:work_order_detail", args=[request.tenant.slug, offer.work_order_id])
    return HttpResponseRedirect(url, status=303)


def _show(
    request: TenantRequest,
    offer: Offer,
    *,
    accept_form: AcceptForm | None = None,
    decline_form: DeclineForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    at = now()
    is_open = offer.status == OfferStatus.OFFERED and offer.expires_at > at
    proposed = _proposed(offer, at) if is_open and offer.kind == OfferKind.PROVIDER else {}
    context = {
        "offer": offer,
        "order": offer.work_order,
        "skills": offer.work_order.work_order_skills.select_related("skill"),
        "is_open": is_open,
        "minutes_left": max(0, int((offer.expires_at - at).total_seconds() // 60)),
        "accept_form": accept_form or _accept_form(offer, None, proposed.get("candidates", ())),
        "decline_form": decline_form or DeclineForm(),
        "problem": problem,
        "stints": _stints_of(offer),
        "can_plan": request.actor.can(Permission.VISIT_PLAN),
        **proposed,
        **_shell(request),
    }
    return render(request, f"dispatch/{_place(request.actor)}offer.html", context, status=status)


def _proposed(offer: Offer, at: datetime) -> dict[str, Any]:
    """Whom the provider could send and when, and why not the others: no provider sees the shifts of anybody else."""
    return told(queries.takers(offer, at), skill_names())


def _tell_stints(request: TenantRequest, taken: Offer) -> None:
    """Say in how many stints work that takes several days is planned."""
    work_order = taken.work_order
    if not work_order.may_split or taken.visit is None:
        return
    of = queries.stint_of(taken.visit)[1]
    if of > 1:
        said = ngettext("It is planned in %(n)s stint.", "It is planned in %(n)s stints.", of)
        messages.info(request, said % {"n": of})


def _stints_of(offer: Offer) -> Sequence[tuple[datetime, datetime]]:
    """(start, end) of the stints that an engineer would take on; none of work that is done in one go."""
    is_open = offer.status == OfferStatus.OFFERED
    return offer.spans if is_open and offer.stints else ()


def _accept_form(
    offer: Offer, request: TenantRequest | None, able: Sequence[dict[str, Any]] = ()
) -> AcceptForm | None:
    """Only a provider says who goes and when: who of them is `able` first is proposed. An engineer was offered a
    time."""
    if offer.kind != OfferKind.PROVIDER or offer.provider_id is None:
        return None
    initial = {"engineer": able[0]["engineer_id"], "start_at": able[0]["start_at"]} if able else {}
    return AcceptForm(request.POST if request else None, provider_id=offer.provider_id, initial=initial)


def _place(actor: Actor) -> str:
    """An engineer reads on the phone; everybody else at a desk."""
    return "" if actor.can(Permission.WORK_VIEW, Permission.VISIT_PLAN) else "my_"


def _is_own(request: TenantRequest, offer: Offer) -> bool:
    engineer = offer.engineer
    return engineer is not None and engineer.membership_id == request.actor.membership_id


def _shell(request: TenantRequest) -> dict[str, Any]:
    """The way back of the phone's pages, which belong to a later stage: linked by its name, when it is there."""
    try:
        return {"today_url": reverse("delivery:today", args=[request.tenant.slug])}
    except NoReverseMatch:
        return {"today_url": ""}


def _go(request: TenantRequest, offer_id: int) -> HttpResponse:
    url = reverse("dispatch:offer_detail", args=[request.tenant.slug, offer_id])
    return HttpResponseRedirect(url, status=303)
