"""Signing in at a mail server with a token instead of a password (XOAUTH2), as Gmail and Microsoft 365 ask.

A token lives for about an hour. It is got with the refresh token, kept sealed until some minutes before its
end, and got anew when the server refuses it earlier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels import http, vault
from channels.adapters.base import Account, Field, Group, NotWorking

SPARE_SECONDS = 300
LEAST_SECONDS = 60
WAY = Group(
    gettext_lazy("Sign-in"),
    gettext_lazy(
        "Gmail and Microsoft 365 take no passwords from programs: register an app there and use OAuth."
    ),
)
APP = Group(
    gettext_lazy("OAuth"),
    gettext_lazy(
        "From the app you registered at the provider, with leave to read and send mail and to stay signed in "
        "(offline access)."
    ),
    "only-oauth",
)
FIELDS = (
    Field(
        name="sign_in",
        label=gettext_lazy("Sign in with"),
        kind="choice",
        choices=(("password", gettext_lazy("User and password")), ("oauth", gettext_lazy("OAuth (XOAUTH2)"))),
        default="password",
        group=WAY,
    ),
    Field(
        name="oauth_token_url",
        label=gettext_lazy("Token endpoint"),
        is_required=False,
        hint=gettext_lazy(
            "Gmail: https://oauth2.googleapis.com/token. Microsoft 365: "
            "https://login.microsoftonline.com/YOUR-DIRECTORY/oauth2/v2.0/token"
        ),
        group=APP,
    ),
    Field(name="oauth_client_id", label=gettext_lazy("Client ID"), is_required=False, group=APP),
    Field(
        name="oauth_client_secret",
        label=gettext_lazy("Client secret"),
        kind="secret",
        is_required=False,
        hint=gettext_lazy("Empty for an app that has none."),
        group=APP,
        beside=True,
    ),
    Field(
        name="oauth_refresh_token",
        label=gettext_lazy("Refresh token"),
        kind="secret",
        is_required=False,
        hint=gettext_lazy("The provider gives it once, when the mailbox's owner agrees."),
        group=APP,
    ),
    Field(
        name="oauth_scope",
        label=gettext_lazy("Scope"),
        is_required=False,
        hint=gettext_lazy("Only where the provider wants it with every refresh; empty otherwise."),
        group=APP,
    ),
)


def is_used(options: Mapping[str, Any]) -> bool:
    """Whether the account signs in with a token."""
    return options.get("sign_in") == "oauth"


def complaints(options: Mapping[str, Any], secrets: Collection[str]) -> dict[str, list[str]]:
    """What an account that signs in with a token lacks, by field; `secrets` are the names of those it has."""
    if not is_used(options):
        return {}
    errors: dict[str, list[str]] = {}
    if not _is_safe(str(options.get("oauth_token_url") or "")):
        errors["oauth_token_url"] = [_("Write an address that begins with https://")]
    if not options.get("oauth_client_id"):
        errors["oauth_client_id"] = [_("This is needed.")]
    if "oauth_refresh_token" not in secrets:
        errors["oauth_refresh_token"] = [_("This is needed.")]
    return errors


def _is_safe(url: str) -> bool:
    """Secrets go over TLS; without it only to a network that the installation allows by name."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and bool(settings.OUTGOING_ALLOW))
    )


def tokens(account: Account) -> Iterator[str]:
    """The token that is kept, if any; should that be refused, a fresh one. Raises `NotWorking`."""
    key = _key(account)
    if kept := cache.get(key, ""):
        with suppress(vault.Locked):
            yield vault.unseal(kept)["token"]
        cache.delete(key)
    yield _refreshed(account, key)


def phrase(account: Account, user: str, token: str) -> str:
    """What the client says first: https://developers.google.com/workspace/gmail/imap/xoauth2-protocol."""
    return f"user={user or account.address}\x01auth=Bearer {token}\x01\x01"


def _refreshed(account: Account, key: str) -> str:
    given = {
        "grant_type": "refresh_token",
        "refresh_token": account.secret("oauth_refresh_token"),
        "client_id": account.option("oauth_client_id"),
        "client_secret": account.secret("oauth_client_secret"),
        "scope": account.option("oauth_scope"),
    }
    try:
        answer = http.call(
            "POST",
            account.option("oauth_token_url"),
            data={name: value for name, value in given.items() if value},
            headers={"Accept": "application/json"},
        )
    except http.Unreachable as problem:
        words = _("The token endpoint cannot be reached: %(why)s") % {"why": problem}
        raise NotWorking(words) from problem
    told = answer.json()
    told = told if isinstance(told, dict) else {}
    token = told.get("access_token")
    if not (answer.status == 200 and isinstance(token, str) and token):
        raise NotWorking(_refusal(answer.status, told))
    seconds = _seconds(told.get("expires_in"))
    cache.set(key, vault.seal({"token": token}), max(LEAST_SECONDS, seconds - SPARE_SECONDS))
    renewed = told.get("refresh_token")
    if isinstance(renewed, str) and renewed and renewed != account.secret("oauth_refresh_token"):
        account.keep("oauth_refresh_token", renewed)
    return token


def _refusal(status: int, told: Mapping[str, Any]) -> str:
    """The provider's own words, and what to do."""
    code = str(told.get("error") or f"HTTP {status}")[:80]
    why = f"{code}: {told['error_description']}"[:300] if told.get("error_description") else code
    if code == "invalid_grant":
        words = _(
            "The provider takes the refresh token no longer (%(why)s). Let the mailbox's owner agree once more "
            "at the provider, and write the new refresh token here."
        )
    elif code in ("invalid_client", "unauthorized_client"):
        words = _("The provider refuses the app (%(why)s). Correct the client ID and its secret.")
    else:
        words = _("The token endpoint gave no token (%(why)s). Check its address and the scope.")
    return words % {"why": why}


def _seconds(told: object) -> int:
    try:
        return int(str(told))
    except ValueError:
        return 0


def _key(account: Account) -> str:
    """Where the token is kept: elsewhere as soon as the app is another one.

    The refresh token is left out, for some providers renew it each time.
    """
    parts = [account.option(name) for name in ("oauth_token_url", "oauth_client_id", "oauth_scope")]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
    return f"mail-token:{account.tenant_id}:{account.id}:{digest}"
