"""Reads of people, roles and tokens."""

from __future__ import annotations

import hashlib
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import models
from django.utils.translation import gettext as _

from accounts import links
from accounts.enums import Permission
from accounts.models import ApiToken, Membership, Role, User
from core.errors import NotFound
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tenants.kept import Given, Question, Statement


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
        label=membership.name,
        permissions=frozenset(membership.role.permissions),
        membership_id=membership.pk,
        provider_code=membership.provider_code,
    )


def guest_of(membership: Membership) -> Actor:
    """The person who opened an invitation, as one who acts: named, and allowed nothing."""
    return Actor(kind="member", label=membership.name, membership_id=membership.pk)


def find_invitation(token: str, at: datetime) -> Membership | None:
    """The waiting membership that this link is for, with user and tenant; None whatever is wrong with it.

    Read without a tenant: whoever holds the link may have no place anywhere yet.
    """
    read = links.read(token)
    if read is None:
        return None
    found = Membership._base_manager.select_related("user", "tenant")
    membership = found.filter(pk=read[0], user__is_active=True, tenant__is_active=True).first()
    return membership if membership and links.holds(membership, read[1], at) else None


def actor_of_token(token: ApiToken) -> Actor:
    """The program as one who acts: its scopes are its permissions."""
    return Actor(kind="token", label=token.name, permissions=frozenset(token.scopes), token_id=token.pk)


def hash_secret(secret: str) -> str:
    """What is stored of a token: SHA-256 of 256 random bits needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


_TOKEN_PLACE = Statement("SELECT tenant_id, id FROM find_api_token(%s)")
_TOKEN = Question(
    lambda: ApiToken.objects.select_related("tenant").filter(
        pk=Given("pk"), secret_hash=Given("secret_hash", models.CharField())
    )
)
MOST_PLACES = 1_000


def find_token_place(secret: str) -> tuple[int, int] | None:
    """(tenant id, token id) of a secret, across tenants, by a definer function that returns ids only.

    A process remembers where it found a secret, which never changes while the token is there: see `find_token`.
    """
    digest = hash_secret(secret)
    place = _places.get(digest)
    if place is None:
        found = _TOKEN_PLACE.rows(digest)
        place = (found[0][0], found[0][1]) if found else None
        if place is not None:
            if len(_places) >= MOST_PLACES:
                _places.clear()
            _places[digest] = place
    return place


def find_token(token_id: int, secret: str) -> ApiToken | None:
    """The active tenant's token with its tenant, as it is now; None, and its place forgotten, when it is not there
    or has another secret."""
    digest = hash_secret(secret)
    token = _TOKEN.first(pk=token_id, secret_hash=digest)
    if token is None:
        _places.pop(digest, None)
    return token


_places: dict[str, tuple[int, int]] = {}


def members() -> models.QuerySet[Membership]:
    """The active tenant's people, with user and role."""
    return Membership.objects.select_related("user", "role").order_by("name", "id")


def find_member(membership_id: int | None) -> Membership | None:
    """One of the tenant's people, or None."""
    if membership_id is None:
        return None
    return Membership.objects.select_related("user", "role").filter(pk=membership_id).first()


def get_member(membership_id: int) -> Membership:
    """One of the tenant's people; raises Membership.DoesNotExist."""
    return members().get(pk=membership_id)


def member_for_update(membership_id: int) -> Membership:
    """One of the tenant's people with user and role, locked. Raises `NotFound`."""
    found = Membership.objects.select_for_update(of=("self",)).select_related("user", "role", "tenant")
    membership = found.filter(pk=membership_id).first()
    if membership is None:
        raise NotFound(_("There is no such person in this tenant. Look at the list of people."))
    return membership


def roles() -> models.QuerySet[Role]:
    """The tenant's roles with how many people hold each (`people`)."""
    holders = models.Count("memberships", filter=models.Q(memberships__is_active=True))
    return Role.objects.annotate(people=holders).order_by("id")


def someone_manages_people() -> bool:
    """Whether at least one active person may let others in."""
    return Membership.objects.filter(
        is_active=True, user__is_active=True, role__permissions__contains=[Permission.MEMBER_MANAGE.value]
    ).exists()


def belongs_elsewhere(user: User) -> bool:
    """Whether this person has, had, or is offered a place in another tenant than the active one."""
    return Membership._base_manager.filter(user=user).exclude(tenant_id=active_tenant_id()).exists()


def second_factors_of(user: User) -> dict[str, int]:
    """How many passkeys, authenticator apps and sets of recovery codes protect this person's sign-in."""
    kinds = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    found = {"passkeys": 0, "totp": 0, "recovery_codes": 0}
    for kind in kinds:
        found["passkeys" if kind == "webauthn" else str(kind)] += 1
    return found


def sessions_of(user: User) -> models.QuerySet[UserSession]:
    """Where this person is signed in, latest first. Ended sessions may still be among them."""
    found: models.QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return found.order_by("-last_seen_at")


def api_tokens() -> models.QuerySet[ApiToken]:
    """The active tenant's tokens, newest first."""
    return ApiToken.objects.select_related("created_by").order_by("-id")
