"""How numbers, times, names and languages are written for a reader, in the active language and time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import get_currency_symbol
from django.utils import timezone, translation

from core.money import exponent, to_major

_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_JAPANESE_ONLY = re.compile(
    r"[々〆込働峠辻畑匂図書館駅沢渋広塩薬県栄桜浜鉄検実売読続円竜滝焼総経組権済黒東車気電話関豊緑橋銀劇場業"
    r"機価請様長門間開閉飲険験島庁両児団囲圏変対専帰応戦択掲収歳浅浄沖]"
)
_WEEKDAYS = {"ja": "月火水木金土日", "zh-hans": "一二三四五六日"}
_UNITS = {"ja": ("日", "時間", "分"), "zh-hans": ("天", "小时", "分钟")}
_ENGLISH_UNITS = ("\u00a0d", "\u00a0h", "\u00a0min")
_ENGLISH_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def _language() -> str:
    language = (translation.get_language() or "en").lower()
    return "zh-hans" if language.startswith("zh") else language.split("-")[0]


def money(amount: int | Decimal | None, currency: str = "JPY") -> str:
    """An amount with its currency: int is minor units (12345 is $123.45), Decimal is major units.

    Alike in every language: ¥ is always the yen and CN¥ the yuan, as one page may show both.
    """
    if amount is None:
        return "–"
    text = money_plain(amount, currency)
    sign, digits = ("−", text[1:]) if text.startswith("−") else ("", text)
    return f"{sign}{get_currency_symbol(currency, 'en_US')}{digits}"


def money_plain(amount: int | Decimal | None, currency: str = "JPY") -> str:
    """The amount without a symbol, grouped: 38,500. For columns whose head names the currency."""
    if amount is None:
        return "–"
    value = to_major(amount, currency) if isinstance(amount, int) else Decimal(amount)
    return f"{value:,.{exponent(currency)}f}".replace("-", "−")


def quantity(value: Decimal) -> str:
    """A quantity as people write it: 2.000 is 2, 1.500 is 1.5, -3 is −3."""
    return f"{value.normalize():f}".replace("-", "−")


def minutes(value: float | None) -> str:
    """A time that something takes, with its units, so that nobody reads it as a time of day: 2 h 50 min, 2時間50分,
    2小时50分钟; -18 is −18 min. From a day on in days and hours, between which a line may break: 1 d 2 h, 1日 2時間."""
    if value is None:
        return "–"
    total = abs(round(value))
    sign = "−" if value < 0 and total else ""
    day, hour, minute = _UNITS.get(_language(), _ENGLISH_UNITS)
    hours, rest = divmod(total, 60)
    parts = [(hours // 24, day), (hours % 24, hour)] if hours >= 24 else [(hours, hour), (rest, minute)]
    told = [f"{number}{unit}" for number, unit in parts if number] or [f"0{minute}"]
    return sign + (" " if hours >= 24 or day in _ENGLISH_UNITS else "").join(told)


def _local(value: datetime | date) -> datetime | date:
    if not isinstance(value, datetime) or timezone.is_naive(value):
        return value
    try:
        return timezone.localtime(value)
    except OverflowError:
        # The calendar's first and last day have none beside them; a value that is stored is always told.
        return value


def local_time(value: datetime | None) -> str:
    """The clock time in the active time zone: 9:05. Empty for None."""
    if value is None:
        return ""
    local = _local(value)
    return f"{local.hour}:{local.minute:02d}" if isinstance(local, datetime) else ""


def local_date(value: datetime | date | None) -> str:
    """A short date with its weekday in the active zone: Sat 21 Nov 2026, 2026/11/21(土), 2026/11/21 周六."""
    if value is None:
        return ""
    day = _local(value)
    language = _language()
    if language == "ja":
        return f"{day.year}/{day.month}/{day.day}({_WEEKDAYS['ja'][day.weekday()]})"
    if language == "zh-hans":
        return f"{day.year}/{day.month}/{day.day} 周{_WEEKDAYS['zh-hans'][day.weekday()]}"
    return f"{_ENGLISH_DAYS[day.weekday()]} {day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"


def local_datetime(value: datetime | None) -> str:
    """Date and clock time in the active zone: Sat 21 Nov 2026, 9:05. Empty for None."""
    if value is None:
        return ""
    comma = ", " if _language() == "en" else " "
    return f"{local_date(value)}{comma}{local_time(value)}"


def local_span(start: datetime, end: datetime | None) -> str:
    """From when to when in the active zone: its day, or days, and hours: Sat 21 Nov 2026 9:05–10:20."""
    day = local_date(start)
    told = f"{day} {local_time(start)}"
    if end is None or end <= start:
        return told
    last_day = local_date(end)
    return f"{told}–{local_time(end)}" if day == last_day else f"{told} – {last_day} {local_time(end)}"


def moment(value: datetime | None) -> str:
    """An instant as short as it is clear today: 9:05, or 21 Nov 9:05, or with its year when that differs."""
    if value is None:
        return ""
    day, today = _local(value), timezone.localdate()
    if isinstance(day, datetime) and day.date() == today:
        return local_time(value)
    if _language() == "en":
        text = f"{day.day} {_ENGLISH_MONTHS[day.month - 1]}"
        text += "" if day.year == today.year else f" {day.year}"
    else:
        text = f"{day.month}/{day.day}" if day.year == today.year else f"{day.year}/{day.month}/{day.day}"
    return f"{text} {local_time(value)}"


def long_date(value: datetime | date | None) -> str:
    """A date for documents: 21 November 2026, 2026年11月21日. Empty for None."""
    if value is None:
        return ""
    day = _local(value)
    if _language() in ("ja", "zh-hans"):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B} {day.year}"


def long_month(value: date) -> str:
    """A month with its year: November 2026, 2026年11月."""
    if _language() in ("ja", "zh-hans"):
        return f"{value.year}年{value.month}月"
    return f"{value:%B %Y}"


def country_name(code: str) -> str:
    """A country's name in the active language; the code itself when it is not known."""
    return str(_territories(_language()).get(code, code))


@cache
def _territories(language: str) -> Mapping[str, str]:
    return Locale.parse("zh_Hans" if language == "zh-hans" else language).territories


def initials(name: str) -> str:
    """Who a name is, in a circle: 青木 真理 is 青, Maya Ortiz is MO."""
    words = name.split()
    if not words:
        return "?"
    if _HAN.match(words[0]) or _KANA.match(words[0]):
        return words[0][0]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])
    return letters.upper()


def is_right_to_left(text: str) -> bool:
    """Whether any of it is written from right to left: Hebrew, Arabic and their kin."""
    return _RIGHT_TO_LEFT.search(text) is not None


def guess_language(text: str) -> str:
    """The language of somebody's words when none is stored: "ja", "zh-Hans", or "" for the page's own.

    Kana are certainly Japanese. Han alone is ambiguous; characters that only Japan writes decide for ja, a
    Japanese page keeps its own language, and everything else is taken for Chinese.
    """
    if _KANA.search(text):
        return "ja"
    if not _HAN.search(text):
        return ""
    if _JAPANESE_ONLY.search(text) or _language() == "ja":
        return "ja"
    return "zh-Hans"
