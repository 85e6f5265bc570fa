"""The links by which people join: derived from the invitation and the installation's secret, kept nowhere.

A link says which membership it is for. It holds for the address and the invitation it was made for: another
address, or a newer invitation, makes it worthless.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Membership

SALT = "accounts.join"
LIFETIME = timedelta(days=7)


def token_of(membership: Membership) -> str:
    """The secret of the waiting membership's newest invitation, the same each time."""
    return signing.Signer(salt=SALT).sign_object([membership.pk, _mark(membership)])


def path_of(membership: Membership) -> str:
    """`/join/<token>/`."""
    return reverse("join", args=[token_of(membership)])


def read(token: str) -> tuple[int, str] | None:
    """(membership id, mark) of a token that we made, or None."""
    try:
        pk, mark = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    return int(pk), str(mark)


def holds(membership: Membership, mark: str, at: datetime) -> bool:
    """Whether a token with this mark may still be used for this membership."""
    return (
        membership.is_waiting
        and membership.invited_at is not None
        and at < membership.invited_at + LIFETIME
        and constant_time_compare(mark, _mark(membership))
    )


def _mark(membership: Membership) -> str:
    invited_at = membership.invited_at.astimezone(UTC).isoformat() if membership.invited_at else ""
    facts = f"{membership.tenant_id}:{membership.pk}:{membership.user.email}:{invited_at}"
    return salted_hmac(SALT, facts, algorithm="sha256").hexdigest()
