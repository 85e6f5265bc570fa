"""Ratings and follow-ups for us, and the code that the engineer shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import segno
from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from customers import queries as customers
from dispatch import queries as dispatch
from feedback import links, queries, rules, services
from feedback.enums import Flag, LinkPurpose, RatingReason
from feedback.forms import OutcomeForm
from feedback.models import Response
from feedback.views.customers import engineers_address_key
from feedback.views.doors import address_mark
from tenants.http import TenantRequest

ROWS = 50
LOOK_BACK = timedelta(days=30)


@permitted(Permission.RESPONSE_VIEW)
@require_safe
def customer_rating(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """What a customer said last: a part of the ticket's page, or a page of its own."""
    customer = customers.get_customer(pk)
    context = {"customer": customer, "response": queries.find_last_response(pk)}
    fragment = request.headers.get("HX-Request")
    template = "feedback/_last_rating.html" if fragment else "feedback/last_rating.html"
    return render(request, template, context)


@permitted(Permission.RESPONSE_VIEW)
@require_safe
def response_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Ratings, the follow-ups that wait first."""
    return _list(request)


@permitted(Permission.RECOVERY_WORK)
@require_POST
def recovery_finish(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Close a follow-up with what came of it."""
    form = OutcomeForm(request.POST, prefix=f"r{pk}")
    if not form.is_valid():
        return _list(request, failed={pk: form}, status=422)
    try:
        services.finish_recovery(
            recovery_id=pk, outcome=form.cleaned_data["outcome"], actor=request.actor, at=now()
        )
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        form.add_error("outcome", refusal.message)
        return _list(request, failed={pk: form}, status=422)
    messages.success(request, _("Finished. The customer's follow-up is closed."))
    return HttpResponseRedirect(reverse("feedback:response_list", args=[slug]), status=303)


def _list(
    request: TenantRequest, *, failed: dict[int, OutcomeForm] | None = None, status: int = 200
) -> HttpResponse:
    found, score = queries.responses(), request.GET.get("score", "")
    day = _day(request.GET.get("on", ""))
    if day is not None:
        found = queries.responses_on(day)
    if score in {"1", "2", "3", "4", "5"}:
        found = found.filter(score=int(score))
    elif score == "low":
        found = found.filter(score__lte=rules.LOW_SCORE)
    elif score == "flagged":
        found = found.filter(flags__len__gt=0)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    waiting = [
        (recovery, (failed or {}).get(recovery.pk) or OutcomeForm(prefix=f"r{recovery.pk}"))
        for recovery in queries.open_recoveries()[:ROWS]
    ]
    at = now()
    context: dict[str, Any] = {
        "page": page,
        "rows": [(response, *_words(response)) for response in page],
        "recoveries": waiting,
        "late": sum(1 for recovery, _form in waiting if recovery.due_at < at),
        "figures": queries.figures(at - LOOK_BACK),
        "score": score,
        "day": day,
        "now": at,
        "may_finish": request.actor.can(Permission.RECOVERY_WORK),
    }
    return render(request, "feedback/response_list.html", context, status=status)


def _day(asked: str) -> date | None:
    try:
        day = parse_date(asked)
    except ValueError:
        # Well formed but no day of the calendar, such as 2026-02-30.
        return None
    # A day is read up to the next one, in any zone: the calendar's first and last have none beside them.
    return day if day and date.min.year < day.year < date.max.year else None


def _words(response: Response) -> tuple[list[str], list[str]]:
    reasons = [str(RatingReason(reason).label) for reason in response.reasons]
    flags = [str(Flag(flag).label) if flag in Flag.values else flag for flag in response.flags]
    return reasons, flags


@never_cache
@permitted(Permission.VISIT_PERFORM, Permission.RESPONSE_RECORD)
@require_safe
def visit_qr(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """The rating code of a visit, on the engineer's screen, in the customer's language."""
    visit = dispatch.get_visit(pk)
    link = services.issue_link(visit_id=pk, purpose=LinkPurpose.RATE, actor=request.actor, at=now())
    cache.set(engineers_address_key(pk), address_mark(request), int(rules.RATE_TIME.total_seconds()))
    url = links.url_of(request.tenant, link, f"{request.scheme}://{request.get_host()}")
    contact, customer = visit.work_order.contact, visit.work_order.customer
    language = (contact.language if contact else "") or customer.language or request.tenant.language
    context: dict[str, Any] = {"visit": visit, "url": url, "spoken": links.spoken(url)}
    with translation.override(language):
        code = segno.make(url, error="m", micro=False)
        says = _("QR code that opens the rating page")
        context |= {
            "qr": mark_safe(code.svg_inline(border=4, omitsize=True, title=says)),
            "customer_language": translation.get_language(),
            "question": _("How was today's visit?"),
            "how": _("Scan this with your own phone. It takes ten seconds."),
            "privacy": _("The engineer does not see your answer."),
            "validity": _("Valid for 14 days."),
        }
    context["back_url"] = _visit_url(slug, pk)
    return render(request, "feedback/visit_qr.html", context)


def _visit_url(slug: str, pk: int) -> str:
    return reverse("delivery:visit", args=[slug, pk])
