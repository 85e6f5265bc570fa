"""Valkey away means slower, never an error: people sign in, customers rate, and limits hold all the same."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.cast import PASSWORD, Company
from tests.journal.facts import in_threads


@pytest.fixture
def valkey_away(settings: Any) -> None:
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "default": away}


@pytest.mark.django_db
def test_the_database_remembers_while_the_cache_is_away(valkey_away: None) -> None:
    assert cache.get("key", 7) == 7
    assert cache.add("key", 1, 60)
    assert not cache.add("key", 9, 60)
    assert cache.incr("key", 2) == 3
    assert cache.get("key") == 3
    assert "key" in cache
    assert cache.touch("key", 60)
    assert cache.delete("key")
    assert "key" not in cache
    with pytest.raises(ValueError, match="not in the cache"):
        cache.incr("key")


@pytest.mark.django_db(transaction=True)
def test_several_count_at_once_and_nothing_is_missed(valkey_away: None) -> None:
    cache.set("count", 0, 60)
    in_threads(4, lambda: [cache.incr("count") for _ in range(10)])
    assert cache.get("count") == 40


@pytest.mark.django_db
def test_a_count_ends_when_it_was_to_end(valkey_away: None) -> None:
    cache.add("short", 0, 3)  # ends are kept in whole seconds: up to one less or more
    assert cache.incr("short") == 1
    assert cache.incr("short") == 2
    time.sleep(4.1)
    assert cache.add("short", 0, 3)


@pytest.mark.django_db
def test_guessing_passwords_is_slowed_down_without_valkey(valkey_away: None, acme: Company) -> None:
    form = {"login": acme.ada.user.email, "password": "wrong"}
    answers = [Client().post("/accounts/login/", form).content.decode() for _ in range(6)]
    assert ["Too many failed" in answer for answer in answers] == [False] * 5 + [True]
    right = Client().post("/accounts/login/", {**form, "password": PASSWORD})
    assert right.status_code == 200, "even the right password waits"


@pytest.mark.django_db
def test_guessing_codes_of_customers_is_slowed_down_without_valkey(valkey_away: None, acme: Company) -> None:
    answers = [Client().get(f"/c/acme/r/no-such-code-{n}/").status_code for n in range(31)]
    assert answers == [404] * 30 + [429]


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
