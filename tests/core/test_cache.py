"""Valkey away means slower, never an error: people sign in, customers rate, limits only do not hold."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.cast import PASSWORD, Company


@pytest.fixture
def valkey_away(settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}


def test_a_cache_that_is_away_is_an_empty_one(valkey_away: None) -> None:
    cache.set("key", 1)
    assert cache.get("key") is None
    assert cache.get("key", 7) == 7
    assert cache.add("key", 1)
    assert cache.incr("key", 2) == 2
    assert "key" not in cache
    assert not cache.delete("key")


def test_a_cache_that_is_there_remembers() -> None:
    cache.set("key", 1, 5)
    assert cache.incr("key", 2) == 3
    assert not cache.add("key", 9)
    assert cache.get("key") == 3
    assert cache.delete("key")


@pytest.mark.django_db
def test_people_sign_in_without_valkey(valkey_away: None, acme: Company, client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": acme.sora.user.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/t/acme/tickets/").status_code == 200


@pytest.mark.django_db
def test_customers_knock_without_valkey(valkey_away: None, acme: Company, client: Client) -> None:
    assert client.get("/c/acme/r/no-such-code/").status_code == 404
