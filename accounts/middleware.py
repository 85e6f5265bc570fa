"""Who asks, and in whose name: finds the tenant and the actor, and keeps the whole request inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import cast
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import structlog
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import ProgrammingError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from accounts import queries
from accounts.models import ApiToken, User
from core.clock import now
from core.errors import Refusal
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.enums import Language
from tenants.http import TenantRequest
from tenants.models import Tenant
from tenants.queries import find_tenant, keep_tenant

SESSION_NOTE_SECONDS = 300
GetResponse = Callable[[HttpRequest], HttpResponse]
_MEMBER_PATH = re.compile(r"^/t/([-\w]+)(/|$)")
_CUSTOMER_PATH = re.compile(r"^/c/([-\w]+)(/|$)")
_API_PATH = re.compile(r"^/api/")


class TenantMiddleware:
    """Enters the tenant named by the path or by the token, in one transaction around view and template.

    A stranger's tenant answers exactly as one that does not exist: 404.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if found := _MEMBER_PATH.match(path):
            return self._as_member(cast(TenantRequest, request), found.group(1))
        if found := _CUSTOMER_PATH.match(path):
            return self._as_customer(cast(TenantRequest, request), found.group(1))
        if _API_PATH.match(path):
            return self._as_program(cast(TenantRequest, request))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A row of a rival met by accident looks like no row at all; a refusal is shown with its way out."""
        if isinstance(exception, ProgrammingError) and "row-level security" in str(exception):
            raise Http404 from exception
        if isinstance(exception, Refusal):
            template = "_problem.html" if request.headers.get("HX-Request") else "refusal.html"
            context = {"refusal": exception, "status": exception.status}
            return render(request, template, context, status=exception.status)
        return None

    def _as_member(self, request: TenantRequest, slug: str) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        tenant = find_tenant(slug)
        if tenant is None:
            return self._nowhere(request)
        with tenant_active(tenant.pk):
            membership = queries.find_membership(request.user)
            if membership is not None:
                if request.session.get("tenant_slug") != slug:
                    request.session["tenant_slug"] = slug
                return self._inside(request, tenant, queries.actor_of(membership))
        return self._nowhere(request)

    def _as_customer(self, request: TenantRequest, slug: str) -> HttpResponse:
        tenant = find_tenant(slug)
        if tenant is None:
            return self._nowhere(request)
        with tenant_active(tenant.pk):
            return self._inside(request, tenant, Actor.customer("customer"))

    def _as_program(self, request: TenantRequest) -> HttpResponse:
        secret = _bearer(request)
        place = queries.find_token_place(secret) if secret else None
        if place is None:
            return self.get_response(request)
        with tenant_active(place[0]):
            token = queries.find_token(place[1], secret)
            if token is None or not _is_usable(token) or not token.tenant.is_active:
                return self.get_response(request)
            _touch(token)
            return self._inside(request, token.tenant, queries.actor_of_token(token))

    def _inside(self, request: TenantRequest, tenant: Tenant, actor: Actor) -> HttpResponse:
        request.tenant, request.actor = tenant, actor
        keep_tenant(tenant)
        who = f"{actor.kind}:{actor.membership_id or actor.token_id or '-'}"
        with structlog.contextvars.bound_contextvars(tenant=tenant.slug, actor=who):
            return self.get_response(request)

    def _nowhere(self, request: HttpRequest) -> HttpResponse:
        with translation.override(_language(request)):
            return render(request, "404.html", status=404)


class ActivityMiddleware:
    """Notes where a person is signed in, at most once in five minutes, outside the request's transaction.

    A note at every request would be a write at every request, and would make the requests of one browser wait
    for each other.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            moment = int(now().timestamp())
            if moment - request.session.get("noted_at", 0) >= SESSION_NOTE_SECONDS:
                request.session["noted_at"] = moment
                UserSession.objects.create_from_request(request)
        return self.get_response(request)


class SteadyAccountMiddleware:
    """Lets changes of one person's sign-in (password, passkeys, codes) happen one after the other.

    A session that ended while its request waited, for the address's owner proved it, changes nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_change = request.method == "POST" and request.path_info.startswith("/accounts/")
        if not is_change or not request.user.is_authenticated:
            return self.get_response(request)
        with transaction.atomic():
            held = User.objects.select_for_update().get(pk=request.user.pk)
            if held.password == request.user.password:
                return self.get_response(request)
        logout(request)
        return redirect_to_login("/")


class LocaleMiddleware:
    """Chooses language and zone: `?lang=`, person, cookie, browser, tenant; the zone of person or tenant.

    A block that a page loads later speaks the language which that page was asked for.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(_language(request)), timezone.override(_zone(request)):
            request.LANGUAGE_CODE = translation.get_language() or Language.ENGLISH
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            if _known(request.GET.get("lang", "")):
                response.set_cookie(
                    "django_language", request.LANGUAGE_CODE, max_age=31_536_000, samesite="Lax"
                )
            return response


def _asked_language(request: HttpRequest) -> str:
    """What the address asks for, or that of the page which loads this block of itself."""
    if asked := _known(request.GET.get("lang", "")):
        return asked
    query = request.headers.get("HX-Current-URL", "").partition("#")[0].partition("?")[2]
    return _known(next(iter(parse_qs(query).get("lang", ())), ""))


def _known(language: str) -> str:
    return language.lower() if language.lower() in Language.values else ""


def _language(request: HttpRequest) -> str:
    if asked := _asked_language(request):
        return asked
    if request.user.is_authenticated and request.user.language:
        return request.user.language
    cookie = request.COOKIES.get("django_language", "").lower()
    if cookie in Language.values:
        return cookie
    tenant = getattr(request, "tenant", None)
    if not request.headers.get("Accept-Language") and tenant is not None:
        return str(tenant.language)
    return translation.get_language_from_request(request)


def _zone(request: HttpRequest) -> ZoneInfo:
    if _API_PATH.match(request.path_info):
        return ZoneInfo("UTC")
    if request.user.is_authenticated and request.user.time_zone:
        return ZoneInfo(request.user.time_zone)
    tenant = getattr(request, "tenant", None)
    return tenant.zone if tenant is not None else ZoneInfo("UTC")


def _bearer(request: HttpRequest) -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() in {"bearer", "token"} else ""


def _is_usable(token: ApiToken) -> bool:
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now())


def _touch(token: ApiToken) -> None:
    at = now()
    if token.last_used_at is None or token.last_used_at < at - timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
