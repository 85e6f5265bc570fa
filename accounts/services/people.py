"""What may be done to people and their place in the tenant."""

from __future__ import annotations

from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import queries
from accounts.enums import Permission
from accounts.models import Membership, Role, User
from accounts.services.grants import check_grant, check_someone_still_manages, lock_roles
from core.errors import BadInput, Conflict, NotFound
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def add_member(
    *,
    email: str,
    name: str,
    role_code: str,
    actor: Actor,
    at: datetime,
    password: str | None = None,
    language: str = "",
    provider_code: str = "",
) -> Membership:
    """Let a person into the active tenant. A person already known to the installation keeps their sign-in."""
    actor.require(Permission.MEMBER_MANAGE)
    role = _role(role_code)
    check_grant(actor, role.permissions)
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, language=language)
    if Membership.objects.filter(user=user).exists():
        raise Conflict(_("%(email)s already belongs here. Change the role instead.") % {"email": email})
    membership = Membership.objects.create(user=user, role=role, provider_code=provider_code)
    journal.record(actor=actor, verb="added", thing=membership, at=at, changes={"role": str(role)})
    return membership


@transaction.atomic
def invite_member(
    *, email: str, role_code: str, actor: Actor, at: datetime, **facts: str
) -> tuple[Membership, str]:
    """Let a person in and make the link on which they choose a password: (membership, path).

    The path is empty for people who have a sign-in already. `facts` are those of `add_member`.
    """
    membership = add_member(email=email, role_code=role_code, actor=actor, at=at, **facts)
    user = membership.user
    if user.has_usable_password() or queries.belongs_elsewhere(user):
        return membership, ""
    return membership, make_password_link(membership_id=membership.pk, actor=actor, at=at)


@transaction.atomic
def change_role(*, membership_id: int, role_code: str, actor: Actor, at: datetime) -> Membership:
    """Give a person another role. Whoever does so must hold everything that is given or taken."""
    roles = lock_roles()
    membership = _member_for_update(membership_id)
    actor.require(Permission.MEMBER_MANAGE, membership)
    role, before = _role(role_code), roles[membership.role_id]
    check_grant(actor, {*role.permissions, *before.permissions})
    if role.pk != before.pk:
        membership.role = role
        membership.save(update_fields=["role"])
        check_someone_still_manages()
        changes = {"role": [str(before), str(role)]}
        journal.record(actor=actor, verb="changed", thing=membership, at=at, changes=changes)
    return membership


@transaction.atomic
def deactivate_member(*, membership_id: int, actor: Actor, at: datetime) -> Membership:
    """Let a person out: the tenant is gone for them at once. What they did stays on record."""
    return _switch(membership_id, actor, at, is_active=False)


@transaction.atomic
def activate_member(*, membership_id: int, actor: Actor, at: datetime) -> Membership:
    """Let a person in again, with the role they had."""
    return _switch(membership_id, actor, at, is_active=True)


@transaction.atomic
def make_password_link(*, membership_id: int, actor: Actor, at: datetime) -> str:
    """A path on which the person chooses a password; good until used, or for three days.

    Refused for people who belong to another tenant too: whoever has the link could enter there.
    """
    membership = _member_for_update(membership_id)
    actor.require(Permission.MEMBER_MANAGE, membership)
    check_grant(actor, membership.role.permissions)
    user = membership.user
    if queries.belongs_elsewhere(user) or user.is_staff:
        raise Conflict(
            _("%(name)s has a sign-in of their own. They choose a new password by “Forgot your password?”.")
            % {"name": user}
        )
    journal.record(actor=actor, verb="password_set", thing=membership, at=at)
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, _dash, token = key.partition("-")
    return reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})


@transaction.atomic
def update_profile(*, actor: Actor, at: datetime, name: str, language: str, time_zone: str) -> User:
    """Change one's own name, language and zone; empty means the browser's and the tenant's."""
    membership = _member_for_update(actor.membership_id or 0)
    user = User.objects.select_for_update().get(pk=membership.user_id)
    wanted = {"name": name, "language": language, "time_zone": time_zone}
    changes = {n: [getattr(user, n), v] for n, v in wanted.items() if getattr(user, n) != v}
    for field, value in wanted.items():
        setattr(user, field, value)
    try:
        user.full_clean(exclude=["email", "password"])
    except ValidationError as problem:
        raise BadInput(_("These facts cannot be used."), errors=problem.message_dict) from problem
    user.save(update_fields=[*wanted])
    if changes:
        journal.record(actor=actor, verb="changed", thing=membership, at=at, changes=changes)
    return user


def _switch(membership_id: int, actor: Actor, at: datetime, *, is_active: bool) -> Membership:
    lock_roles()
    membership = _member_for_update(membership_id)
    actor.require(Permission.MEMBER_MANAGE, membership)
    check_grant(actor, membership.role.permissions)
    if membership.pk == actor.membership_id:
        raise Conflict(_("You cannot let yourself out. Ask another tenant admin."))
    if membership.is_active != is_active:
        membership.is_active = is_active
        membership.save(update_fields=["is_active"])
        check_someone_still_manages()
        verb = "activated" if is_active else "deactivated"
        journal.record(actor=actor, verb=verb, thing=membership, at=at)
    return membership


def _member_for_update(membership_id: int) -> Membership:
    found = Membership.objects.select_for_update(of=("self",)).select_related("user", "role")
    membership = found.filter(pk=membership_id).first()
    if membership is None:
        raise NotFound(_("There is no such person in this tenant. Look at the list of people."))
    return membership


def _role(code: str) -> Role:
    role = Role.objects.filter(code=code).first()
    if role is None:
        raise BadInput(
            _("There is no role “%(code)s”. Choose one of the list.") % {"code": code},
            errors={"role": [_("Choose one of the list.")]},
        )
    return role
