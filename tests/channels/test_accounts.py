"""Settings of channels: what an admin can do, and what nobody ever sees again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from channels import adapters, services, vault
from channels.models import ChannelAccount
from core.errors import BadInput, Conflict, NotAllowed
from journal.models import AuditEntry
from tests.cast import AT, Company
from tests.channels.providers import OPTIONS, SECRETS, make_account
from tests.factories.tickets import FOUNDER

BASE = "/t/acme/settings/channels/"


@pytest.fixture
def desk(in_acme: Company, signed_in: Any) -> Client:
    client: Client = signed_in(in_acme.ada)
    return client


def test_an_account_is_added_with_sealed_secrets_and_its_address_is_shown(desk: Client) -> None:
    form = {"provider": "line", "name": "Our LINE", "address": "@acme", **SECRETS["line"]}
    answer = desk.post(f"{BASE}new/", form)
    account = ChannelAccount.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}{account.pk}/")
    assert "line-token" not in account.secrets
    assert vault.unseal(account.secrets) == SECRETS["line"]
    page = desk.get(f"{BASE}{account.pk}/").content.decode()
    assert f"/c/acme/hooks/{account.hook}/" in page
    assert len(account.hook) >= 43


def test_a_secret_is_in_no_page_and_no_record(desk: Client) -> None:
    account = make_account("line", secrets={"access_token": "very-hidden-word"})
    for path in (BASE, f"{BASE}{account.pk}/", "/t/acme/audit/"):
        assert "very-hidden-word" not in desk.get(path).content.decode()
    assert not AuditEntry.objects.filter(changes__icontains="very-hidden-word").exists()
    assert "very-hidden-word" not in repr(services.values_of(account))


def test_an_empty_secret_keeps_the_old_one(desk: Client) -> None:
    account = make_account("line")
    form = {"name": "New name", "address": "@new", "channel_secret": "", "access_token": "another"}
    assert desk.post(f"{BASE}{account.pk}/", form).status_code == 303
    hook = account.hook
    account.refresh_from_db()
    assert vault.unseal(account.secrets) == {"channel_secret": "line-secret", "access_token": "another"}
    assert (account.name, account.hook) == ("New name", hook)


@pytest.mark.parametrize("code", adapters.ADAPTERS)
def test_every_provider_has_its_form(desk: Client, code: str) -> None:
    page = desk.get(f"{BASE}new/?provider={code}").content.decode()
    for field in adapters.ADAPTERS[code].fields:
        assert f'name="{field.name}"' in page
    answer = desk.post(f"{BASE}new/", {"provider": code})
    assert answer.status_code == 422


def test_what_is_missing_is_named_at_its_field(in_acme: Company) -> None:
    with pytest.raises(BadInput) as caught:
        services.add_account(
            adapter="gateway", name="x", address="x", options={}, secrets={"token": "t"}, actor=FOUNDER, at=AT
        )
    assert set(caught.value.errors) == {"url", "signing_secret"}


def test_a_short_signing_secret_is_refused(in_acme: Company) -> None:
    with pytest.raises(BadInput):
        make_account("gateway", secrets={"signing_secret": "short"})


def test_the_same_address_twice_is_refused(in_acme: Company) -> None:
    make_account("line")
    with pytest.raises(Conflict, match="already"):
        make_account("line")


def test_an_account_is_switched_off_and_on(desk: Client) -> None:
    account = make_account("line")
    for value, expected in (("0", False), ("1", True)):
        desk.post(f"{BASE}{account.pk}/switch/", {"is_active": value})
        account.refresh_from_db()
        assert account.is_active is expected


def test_only_admins_manage_accounts(in_acme: Company, signed_in: Any) -> None:
    assert signed_in(in_acme.sora).get(BASE).status_code == 403
    with pytest.raises(NotAllowed):
        services.add_account(
            adapter="gateway",
            name="x",
            address="x",
            options=OPTIONS["gateway"],
            secrets=SECRETS["gateway"],
            actor=in_acme.sora.actor,
            at=AT,
        )


def test_after_a_lost_key_the_admin_is_told_to_enter_the_secrets_again(desk: Client, settings: Any) -> None:
    account = make_account("line")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []
    with pytest.raises(Conflict, match="enter them again"):
        services.try_account(account_id=account.pk, actor=FOUNDER, at=AT)


@pytest.mark.parametrize("language", ["ja", "zh-hans"])
def test_the_pages_speak_the_readers_language(desk: Client, language: str) -> None:
    make_account("line")
    page = desk.get(f"{BASE}?lang={language}").content.decode()
    assert f'lang="{language}' in page
    assert "Add an account" not in page
