"""Which single days of a business calendar differ from its week: holidays, make-up days and own days.

Pure: the `holidays` library knows the law, this module what it means for a calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import holidays

from core.calendars import WEEKDAYS, Calendar

Hours = list[list[str]]
Day = dict[str, Any]
_WORKDAYS = WEEKDAYS[:5]
_CATEGORIES = frozenset({"public"})


def expand(  # noqa: PLR0917
    weekly: Mapping[str, Hours],
    country: str,
    subdivision: str,
    works_make_up_days: bool,
    own_days: Iterable[Day],
    from_on: date,
    until: date,
    language: str = "",
) -> dict[str, Day]:
    """Single days between two dates (both counted) as {"2026-11-23": {"name": "…", "open": [[start, end]]}}.

    A holiday is closed. A day that people work to make up for one (China) has the hours of the week's first
    working day. Own days win over both. Raises ValueError when the country or its region is unknown.
    """
    found: dict[str, Day] = {}
    if country:
        known = _known(country, subdivision, range(from_on.year, until.year + 1), language)
        for day, name in known.items():
            found[day.isoformat()] = {"name": name, "open": []}
        if works_make_up_days and weekly:
            hours = next((list(weekly[day]) for day in _WORKDAYS if weekly.get(day)), [])
            for day in sorted(getattr(known, "weekend_workdays", ())):
                found[day.isoformat()] = {"name": "", "open": hours, "makes_up": True}
    for own in own_days:
        found[own["on"]] = {"name": own.get("name", ""), "open": own.get("open", []), "own": True}
    first, last = from_on.isoformat(), until.isoformat()
    return {day: found[day] for day in sorted(found) if first <= day <= last}


def _known(country: str, subdivision: str, years: Iterable[int], language: str) -> holidays.HolidayBase:
    try:
        return holidays.country_holidays(
            country, subdiv=subdivision or None, years=years, language=language or None
        )
    except NotImplementedError as error:
        raise ValueError(str(error)) from error


def countries() -> dict[str, list[str]]:
    """The countries whose holidays are known, by ISO code, each with its regions' codes."""
    return holidays.list_supported_countries(include_aliases=False)


def laid_out(weekly: Mapping[str, Hours], days: Mapping[str, Day]) -> Calendar:
    """The calendar of weekly hours and expanded single days."""
    return Calendar.from_json({**weekly, "days": {day: one["open"] for day, one in days.items()}})


def check(weekly: Mapping[str, Any], own_days: Sequence[Day]) -> None:
    """Raise ValueError that names the unreadable part of weekly hours or own days.

    Hours of a single day end by 24:00: what runs past midnight is told on the day after.
    """
    Calendar.from_json({**weekly, "days": {}})
    seen: set[str] = set()
    for own in own_days:
        laid_out({}, {str(own["on"]): {"open": own["open"]}})
        if own["on"] in seen:
            raise ValueError(f"{own['on']} is told twice.")
        seen.add(own["on"])
        for start, end in own["open"]:
            if end <= start:
                raise ValueError(f"{own['on']}: {start}–{end} ends before it starts.")


def years_that_matter(today: date) -> tuple[date, date]:
    """From when until when days are expanded: last year's first day to the last of the year after next."""
    return date(today.year - 1, 1, 1), date(today.year + 2, 12, 31)


def is_running_out(expanded_until: date | None, today: date) -> bool:
    """Whether a clock that starts today could look beyond what was expanded."""
    return expanded_until is not None and expanded_until < today + timedelta(days=400)
