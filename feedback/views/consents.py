"""What a customer opens from a question: keep the appointment, or choose another time."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.clock import now
from core.errors import NotFound, Refusal
from core.formats import local_span
from dispatch import queries as dispatch
from dispatch.enums import ConsentStatus
from dispatch.models import ConsentRequest
from feedback import letters, queries, services
from feedback.enums import LinkPurpose
from feedback.forms import ChooseForm
from feedback.models import CustomerLink
from feedback.views.customers import said_in
from feedback.views.doors import customer_page, gone, language_for
from tenants.http import TenantRequest

ANSWERED = (ConsentStatus.AGREED, ConsentStatus.CHOSE_OTHER, ConsentStatus.KEPT)


@csrf_exempt  # The secret code in the address is the whole authority; browsers send no origin from this page.
@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: TenantRequest, slug: str, code: str) -> HttpResponse:
    """What is booked and what is offered. Looking changes nothing; sending books the window chosen, once."""
    link = queries.find_link(code, LinkPurpose.CHOOSE, now())
    if link is None or link.consent_id is None:
        return gone(request)
    zone = link.visit.work_order.site.zone or request.tenant.zone
    with translation.override(language_for(request, link)), timezone.override(zone):
        if request.method == "POST":
            return said_in(_answer(request, link, code))
        return said_in(_show(request, link))


def _answer(request: TenantRequest, link: CustomerLink, code: str) -> HttpResponse:
    form = ChooseForm(request.POST)
    if not form.is_valid():
        return _show(
            request, link, problem=_("Choose one of the times, or keep your appointment."), status=422
        )
    try:
        services.answer_question(
            code=code, choice=form.chosen(), comment=form.cleaned_data["comment"], at=now()
        )
    except NotFound:
        return gone(request)
    except Refusal as refusal:
        return _show(request, link, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(request.path, status=303)


def _show(
    request: TenantRequest, link: CustomerLink, *, problem: str = "", status: int = 200
) -> HttpResponse:
    at, consent = now(), dispatch.get_consent(link.consent_id or 0)
    is_open = consent.status == ConsentStatus.ASKED and consent.expires_at > at
    visit = consent.visit
    context: dict[str, Any] = {
        "brand": request.tenant.name,
        "company": request.tenant,
        "visit": visit,
        "consent": consent,
        "booked": local_span(consent.opens_at, consent.closes_at),
        "why": letters.why_words(consent),
        "problem": problem,
        "comment": request.POST.get("comment", ""),
    }
    if is_open:
        context["options"] = _options(consent)
        return render(request, "feedback/choose.html", context, status=status)
    held = dispatch.appointment_of(visit)
    context["now_booked"] = local_span(held.opens, held.closes)
    context["is_answered"] = consent.status in ANSWERED
    return render(request, "feedback/chosen.html", context, status=status)


def _options(consent: ConsentRequest) -> list[dict[str, Any]]:
    """The windows offered; one that is taken by now is told as such."""
    left = dispatch.options_left(consent, now())
    return [
        {"number": number, "start": option.start, "end": option.end, "is_free": number in left}
        for number, option in enumerate(dispatch.options_of(consent))
    ]
