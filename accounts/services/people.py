"""What may be done to people and their place in the tenant."""

from __future__ import annotations

from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import queries
from accounts.enums import Permission
from accounts.events import PersonInvited
from accounts.models import Membership, Role, User
from accounts.services.grants import check_grant, check_someone_still_manages, lock_roles
from core.errors import BadInput, Conflict
from journal import services as journal
from tenants.actors import Actor
from tenants.enums import Language


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
    """Give a person a place in the active tenant.

    Whoever is new to the installation joins at once, with `password` or with none. Whoever has an account
    already keeps it, and has joined nothing until they open the link that is mailed to them: an account
    proves nothing about its address, for any tenant may have made it.
    """
    actor.require(Permission.MEMBER_MANAGE)
    role = _role(role_code)
    check_grant(actor, role.permissions)
    user, is_new = _user(email, name=name, language=language, password=password)
    if Membership.objects.filter(user=user).exists():
        raise Conflict(_("%(email)s already belongs here. Change the role instead.") % {"email": email})
    membership = Membership(
        user=user, role=role, name=name, provider_code=provider_code, is_active=is_new, joined_at=at
    )
    if not is_new:
        membership.joined_at, membership.invited_at, membership.invited_by = None, at, actor.label
    membership.save()
    verb = "added" if is_new else "invited"
    journal.record(actor=actor, verb=verb, thing=membership, at=at, changes={"role": str(role)})
    if not is_new:
        journal.publish(PersonInvited(membership_id=membership.pk))
    return membership


@transaction.atomic
def invite_member(
    *, email: str, role_code: str, actor: Actor, at: datetime, **facts: str
) -> tuple[Membership, str]:
    """Let a person in and make the link on which they choose a password: (membership, path).

    The path is empty for people who have an account already: see `add_member`, whose `facts` these are.
    """
    membership = add_member(email=email, role_code=role_code, actor=actor, at=at, **facts)
    if membership.is_waiting:
        return membership, ""
    return membership, make_password_link(membership_id=membership.pk, actor=actor, at=at)


@transaction.atomic
def change_role(*, membership_id: int, role_code: str, actor: Actor, at: datetime) -> Membership:
    """Give a person another role. Whoever does so must hold everything that is given or taken."""
    roles = lock_roles()
    membership = queries.member_for_update(membership_id)
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

    Refused for people whom another tenant has, or invites, and for those who have proven their address:
    whoever has the link owns the account, and would enter there.
    """
    membership = queries.member_for_update(membership_id)
    actor.require(Permission.MEMBER_MANAGE, membership)
    check_grant(actor, membership.role.permissions)
    user = User.objects.select_for_update().get(pk=membership.user_id)
    is_their_own = user.proven_at is not None or user.is_staff
    if membership.is_waiting or is_their_own or queries.belongs_elsewhere(user):
        raise Conflict(
            _("%(name)s has a sign-in of their own. They choose a new password by “Forgot your password?”.")
            % {"name": membership}
        )
    journal.record(actor=actor, verb="password_set", thing=membership, at=at)
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, _dash, token = key.partition("-")
    return reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})


def choose_language(*, user: User, language: str) -> None:
    """Let a person read every tenant's pages in this language, one of `Language`."""
    user.language = Language(language)
    user.save(update_fields=["language"])


@transaction.atomic
def update_profile(*, actor: Actor, at: datetime, name: str, language: str, time_zone: str) -> User:
    """Change one's own name in this tenant, and one's language and zone everywhere.

    Empty means the browser's language and the tenant's zone.
    """
    membership = queries.member_for_update(actor.membership_id or 0)
    user = User.objects.select_for_update().get(pk=membership.user_id)
    changes = _set(membership, {"name": name}) | _set(user, {"language": language, "time_zone": time_zone})
    membership.save(update_fields=["name"])
    user.save(update_fields=["language", "time_zone"])
    if changes:
        journal.record(actor=actor, verb="changed", thing=membership, at=at, changes=changes)
    return user


def _set(row: Membership | User, wanted: dict[str, str]) -> dict[str, list[str]]:
    """Set and check these fields of a row: what changed, as {field: [old, new]}."""
    changes = {n: [getattr(row, n), v] for n, v in wanted.items() if getattr(row, n) != v}
    for field, value in wanted.items():
        setattr(row, field, value)
    try:
        row.clean_fields(exclude=[f.name for f in row._meta.fields if f.name not in wanted])
    except ValidationError as problem:
        raise BadInput(_("These facts cannot be used."), errors=problem.message_dict) from problem
    return changes


def _switch(membership_id: int, actor: Actor, at: datetime, *, is_active: bool) -> Membership:
    lock_roles()
    membership = queries.member_for_update(membership_id)
    actor.require(Permission.MEMBER_MANAGE, membership)
    check_grant(actor, membership.role.permissions)
    if membership.pk == actor.membership_id:
        raise Conflict(_("You cannot let yourself out. Ask another tenant admin."))
    if membership.is_waiting:
        raise Conflict(
            _("%(name)s has not accepted the invitation yet. Send it again, or withdraw it.")
            % {"name": membership}
        )
    if membership.is_active != is_active:
        membership.is_active = is_active
        membership.save(update_fields=["is_active"])
        check_someone_still_manages()
        verb = "activated" if is_active else "deactivated"
        journal.record(actor=actor, verb=verb, thing=membership, at=at)
    return membership


def _user(email: str, *, password: str | None, **facts: str) -> tuple[User, bool]:
    """The account with this address, and whether it was made just now: of two that make it, one finds it."""
    found = User.objects.filter(email=email.lower()).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, **facts), True
    except IntegrityError:
        return User.objects.get(email=email.lower()), False


def _role(code: str) -> Role:
    role = Role.objects.filter(code=code).first()
    if role is None:
        raise BadInput(
            _("There is no role “%(code)s”. Choose one of the list.") % {"code": code},
            errors={"role": [_("Choose one of the list.")]},
        )
    return role
