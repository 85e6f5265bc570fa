"""People and roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries, rules, services
from accounts.enums import Permission
from accounts.forms import PersonForm, RoleForm, role_choices
from accounts.guards import permitted
from accounts.models import Membership, Role
from accounts.views.common import once_only, see_other
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from core.text import clean, fold
from tenants.http import TenantRequest

MANAGE = Permission.MEMBER_MANAGE


@permitted(MANAGE)
@require_safe
def member_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Everybody who may enter, with role and state."""
    text = fold(request.GET.get("q", "")[:100])
    people = [m for m in queries.members() if text in fold(f"{m.name} {m.user.email} {m.role}")]
    context = {
        "here": "people",
        "people": people,
        "q": request.GET.get("q", "")[:100],
        "roles": role_choices(),
        "me": request.actor.membership_id,
    }
    return render(request, "accounts/member_list.html", context)


@permitted(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def member_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Let somebody in, with a link on which they choose a password."""
    form = PersonForm(request.POST or None, initial={"role": request.GET.get("role", "")})
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            member, path = services.invite_member(
                email=facts["email"],
                name=facts["name"],
                role_code=facts["role"],
                language=facts["language"],
                provider_code=facts["provider_code"],
                actor=request.actor,
                at=now(),
            )
        except Refusal as problem:
            tell(form, problem)
        else:
            if path:
                return _show_link(request, member, path)
            messages.success(request, _("%(name)s has been sent an invitation.") % {"name": member})
            return see_other(request, "member_list")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/member_create.html", {"here": "people", "form": form}, status=status)


@permitted(MANAGE)
@require_POST
def member_role(request: TenantRequest, slug: str, membership_id: int) -> HttpResponse:
    """Give a person another role."""
    code = clean(request.POST.get("role", ""))[:40]
    member = services.change_role(membership_id=membership_id, role_code=code, actor=request.actor, at=now())
    messages.success(request, _("%(name)s is now: %(role)s.") % {"name": member, "role": member.role})
    return see_other(request, "member_list")


@permitted(MANAGE)
@require_POST
def member_switch(request: TenantRequest, slug: str, membership_id: int) -> HttpResponse:
    """Let a person out, or in again (`active=yes`)."""
    lets_in = request.POST.get("active") == "yes"
    act = services.activate_member if lets_in else services.deactivate_member
    member = act(membership_id=membership_id, actor=request.actor, at=now())
    said = _("%(name)s may enter again.") if lets_in else _("%(name)s may no longer enter.")
    messages.success(request, said % {"name": member})
    return see_other(request, "member_list")


@permitted(MANAGE)
@require_POST
def member_link(request: TenantRequest, slug: str, membership_id: int) -> HttpResponse:
    """Make a link on which a person chooses a new password."""
    path = services.make_password_link(membership_id=membership_id, actor=request.actor, at=now())
    return _show_link(request, queries.get_member(membership_id), path)


@permitted(MANAGE)
@require_POST
def member_invite(request: TenantRequest, slug: str, membership_id: int) -> HttpResponse:
    """Mail somebody who has not accepted yet a new invitation."""
    member = services.send_invitation_again(membership_id=membership_id, actor=request.actor, at=now())
    messages.success(request, _("%(name)s has been sent an invitation.") % {"name": member})
    return see_other(request, "member_list")


@permitted(MANAGE)
@require_POST
def member_withdraw(request: TenantRequest, slug: str, membership_id: int) -> HttpResponse:
    """Take back an invitation that was not accepted."""
    member = services.withdraw_invitation(membership_id=membership_id, actor=request.actor, at=now())
    messages.success(request, _("The invitation of %(name)s was withdrawn.") % {"name": member})
    return see_other(request, "member_list")


@permitted(MANAGE)
@require_safe
def role_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every role and what its people may do."""
    roles = list(queries.roles())
    context = {"here": "roles", "roles": roles, "rows": _matrix(roles)}
    return render(request, "accounts/role_list.html", context)


@permitted(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def role_edit(request: TenantRequest, slug: str, role_id: int) -> HttpResponse:
    """Say anew what people of a role may do."""
    role = get_object_or_404(queries.roles(), pk=role_id)
    if request.method == "POST":
        services.update_role(
            role_id=role_id,
            permissions=request.POST.getlist("permissions"),
            actor=request.actor,
            at=now(),
        )
        messages.success(request, _("%(role)s was saved. It holds from the next click.") % {"role": role})
        return see_other(request, "role_list")
    locked = set(rules.lacking(request.actor.permissions, Permission.values))
    context = {
        "here": "roles",
        "role": role,
        "choices": _choices(set(role.permissions), locked),
        "locked": locked,
    }
    return render(request, "accounts/role_edit.html", context)


@permitted(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def role_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Add a role of the tenant's own."""
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            role = services.create_role(actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(role)s was added.") % {"role": role})
            return see_other(request, "role_list")
    status = 422 if request.method == "POST" else 200
    locked = set(rules.lacking(request.actor.permissions, Permission.values))
    held = set(request.POST.getlist("permissions"))
    context = {"here": "roles", "form": form, "choices": _choices(held, locked), "locked": locked}
    return render(request, "accounts/role_create.html", context, status=status)


def _show_link(request: TenantRequest, member: Membership, path: str) -> HttpResponse:
    """The answer that holds the password link, and nothing else that does."""
    context = {
        "here": "people",
        "title": _("Password link for %(name)s") % {"name": member},
        "said": _("Send it to them yourself. It works once, for three days, and is not shown again."),
        "secret": request.build_absolute_uri(path),
        "back": "accounts:member_list",
    }
    return once_only(request, context)


def _choices(held: set[str], locked: set[str]) -> list[dict[str, Any]]:
    return [
        {"code": p.value, "label": p.label, "held": p.value in held, "locked": p.value in locked}
        for p in Permission
    ]


def _matrix(roles: list[Role]) -> list[dict[str, Any]]:
    return [{"label": p.label, "cells": [p.value in role.permissions for role in roles]} for p in Permission]
