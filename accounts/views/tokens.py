"""API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries, rules, services
from accounts.enums import Permission
from accounts.forms import TokenForm
from accounts.guards import permitted
from accounts.models import ApiToken
from accounts.views.common import once_only, see_other
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from tenants.http import TenantRequest

MANAGE = Permission.TOKEN_MANAGE


@permitted(MANAGE)
@require_safe
def token_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every token with its scopes, state and last use."""
    tokens = [{"token": token, "state": _state(token)} for token in queries.api_tokens()]
    context = {"here": "tokens", "tokens": tokens}
    return render(request, "accounts/token_list.html", context)


@permitted(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def token_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Make a token; its secret is in the answer, and nowhere else."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = services.create_token(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(request.tenant.zone),
                actor=request.actor,
                at=now(),
            )
        except Refusal as problem:
            tell(form, problem)
        else:
            return _show_secret(request, token, secret)
    status = 422 if request.method == "POST" else 200
    held = request.POST.getlist("scopes")
    locked = rules.lacking(request.actor.permissions, Permission.values)
    scopes = [
        {"code": p.value, "label": p.label, "held": p.value in held} for p in Permission if p not in locked
    ]
    return render(
        request,
        "accounts/token_create.html",
        {"here": "tokens", "form": form, "scopes": scopes},
        status=status,
    )


@permitted(MANAGE)
@require_POST
def token_revoke(request: TenantRequest, slug: str, token_id: int) -> HttpResponse:
    """End a token at once."""
    token = services.revoke_token(token_id=token_id, actor=request.actor, at=now())
    messages.success(request, _("%(name)s was revoked. It is refused from now on.") % {"name": token.name})
    return see_other(request, "token_list")


def _show_secret(request: TenantRequest, token: ApiToken, secret: str) -> HttpResponse:
    context = {
        "here": "tokens",
        "title": _("The secret of %(name)s") % {"name": token.name},
        "said": _("Copy it now: only its fingerprint is kept, and it is not shown again."),
        "secret": secret,
        "back": "accounts:token_list",
    }
    return once_only(request, context)


def _state(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now() else "active"
