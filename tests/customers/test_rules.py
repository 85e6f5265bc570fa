"""What makes two numbers the same."""

from __future__ import annotations

import pytest

from customers.rules import email_key, phone_key, region_of


@pytest.mark.parametrize(
    ("text", "zone", "key"),
    [
        ("03-5555-0142", "Asia/Tokyo", "81355550142"),
        ("０３（５５５５）０１４２", "Asia/Tokyo", "81355550142"),
        ("+81 3 5555 0142", "America/New_York", "81355550142"),
        ("(212) 555-0142", "America/New_York", "12125550142"),
        ("12", "Asia/Tokyo", "12"),
        ("ext.", "Asia/Tokyo", ""),
    ],
)
def test_spellings_of_a_number(text: str, zone: str, key: str) -> None:
    assert phone_key(text, region_of(zone)) == key


def test_a_zone_without_a_country_keeps_the_digits() -> None:
    assert region_of("UTC") is None
    assert phone_key("03-5555-0142", None) == "0355550142"


def test_addresses_ignore_case_and_width() -> None:
    assert email_key("Ｍari@Aoki.Example ") == "mari@aoki.example"
