"""The tenant's own accounts on each channel: adding, changing, trying and switching them."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from channels import adapters, permissions, queries, vault
from channels.adapters.base import Account, Adapter, NotWorking
from channels.models import ChannelAccount
from core.errors import BadInput, Conflict
from core.text import clean, is_address
from journal import services as journal
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import current_tenant

LEAST_SECRET = {"signing_secret": 16, "hook_login": 12}


@transaction.atomic
def add_account(
    *,
    adapter: str,
    name: str,
    address: str,
    options: Mapping[str, Any],
    secrets: Mapping[str, str],
    actor: Actor,
    at: datetime,
) -> ChannelAccount:
    """Add an account. `options` and `secrets` are by the names of the adapter's fields."""
    actor.require(permissions.ACCOUNT_MANAGE)
    spoken = _adapter(adapter)
    account = ChannelAccount(adapter=adapter, channel=spoken.channel, hook=random.token_urlsafe(32))
    _fill(account, spoken, name=name, address=address, options=options, secrets=secrets, held={})
    _save(account)
    journal.record(actor=actor, verb="created", thing=account, at=at, changes={"channel": account.channel})
    return account


@transaction.atomic
def change_account(
    *,
    account_id: int,
    name: str,
    address: str,
    options: Mapping[str, Any],
    secrets: Mapping[str, str],
    actor: Actor,
    at: datetime,
) -> ChannelAccount:
    """Change an account. A secret that is left out or empty stays as it is; so does the webhook's address."""
    account = queries.account_for_update(account_id)
    actor.require(permissions.ACCOUNT_MANAGE, account)
    spoken, held = _adapter(account.adapter), _held(account)
    _fill(account, spoken, name=name, address=address, options=options, secrets=secrets, held=held)
    account.problem, account.checked_at = "", None
    _save(account)
    given = sorted(key for key, value in secrets.items() if value)
    journal.record(
        actor=actor, verb="changed", thing=account, at=at, changes={"secrets": given} if given else {}
    )
    return account


@transaction.atomic
def switch_account(*, account_id: int, is_active: bool, actor: Actor, at: datetime) -> ChannelAccount:
    """Switch an account on or off. Off, it neither takes in nor sends; its webhook is not there."""
    account = queries.account_for_update(account_id)
    actor.require(permissions.ACCOUNT_MANAGE, account)
    if account.is_active != is_active:
        account.is_active = is_active
        account.save(update_fields=["is_active"])
        journal.record(actor=actor, verb="activated" if is_active else "deactivated", thing=account, at=at)
    return account


def try_account(*, account_id: int, actor: Actor, at: datetime) -> str:
    """Try the account without sending: what was found, in words. Raises Conflict with what is wrong."""
    actor.require(permissions.ACCOUNT_MANAGE)
    account = queries.get_account(account_id)
    problem = found = ""
    try:
        found = _adapter(account.adapter).check(values_of(account))
    except NotWorking as refusal:
        problem = str(refusal)
    except vault.Locked:
        problem = locked_words()
    with transaction.atomic():
        held = queries.account_for_update(account_id)
        held.problem = problem
        held.save(update_fields=["problem"])
        journal.record(actor=actor, verb="tried", thing=held, at=at, reason=problem)
    if problem:
        raise Conflict(problem)
    return found


def values_of(account: ChannelAccount) -> Account:
    """The account as its adapter sees it, secrets opened. Raises `vault.Locked`."""
    tenant = current_tenant()
    return Account(
        id=account.pk,
        tenant_id=tenant.pk,
        company=tenant.name,
        name=account.name,
        address=account.address,
        options=account.options,
        secrets=vault.unseal(account.secrets),
        hook_url=hook_url(account),
        keep=partial(keep_secret, tenant.pk, account.pk),
    )


def keep_secret(tenant_id: int, account_id: int, name: str, secret: str) -> None:
    """Keep what a provider gave in place of an account's secret, in a transaction of its own.

    A provider that renews secrets takes the old one for a while, or never again.
    """
    with tenant_active(tenant_id):
        account = queries.account_for_update(account_id)
        account.secrets = vault.seal({**_held(account), name: secret})
        account.save(update_fields=["secrets"])


def hook_url(account: ChannelAccount) -> str:
    """The public address of the account's webhook: what providers sign, and what an admin enters there."""
    return settings.BASE_URL + reverse("hooks:hook", args=[current_tenant().slug, account.hook])


def locked_words() -> str:
    """What to do when the key of this installation was changed."""
    return _(
        "Its secrets cannot be read any more, for the key of this installation changed: enter them again."
    )


def _adapter(code: str) -> Adapter:
    found = adapters.find_adapter(code)
    if found is None:
        raise BadInput(_("This installation does not speak with “%(code)s”.") % {"code": code})
    return found


def _held(account: ChannelAccount) -> dict[str, str]:
    try:
        return vault.unseal(account.secrets)
    except vault.Locked:
        return {}


def _fill(
    account: ChannelAccount,
    spoken: Adapter,
    *,
    name: str,
    address: str,
    options: Mapping[str, Any],
    secrets: Mapping[str, str],
    held: Mapping[str, str],
) -> None:
    """Put the values in, each field where it belongs; complain about all that are missing at once."""
    account.name, account.address = clean(name).strip()[:120], clean(address).strip()[:254]
    errors: dict[str, list[str]] = {}
    if not account.name:
        errors["name"] = [_("Write something.")]
    if not account.address or (spoken.channel == "email" and not is_address(account.address)):
        errors["address"] = [
            _("Write an e-mail address.") if spoken.channel == "email" else _("Write something.")
        ]
    kept: dict[str, str] = {}
    open_values: dict[str, Any] = {}
    for field in spoken.fields:
        if field.kind == "secret":
            value = secrets.get(field.name, "").strip() or held.get(field.name, "")
            if value:
                kept[field.name] = value
        else:
            value = options.get(field.name, field.default)
            open_values[field.name] = value
        if field.is_required and value in ("", None):
            errors[field.name] = [_("This is needed.")]
        elif value and len(str(value)) < LEAST_SECRET.get(field.name, 0):
            errors[field.name] = [_("At least %(count)s characters.") % {"count": LEAST_SECRET[field.name]}]
    errors = errors or spoken.complaints(account.address, open_values, kept)
    if errors:
        raise BadInput(_("Something is missing or wrong: look at the marked fields."), errors=errors)
    account.options, account.secrets = open_values, vault.seal(kept)


def _save(account: ChannelAccount) -> None:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as problem:
        raise Conflict(
            _("There is an account with the address %(address)s already: change that one.")
            % {"address": account.address}
        ) from problem
