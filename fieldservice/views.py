"""The front door, the health probes, and the pages for what is not there or broke."""

from __future__ import annotations

from typing import cast

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.queries import actor_of, memberships_of
from core.api import problems
from fieldservice.context import landing_for, live_url
from tenants.active import tenant_active
from tenants.http import TenantRequest


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send people to where their role's day begins, in the tenant they last used."""
    memberships = list(memberships_of(cast(User, request.user)))
    last = request.session.get("tenant_slug")
    memberships.sort(key=lambda m: m.tenant.slug != last)
    for membership in memberships:
        with tenant_active(membership.tenant.pk):
            landing = landing_for(actor_of(membership), membership.tenant.slug)
        if landing:
            return HttpResponseRedirect(landing)
    return render(request, "no_tenant.html", status=403)


@require_safe
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """Come into a tenant, from the switch or by its short address, to where the role's day begins."""
    inside = cast(TenantRequest, request)
    request.session["tenant_slug"] = slug
    landing = landing_for(inside.actor, slug)
    if landing:
        return HttpResponseRedirect(landing)
    return render(request, "no_tenant.html", status=403)


@require_safe
def live_pass(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the page listens on, asked when its pass is over: a member who is signed in gets the next one."""
    inside = cast(TenantRequest, request)
    answer = JsonResponse({"url": live_url(inside.tenant, inside.actor)})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Needs nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database and Valkey answer. Valkey away means slower, never lost, so it only degrades."""
    checks = {"database": _database_answers(), "valkey": _valkey_answers()}
    status = 200 if checks["database"] == "ok" else 503
    return JsonResponse({"status": "ok" if status == 200 else "unavailable", "checks": checks}, status=status)


def _database_answers() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # Any failure means the same to a probe.
        return "unavailable"
    return "ok"


def _valkey_answers() -> str:
    try:
        redis.Redis.from_url(settings.LIVE_REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping()
    except redis.RedisError:
        return "unavailable"
    return "ok"


def no_such_page(request: HttpRequest) -> HttpResponse:
    """In the place of the page on which allauth lets people change their address without proof.

    Admins let people in by their address: whoever could take another's would be let in instead of them.
    """
    raise Http404


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for people or programs, by path."""
    if request.path_info.startswith("/api/"):
        return problems.bad_request(request, exception)
    return render(request, "400.html", status=400)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for people or programs, by path."""
    if request.path_info.startswith("/api/"):
        return problems.page_not_found(request, exception)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for people or programs, by path; the page needs neither database nor session."""
    if request.path_info.startswith("/api/"):
        return problems.server_error(request)
    return render(request, "500.html", status=500)
