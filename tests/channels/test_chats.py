"""The chat's settings: what may stand in a security policy, and what can be read on a colour."""

from __future__ import annotations

import pytest

from channels.adapters.widget import WidgetAdapter
from channels.chats import ChatOptions, find_origin, hash_of, new_code


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Shop.Example/", "https://shop.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("https://日本語.example", "https://xn--wgv71a119e.example"),
        ("https://shop.example/page", ""),
        ("https://shop.example; script-src *", ""),
        ("https://shop.example:99999", ""),
        ("https://*", ""),
        ("javascript:alert(1)", ""),
        ("shop.example", ""),
        ("'self'", ""),
        ("*", ""),
        ("", ""),
    ],
)
def test_an_origin_has_one_spelling_or_is_none(text: str, origin: str) -> None:
    assert find_origin(text) == origin


def test_spoiled_options_are_left_out() -> None:
    options = {"origins": "https://a.example, b.example", "colour": "red", "languages": "ja, fr"}
    read = ChatOptions.read("https://shop.example", options)
    assert read.origins == ("https://shop.example", "https://a.example")
    assert read.colour == "#0b5cad"
    assert read.languages == ("ja",)
    assert [read.language_for(code) for code in ("ja", "en")] == ["ja", "ja"]


@pytest.mark.parametrize(
    ("colour", "ink"), [("#0b5cad", "#ffffff"), ("#ffe38a", "#151b26"), ("#000000", "#ffffff")]
)
def test_words_can_be_read_on_the_colour(colour: str, ink: str) -> None:
    assert ChatOptions.read("", {"colour": colour}).ink == ink


def test_complaints_name_the_field() -> None:
    options = {"origins": "https://a.example nonsense", "colour": "blue", "languages": "en fr"}
    wrong = WidgetAdapter().complaints("shop.example", options)
    assert set(wrong) == {"address", "origins", "colour", "languages"}
    assert not WidgetAdapter().complaints("https://shop.example", {"colour": "#FFFFFF"})


def test_codes_are_long_and_only_their_hash_is_short() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert min(map(len, codes)) >= 43
    assert len(hash_of(codes.pop())) == 64
