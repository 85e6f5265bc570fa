"""Numbers, times, names and languages as a reader sees them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from core import formats

AT = datetime(2026, 11, 21, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (38500, "JPY", "¥38,500"),
        (-50000, "JPY", "−¥50,000"),
        (0, "JPY", "¥0"),
        (8800, "CNY", "CN¥88.00"),
        (12345, "USD", "$123.45"),
        (Decimal("123.4"), "USD", "$123.40"),
        (Decimal("38500"), "JPY", "¥38,500"),
        (None, "JPY", "–"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja", "zh-hans"])
def test_money_reads_alike_in_every_language(
    amount: int | Decimal | None, currency: str, text: str, language: str
) -> None:
    with translation.override(language):
        assert formats.money(amount, currency) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (170, "2\u00a0h 50\u00a0min"),
        (-18, "−18\u00a0min"),
        (0, "0\u00a0min"),
        (59.6, "1\u00a0h"),
        (None, "–"),
        (1348, "22\u00a0h 28\u00a0min"),
        (1560, "1\u00a0d 2\u00a0h"),
        (2890, "2\u00a0d"),
    ],
)
def test_minutes(value: float | None, text: str) -> None:
    with translation.override("en"):
        assert formats.minutes(value) == text


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("ja", ["22時間28分", "18分", "1日 2時間", "0分"]),
        ("zh-hans", ["22小时28分钟", "18分钟", "1天 2小时", "0分钟"]),
    ],
)
def test_a_time_something_takes_never_reads_as_a_time_of_day(language: str, texts: list[str]) -> None:
    with translation.override(language):
        assert [formats.minutes(value) for value in (1348, 18, 1560, 0)] == texts


@pytest.mark.parametrize(
    ("language", "short", "moment", "long"),
    [
        ("en", "Sat 21 Nov 2026", "Sat 21 Nov 2026, 9:05", "21 November 2026"),
        ("ja", "2026/11/21(土)", "2026/11/21(土) 9:05", "2026年11月21日"),
        ("zh-hans", "2026/11/21 周六", "2026/11/21 周六 9:05", "2026年11月21日"),
    ],
)
def test_dates_in_the_active_zone(language: str, short: str, moment: str, long: str) -> None:
    with translation.override(language), timezone.override(ZoneInfo("Asia/Tokyo")):
        assert formats.local_date(AT) == short
        assert formats.local_datetime(AT) == moment
        assert formats.long_date(AT) == long
        assert formats.local_time(AT) == "9:05"
        assert formats.local_date(date(2026, 11, 21)) == short


def test_the_day_is_the_reader_s_day() -> None:
    with translation.override("en"), timezone.override(ZoneInfo("America/New_York")):
        assert formats.local_date(AT) == "Fri 20 Nov 2026"
        assert formats.local_date(None) == formats.local_time(None) == ""


@pytest.mark.parametrize(
    ("text", "page", "language"),
    [
        ("紙づまりが毎日出る", "en", "ja"),
        ("関東", "en", "ja"),
        ("沪东电梯服务", "en", "zh-Hans"),
        ("青木 真理", "ja", "ja"),
        ("Maya Ortiz", "ja", ""),
        ("", "en", ""),
    ],
)
def test_language_of_somebody_s_words(text: str, page: str, language: str) -> None:
    with translation.override(page):
        assert formats.guess_language(text) == language


@pytest.mark.parametrize(
    ("name", "mark"), [("青木 真理", "青"), ("Maya Ortiz", "MO"), ("Cher", "CH"), ("さくら", "さ"), ("", "?")]
)
def test_initials(name: str, mark: str) -> None:
    assert formats.initials(name) == mark
