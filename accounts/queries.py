"""Reads of people, roles and tokens."""

from __future__ import annotations

import hashlib

from django.db import connection, models

from accounts.models import ApiToken, Membership, Role, User
from tenants.actors import Actor


def memberships_of(user: User) -> models.QuerySet[Membership]:
    """Every tenant this person belongs to: read without a tenant, for the switch."""
    return (
        Membership._base_manager.filter(user=user, is_active=True, tenant__is_active=True)
        .select_related("tenant")
        .order_by("tenant__name")
    )


def find_membership(user: User) -> Membership | None:
    """The person's membership in the active tenant, or None."""
    return Membership.objects.filter(user=user, is_active=True).select_related("user", "role").first()


def actor_of(membership: Membership) -> Actor:
    """The member as one who acts."""
    return Actor(
        kind="member",
        label=str(membership.user),
        permissions=frozenset(membership.role.permissions),
        membership_id=membership.pk,
        provider_code=membership.provider_code,
    )


def actor_of_token(token: ApiToken) -> Actor:
    """The program as one who acts: its scopes are its permissions."""
    return Actor(kind="token", label=token.name, permissions=frozenset(token.scopes), token_id=token.pk)


def hash_secret(secret: str) -> str:
    """What is stored of a token: SHA-256 of 256 random bits needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token_place(secret: str) -> tuple[int, int] | None:
    """(tenant id, token id) of a secret, across tenants, by a definer function that returns ids only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, id FROM find_api_token(%s)", [hash_secret(secret)])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def members() -> models.QuerySet[Membership]:
    """The active tenant's people, with user and role."""
    return Membership.objects.select_related("user", "role").order_by("user__name", "id")


def find_member(membership_id: int | None) -> Membership | None:
    """One of the tenant's people, or None."""
    if membership_id is None:
        return None
    return Membership.objects.select_related("user", "role").filter(pk=membership_id).first()


def get_role(code: str) -> Role:
    """The tenant's role with this code; raises Role.DoesNotExist."""
    return Role.objects.get(code=code)


def api_tokens() -> models.QuerySet[ApiToken]:
    """The active tenant's tokens, newest first."""
    return ApiToken.objects.select_related("created_by__user").order_by("-id")
