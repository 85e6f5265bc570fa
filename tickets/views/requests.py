"""The public request form: no sign-in, no JavaScript, and no flood."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from channels import queries as channels
from core.callers import throttled_part
from core.clock import now
from tenants.enums import Language
from tenants.http import TenantRequest
from tickets import links, queries, rules, services
from tickets.forms import RequestForm
from tickets.views.limits import WINDOW_SECONDS, is_over
from tickets.views.uploads import LIMITS, read_uploads

PER_ADDRESS = 10
PER_TENANT = 300
LETTERS_A_DAY = 3
HOUR_SECONDS, DAY_SECONDS = 3600, 86_400
SALT = "tickets.request"


@require_http_methods(["GET", "POST"])
def request_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Ask for help. Sent at most 10 times per address, and 300 times per company, in ten minutes."""
    form = RequestForm(request.POST or None)
    context = {"form": form, "brand": request.tenant.name, "chat": channels.find_own_chat(), **LIMITS}
    if request.method == "GET":
        return render(request, "tickets/request.html", context)
    if _is_flood(request):
        context["minutes"] = WINDOW_SECONDS // 60
        response = render(request, "tickets/request_too_many.html", context, status=429)
        response.headers["Retry-After"] = str(WINDOW_SECONDS)
        return response
    files = read_uploads(request, form)
    if not form.is_valid():
        return render(request, "tickets/request.html", context, status=422)
    if form.cleaned_data["website"]:
        # A machine filled the trap. It is told what people are told, and nothing was asked of anybody.
        return HttpResponseRedirect(reverse("intake:request_thanks", args=[slug]), status=303)
    email = form.cleaned_data["email"]
    confirms = bool(email) and not _is_written_to_enough(request, email)
    ticket = services.take_in_web_form(
        key=_key(request),
        name=form.cleaned_data["name"],
        email=email,
        phone=form.cleaned_data["phone"],
        subject=form.cleaned_data["subject"],
        body=form.cleaned_data["body"],
        facts={"address": form.cleaned_data["address"].strip()},
        files=files,
        confirms=confirms,
        language=_language(),
        at=now(),
        actor=request.actor,
    )
    code = signing.dumps(ticket.pk, salt=SALT)
    url = reverse("intake:request_thanks", args=[slug])
    return HttpResponseRedirect(f"{url}?r={code}{'&mailed=1' if confirms else ''}", status=303)


@require_safe
def request_thanks(request: TenantRequest, slug: str) -> HttpResponse:
    """Thanks, with the ticket's number when the sealed code of `?r=` names one of the last day."""
    sent = request.GET.get("r", "")
    if followed := request.GET.get("f", ""):
        # Letters that went out earlier lead here.
        url = reverse("customer:followed", args=[slug])
        return HttpResponseRedirect(f"{url}?{urlencode({'f': followed})}")
    context: dict[str, Any] = {"brand": request.tenant.name, "ticket": None}
    try:
        if sent:
            ticket = queries.get_ticket(signing.loads(sent, salt=SALT, max_age=86_400))
            context |= {"ticket": ticket, "follow_url": links.follow_path(request.tenant, ticket)}
            context["is_mailed"] = "mailed" in request.GET
    except signing.BadSignature as problem:
        raise Http404 from problem
    return render(request, "tickets/request_thanks.html", context)


def _key(request: TenantRequest) -> str:
    """The form's own key, or what was written: the same words from the same form are one request."""
    given = request.POST.get("idempotency_key", "")
    words = "\x00".join(
        request.POST.get(name, "") for name in ("name", "email", "phone", "subject", "body", "address")
    )
    return "web:" + hashlib.sha256(f"{given}\x00{words}".encode()).hexdigest()


def _language() -> str:
    language = (get_language() or "").lower()
    return language if language in Language.values else ""


def _is_written_to_enough(request: TenantRequest, email: str) -> bool:
    """Whether enough letters that only the form's sender asked for went to this mailbox, or to strangers, already."""
    tenant, mailbox = request.tenant.pk, rules.mailbox_of(email)
    whose = hashlib.sha256(mailbox.encode()).hexdigest()[:32]
    limits = [(f"request-letter:{tenant}:{whose}", LETTERS_A_DAY, DAY_SECONDS)]
    if not queries.is_customers(email):
        limits += [
            (f"request-letters:hour:{tenant}", settings.REQUEST_LETTERS_AN_HOUR, HOUR_SECONDS),
            (f"request-letters:day:{tenant}", settings.REQUEST_LETTERS_A_DAY, DAY_SECONDS),
        ]
    return is_over(limits)


def _is_flood(request: TenantRequest) -> bool:
    """Count this attempt per address and per company."""
    tenant, address = request.tenant.pk, throttled_part(request)
    return is_over(
        [
            (f"request:{tenant}:{address}", PER_ADDRESS, WINDOW_SECONDS),
            (f"request:{tenant}", PER_TENANT, WINDOW_SECONDS),
        ]
    )
