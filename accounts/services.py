"""What may be done to people, roles and tokens."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import ROLE_PERMISSIONS, Permission
from accounts.models import ApiToken, Membership, Role, User
from accounts.queries import get_role, hash_secret
from core.clock import now
from core.errors import BadInput, Conflict
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def create_default_roles(*, actor: Actor) -> list[Role]:
    """Give the active tenant its starting roles. Running it again adds only what is missing."""
    roles = []
    for code, permissions in ROLE_PERMISSIONS.items():
        role, created = Role.objects.get_or_create(code=code, defaults={"permissions": list(permissions)})
        if created:
            journal.record(actor=actor, verb="created", thing=role, at=now())
        roles.append(role)
    return roles


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
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, language=language)
    if Membership.objects.filter(user=user).exists():
        raise Conflict(_("%(email)s already belongs here. Change the role instead.") % {"email": email})
    membership = Membership.objects.create(user=user, role=get_role(role_code), provider_code=provider_code)
    journal.record(actor=actor, verb="added", thing=membership, at=at, changes={"role": role_code})
    return membership


@transaction.atomic
def create_token(
    *,
    name: str,
    scopes: list[str],
    actor: Actor,
    at: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make an API token. The secret is returned once and never again; only its hash is kept."""
    actor.require(Permission.TOKEN_MANAGE)
    unknown = sorted(set(scopes) - set(Permission.values))
    if unknown or not scopes:
        message = _("Choose at least one scope from the list. Unknown: %(unknown)s.")
        raise BadInput(message % {"unknown": ", ".join(unknown) or "-"}, errors={"scopes": unknown})
    secret = f"fsm_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name,
        prefix=secret[:10],
        secret_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        created_by_id=actor.membership_id,
        created_at=at,
        expires_at=expires_at,
    )
    journal.record(actor=actor, verb="created", thing=token, at=at, changes={"scopes": token.scopes})
    return token, secret


@transaction.atomic
def revoke_token(*, token_id: int, actor: Actor, at: datetime) -> ApiToken:
    """End a token at once. Revoking twice changes nothing."""
    actor.require(Permission.TOKEN_MANAGE)
    token = ApiToken.objects.select_for_update().get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        journal.record(actor=actor, verb="revoked", thing=token, at=at)
    return token
