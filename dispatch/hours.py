"""Weekly opening hours as stretches of time. Pure; safe when the clocks change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.intervals import Interval, join

Weekly = tuple[int, time, time]
"""(weekday, opens, closes): 0 is Monday; closing at or before opening means the next day."""


def weekly_intervals(
    week: Iterable[Weekly], zone: ZoneInfo, from_at: datetime, until: datetime
) -> list[Interval]:
    """When something is open between two instants: half-open, UTC, in order, touching ones joined.

    Wall-clock times are read on their own day. A time that the clocks skip moves forward with them; of one
    that comes twice, opening is the first and closing the last.
    """
    rows = list(week)
    first = from_at.astimezone(zone).date() - timedelta(days=1)
    days = (until.astimezone(zone).date() - first).days + 1
    found = [
        _on(first + timedelta(days=n), opens, closes, zone)
        for n in range(days)
        for weekday, opens, closes in rows
        if (first + timedelta(days=n)).weekday() == weekday
    ]
    return join(
        (max(start, from_at), min(end, until)) for start, end in found if start < until and end > from_at
    )


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """The midnight that ends the local day of an instant."""
    following = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(following, time(0), tzinfo=zone).astimezone(UTC)


def _on(day: date, opens: time, closes: time, zone: ZoneInfo) -> Interval:
    last_day = day if closes > opens else day + timedelta(days=1)
    start = datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)
    end = datetime.combine(last_day, closes, tzinfo=zone)
    # Of a time that comes twice the last; of one that never comes, fold 1 would read it early.
    return start, max(end.replace(fold=0).astimezone(UTC), end.replace(fold=1).astimezone(UTC))
