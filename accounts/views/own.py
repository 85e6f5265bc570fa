"""One's own profile and the protection of one's sign-in: open to every member."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries, services
from accounts.enums import Permission
from accounts.forms import ProfileForm
from accounts.models import User
from accounts.rules import PERSONAL
from accounts.views.common import see_other
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from tenants.http import TenantRequest

_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
"""Marks in a browser's name of itself, the telling ones first: Chrome calls itself Safari too."""


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: TenantRequest, slug: str) -> HttpResponse:
    """One's own name, language and time zone."""
    user = cast(User, request.user)
    facts = {"name": request.actor.label, "language": user.language, "time_zone": user.time_zone}
    form = ProfileForm(request.POST or None, initial=facts)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.update_profile(actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as problem:
            tell(form, problem)
        else:
            with translation.override(changed.language or translation.get_language()):
                messages.success(request, _("Your profile was saved."))
            return see_other(request, "profile")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/profile.html", {"form": form, "here": "profile"}, status=status)


@require_safe
def security(request: TenantRequest, slug: str) -> HttpResponse:
    """What protects one's sign-in, and where one is signed in."""
    user = cast(User, request.user)
    context = {
        "here": "security",
        "is_office": request.actor.can(*(p for p in Permission if p not in PERSONAL)),
        "factors": queries.second_factors_of(user),
        "sessions": [
            {
                "device": _device(session.user_agent),
                "ip": session.ip,
                "at": session.last_seen_at,
                "is_this": session.session_key == request.session.session_key,
            }
            for session in queries.sessions_of(user)[:10]
        ],
    }
    return render(request, "accounts/security.html", context)


def _device(user_agent: str) -> str:
    """What a person would call the browser: “Firefox · Windows”."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (browser, system))) or user_agent[:60]
