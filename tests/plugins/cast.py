"""Fixtures of the cast and of acting as one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client, override_settings

from accounts import services as accounts
from accounts.enums import Permission
from tenants.active import tenant_active
from tests.cast import ACME, AT, GLOBEX, Company, Person, found_company


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """The cast signs in by force: a slow hash for each of its people would only slow every test."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def acme(db: None) -> Company:
    """The company whose story is told: Tokyo, yen, 10 % tax."""
    return found_company(
        "acme",
        "Acme Service",
        ACME,
        time_zone="Asia/Tokyo",
        currency="JPY",
        language="en",
        tax_rate_percent=10,
    )


@pytest.fixture
def globex(db: None) -> Company:
    """The rival."""
    return found_company("globex", "Globex", GLOBEX, time_zone="America/New_York", currency="USD")


@pytest.fixture
def in_acme(acme: Company) -> Iterator[Company]:
    """Work inside Acme for the whole test."""
    with tenant_active(acme.tenant.pk):
        yield acme


@pytest.fixture
def signed_in() -> Callable[[Person], Client]:
    """A browser client in which this person has signed in."""

    def sign_in(person: Person) -> Client:
        client = Client()
        client.force_login(person.user)
        return client

    return sign_in


@pytest.fixture
def program() -> Callable[..., Client]:
    """A client that sends a token of this company with these scopes (default: all)."""

    def make(company: Company, *scopes: Permission) -> Client:
        admin = next(p for p in company.people.values() if p.membership.role.code == "tenant_admin")
        with tenant_active(company.tenant.pk):
            _token, secret = accounts.create_token(
                name="tests", scopes=list(scopes or Permission.values), actor=admin.actor, at=AT
            )
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return make
