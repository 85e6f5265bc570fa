"""What a customer opens from a link or a QR code: follow the visit, rate it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from core import look
from core.clock import now
from core.errors import IllegalTransition, NotFound
from dispatch.enums import VisitStatus
from feedback import queries, rules, services, wording
from feedback.enums import LinkPurpose, RatingReason
from feedback.forms import RateForm
from feedback.models import CustomerLink, Response
from feedback.views.doors import address_mark, customer_page, gone, language_for
from tenants.http import TenantRequest

OPENED_SALT = "feedback.opened"
ENDED = frozenset(
    {VisitStatus.DONE, VisitStatus.COULD_NOT_COMPLETE, VisitStatus.NO_SHOW, VisitStatus.CANCELLED}
)


@customer_page
@require_safe
def track(request: TenantRequest, slug: str, code: str) -> HttpResponse:
    """When they come and how far they are. Refreshes itself while the visit is open."""
    at = now()
    link = queries.find_link(code, LinkPurpose.TRACK, at)
    if link is None:
        return gone(request)
    visit, tenant = link.visit, request.tenant
    with (
        translation.override(language_for(request, link)),
        timezone.override(visit.work_order.site.zone or tenant.zone),
    ):
        context = {
            "brand": tenant.name,
            "company": tenant,
            "visit": visit,
            "window": wording.window_of(visit),
            "steps": wording.steps_of(visit),
            "sentence": wording.sentence_of(visit),
            "is_today": timezone.localdate(visit.start_at) == timezone.localdate(at),
            "is_awaited": visit.status not in ENDED | {VisitStatus.ON_SITE, VisitStatus.PAUSED},
            "is_over": visit.status in ENDED,
            "at": at,
        }
        return said_in(render(request, "feedback/track.html", context))


@csrf_exempt  # The secret code in the address is the whole authority; browsers send no origin from this page.
@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: TenantRequest, slug: str, code: str) -> HttpResponse:
    """Five faces. Looking never records; sending does, and may be done again for a day."""
    link = queries.find_link(code, LinkPurpose.RATE, now())
    if link is None:
        return gone(request)
    zone = link.visit.work_order.site.zone or request.tenant.zone
    with translation.override(language_for(request, link)), timezone.override(zone):
        if request.method == "POST":
            return said_in(_save(request, link, code))
        return said_in(_show(request, link))


def _save(request: TenantRequest, link: CustomerLink, code: str) -> HttpResponse:
    form = RateForm(request.POST)
    by_script = "application/json" in request.headers.get("Accept", "")
    if not form.is_valid():
        if by_script:
            return JsonResponse({"saved": False, "errors": form.errors}, status=422)
        return _show(request, link, problem=_("Choose one of the five faces, then send."), status=422)
    try:
        response = services.record_response(
            code=code,
            at=now(),
            language=translation.get_language() or "",
            device=_device(request, link),
            **form.cleaned_data,
        )
    except NotFound:
        return gone(request)
    except IllegalTransition as refusal:
        if by_script:
            return JsonResponse({"saved": False, "detail": refusal.message}, status=409)
        return _show(request, link, problem=refusal.message, status=409)
    if by_script:
        return JsonResponse({"saved": True, "score": response.score})
    return HttpResponseRedirect(f"{request.path}?thanks", status=303)


def _show(
    request: TenantRequest, link: CustomerLink, *, problem: str = "", status: int = 200
) -> HttpResponse:
    at = now()
    response = queries.find_response(link.visit_id)
    is_editable = response is None or rules.is_editable(response.recorded_at, at)
    context: dict[str, Any] = {
        "brand": request.tenant.name,
        "company": request.tenant,
        "visit": link.visit,
        "response": response,
        "is_editable": is_editable,
        "problem": problem,
    }
    if response is not None and ("thanks" in request.GET or not is_editable):
        return render(request, "feedback/thanks.html", context, status=status)
    score = _score_shown(request, response)
    context |= {
        "score": score,
        "faces": [(code, how) for code, how in look.SCORE.items()],
        "reasons": RatingReason.choices,
        "picked": response.reasons if response else [],
        "opened": signing.dumps({"link": link.pk, "at": at.timestamp()}, salt=OPENED_SALT),
        "saved_word": look.SCORE[str(response.score)].word if response else "",
    }
    return render(request, "feedback/rate.html", context, status=status)


def _score_shown(request: TenantRequest, response: Response | None) -> str:
    """The stored score, else the face that a mail's link preselects; looking records nothing."""
    asked = request.POST.get("score") or request.GET.get("score", "")
    if response is not None and not asked:
        return str(response.score)
    return asked if asked in look.SCORE else ""


def _device(request: TenantRequest, link: CustomerLink) -> rules.Device:
    """What is known of the browser that sends a rating."""
    mark = cache.get(engineers_address_key(link.visit_id))
    return rules.Device(
        opened_at=_opened_at(request, link),
        is_staff=request.user.is_authenticated,
        is_engineers_address=mark is not None and mark == address_mark(request),
    )


def _opened_at(request: TenantRequest, link: CustomerLink) -> datetime | None:
    try:
        opened = signing.loads(request.POST.get("opened", ""), salt=OPENED_SALT, max_age=rules.RATE_TIME)
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(opened["at"], UTC) if opened["link"] == link.pk else None


def engineers_address_key(visit_id: int) -> str:
    """Where the network is remembered from which the engineer showed the code."""
    return f"engineers-address:{visit_id}"


def said_in(response: HttpResponse) -> HttpResponse:
    """Say the language of the page."""
    response.headers["Content-Language"] = translation.get_language() or "en"
    return response
