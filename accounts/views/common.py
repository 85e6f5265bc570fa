"""What the settings pages share."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from tenants.http import TenantRequest


def see_other(request: TenantRequest, name: str, *args: object) -> HttpResponse:
    """Go on to a settings page by GET."""
    response = HttpResponseRedirect(reverse(f"accounts:{name}", args=[request.tenant.slug, *args]))
    response.status_code = 303
    return response


def once_only(request: TenantRequest, context: Mapping[str, object]) -> HttpResponse:
    """A secret in the answer that made it: neither a session nor the browser nor a repeated request keeps it.

    `context`: title, said (what to do with it), secret, back (name of the route to go on to), here.
    """
    response = render(request, "accounts/once_only.html", dict(context))
    response.holds_secret = True  # type: ignore[attr-defined]  # for journal.middleware
    response.headers["Cache-Control"] = "no-store"
    return response
