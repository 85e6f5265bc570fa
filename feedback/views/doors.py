"""The door of customer pages: throttled per address, never cached, never indexed, no referrer told.

Whatever is wrong with a link, the same answer is given, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.crypto import salted_hmac

from core.callers import throttled_part
from feedback.models import CustomerLink
from tenants.enums import Language
from tenants.http import TenantRequest

P = ParamSpec("P")
CustomerView = Callable[Concatenate[TenantRequest, P], HttpResponse]
AnyView = Callable[Concatenate[HttpRequest, P], HttpResponse]

REQUESTS_A_MINUTE = 120
MISSES_IN_TEN_MINUTES = 30
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


def customer_page(view: CustomerView[P]) -> AnyView[P]:
    """Guard a page that is opened by a link: throttle, then the headers that keep its address private."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        inside = cast(TenantRequest, request)
        response = _throttled(inside) or view(inside, *args, **kwargs)
        if response.status_code == 404:
            _count(inside, "miss", 600)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return cast("AnyView[P]", guarded)


def gone(request: TenantRequest) -> HttpResponse:
    """The one answer for a code that is wrong, expired, revoked or for another purpose."""
    context = {"brand": request.tenant.name, "company": request.tenant}
    return render(request, "feedback/link_gone.html", context, status=404)


def language_for(request: TenantRequest, link: CustomerLink) -> str:
    """`?lang=` or an earlier choice goes before the contact's language, that before the browser's."""
    asked = request.GET.get("lang", "").lower()
    chosen = request.COOKIES.get("django_language", "").lower()
    stored = link.contact.language if link.contact else ""
    for language in (asked, chosen, stored or link.visit.work_order.customer.language):
        if language in Language.values:
            return language
    return translation.get_language() or Language.ENGLISH


def address_mark(request: HttpRequest) -> str:
    """The caller's address, or network of IPv6, as a keyed hash: comparable, not readable."""
    part = throttled_part(request)
    return salted_hmac("feedback.address", part, algorithm="sha256").hexdigest()[:32]


def _throttled(request: TenantRequest) -> HttpResponse | None:
    too_many = _count(request, "all", 60) > REQUESTS_A_MINUTE
    if not too_many and int(cache.get(_key(request, "miss"), 0)) < MISSES_IN_TEN_MINUTES:
        return None
    context = {"brand": request.tenant.name, "company": request.tenant}
    response = render(request, "feedback/slow_down.html", context, status=429)
    response.headers["Retry-After"] = "60"
    return response


def _count(request: TenantRequest, what: str, seconds: int) -> int:
    key = _key(request, what)
    if cache.add(key, 1, seconds):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:
        # The count ran out between the two calls: this is the first of the next ones.
        return 1


def _key(request: TenantRequest, what: str) -> str:
    return f"customer-door:{what}:{request.tenant.pk}:{address_mark(request)}"
