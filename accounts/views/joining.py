"""The page that a mailed invitation opens. It belongs to no tenant: whoever comes has no place there yet."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import queries, rules, services
from accounts.forms import JoinForm
from accounts.models import Membership, User
from core.clock import now
from core.errors import BadInput
from core.forms import tell
from tenants.active import tenant_active

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""The page's address is a secret that nobody keeps. No other site is told it: the policy of every page."""


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites whom, and as what; a POST accepts. Every link that no longer holds answers alike."""
    invitation = queries.find_invitation(token, now())
    if invitation is None:
        answer = render(request, "accounts/join_over.html", status=404)
    else:
        with tenant_active(invitation.tenant.pk):
            answer = _answer(request, token, invitation)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    return answer


def _answer(request: HttpRequest, token: str, invitation: Membership) -> HttpResponse:
    state = _state(request.user, invitation)
    form = JoinForm(request.POST or None) if state == "unproven" else None
    if request.method == "POST" and state in {"ready", "unproven"} and (form is None or form.is_valid()):
        try:
            membership = services.join_tenant(
                token=token,
                signed_in_as=request.user if request.user.is_authenticated else None,
                actor=queries.guest_of(invitation),
                at=now(),
                password=form.cleaned_data["password1"] if form else "",
            )
        except BadInput as problem:
            tell(cast(JoinForm, form), problem)
        else:
            return _welcome(request, membership, is_proven_now=form is not None)
    context = {
        "state": state,
        "form": form,
        "invitation": invitation,
        "address": rules.masked(invitation.user.email),
    }
    return render(request, "accounts/join.html", context, status=422 if request.method == "POST" else 200)


def _state(visitor: User | AnonymousUser, invitation: Membership) -> str:
    """ "other": the wrong account is signed in. "unproven", "anonymous", "ready": what is left to do."""
    if visitor.is_authenticated and visitor.pk != invitation.user_id:
        return "other"
    if invitation.user.proven_at is None:
        return "unproven"
    return "ready" if visitor.is_authenticated else "anonymous"


def _welcome(request: HttpRequest, membership: Membership, *, is_proven_now: bool) -> HttpResponse:
    if is_proven_now:
        login(request, membership.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, _("You have joined %(company)s.") % {"company": membership.tenant.name})
    return HttpResponseRedirect(reverse("enter", args=[membership.tenant.slug]))
