"""What may be done to API tokens."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from accounts.models import ApiToken
from accounts.queries import hash_secret
from accounts.services.grants import check_grant
from core.errors import BadInput, NotFound
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def create_token(
    *,
    name: str,
    scopes: list[str],
    actor: Actor,
    at: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make an API token. The secret is returned once and never again; only its hash is kept.

    A token can do no more than whoever makes it.
    """
    actor.require(Permission.TOKEN_MANAGE)
    unknown = sorted(set(scopes) - set(Permission.values))
    if unknown or not scopes:
        message = _("Choose at least one scope from the list. Unknown: %(unknown)s.")
        raise BadInput(message % {"unknown": ", ".join(unknown) or "-"}, errors={"scopes": unknown})
    check_grant(actor, scopes)
    if expires_at is not None and expires_at <= at:
        soon = _("The token would be expired already. Choose a later day, or none.")
        raise BadInput(soon, errors={"expires_on": [soon]})
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
    token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if token is None:
        raise NotFound(_("There is no such token in this tenant. Look at the list of tokens."))
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        journal.record(actor=actor, verb="revoked", thing=token, at=at)
    return token
