"""Which way an answer goes, in which thread, and when it is tried again; sealed secrets."""

from __future__ import annotations

from typing import Any

import pytest

from channels import rules, vault
from channels.enums import ChoiceReason

EVERYWHERE = {"email": "m@x.example", "sms": "+81", "line": "U1"}


@pytest.mark.parametrize(
    ("said", "addresses", "can_send", "chosen"),
    [
        (("line", "email"), EVERYWHERE, {"email", "line"}, ("line", "preferred")),
        (("line", "email"), EVERYWHERE, {"email"}, ("email", "no_account")),
        (("line", "sms"), {"sms": "+81", "email": "m@x"}, {"email", "line", "sms"}, ("sms", "no_address")),
        (("phone", "line"), EVERYWHERE, {"email", "line"}, ("line", "not_written")),
        (("", "web"), {"email": "m@x"}, {"email"}, ("email", "not_written")),
        (("email", "line"), {"line": "U1"}, {"email", "line"}, ("line", "no_address")),
    ],
)
def test_the_preferred_channel_wins_and_a_fallback_says_why(
    said: tuple[str, str], addresses: dict[str, str], can_send: set[str], chosen: tuple[str, str]
) -> None:
    prefers, came_by = said
    choice = rules.choose_channel(prefers=prefers, came_by=came_by, addresses=addresses, can_send=can_send)
    assert choice == rules.Choice(chosen[0], addresses[chosen[0]], ChoiceReason(chosen[1]))


def test_without_any_way_there_is_none() -> None:
    assert rules.choose_channel(prefers="line", came_by="phone", addresses={}, can_send={"email"}) is None


def test_pauses_grow_and_end() -> None:
    pauses = [rules.pause_seconds(n) for n in range(1, rules.MOST_ATTEMPTS + 1)]
    assert pauses[:3] == [30, 60, 120]
    assert max(pauses) == 6 * 3600
    assert pauses == sorted(pauses)
    assert rules.is_hopeless(rules.MOST_ATTEMPTS)


def test_a_thread_names_its_parents_then_the_parent() -> None:
    assert rules.thread_after("<c>", ["<a>", "<b>"]) == ["<a>", "<b>", "<c>"]
    assert rules.thread_after("<c>", ["<a>", "<c>"]) == ["<a>", "<c>"]
    long = rules.thread_after("<z>", [f"<{n}>" for n in range(100)])
    assert (long[0], long[-1], len(long)) == ("<0>", "<z>", rules.MOST_REFERENCES)


def test_secrets_are_sealed_and_survive_a_new_key(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    sealed = vault.seal({"token": "hidden-word"})
    assert "hidden-word" not in sealed
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert vault.unseal(sealed) == {"token": "hidden-word"}
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(vault.Locked):
        vault.unseal(sealed)
