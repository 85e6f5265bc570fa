"""Who gets the next pass to the live feed: a member who is signed in, and nobody else.

No stream outlives its pass (tests/journal/test_live.py), so whoever gets none hears nothing within a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import Membership
from journal.live import PASS_SECONDS, read_pass
from tests.cast import Company, Person

SignIn = Callable[[Person], Client]
URL = "/t/acme/live-pass/"


@pytest.fixture(autouse=True)
def feed_is_there(settings: Any) -> None:
    settings.LIVE_URL = "http://127.0.0.1:1"


def test_a_member_listens_on(acme: Company, signed_in: SignIn) -> None:
    answer = signed_in(acme.tom).get(URL)
    assert answer["Cache-Control"] == "no-store"
    text = parse_qs(urlsplit(answer.json()["url"]).query)["pass"][0]
    assert read_pass(text).tenant_id == acme.tenant.pk
    assert PASS_SECONDS < 60


def test_whoever_signed_out_does_not(acme: Company, signed_in: SignIn) -> None:
    tom = signed_in(acme.tom)
    tom.post("/accounts/logout/")
    assert tom.get(URL).status_code == 302


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_active": False, "joined_at": None}])
def test_whoever_is_let_out_or_has_not_joined_does_not(
    acme: Company, signed_in: SignIn, change: dict[str, Any]
) -> None:
    tom = signed_in(acme.tom)
    Membership._base_manager.filter(pk=acme.tom.membership.pk).update(
        invited_at=acme.tom.membership.joined_at, **change
    )
    assert tom.get(URL).status_code == 404


def test_a_stranger_does_not(acme: Company, globex: Company, signed_in: SignIn) -> None:
    assert signed_in(globex.mallory).get(URL).status_code == 404
