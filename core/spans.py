"""Stretches of a day as people write them: 9:00–17:30, 19–24."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.intervals import Interval, join

DaySpan = tuple[time, time]
"""Wall-clock times; an end at or before the start is on the next day."""

_DAY, _WEEK = 1440, 7 * 1440
SEPARATORS = re.compile(r"[,、，;；\n]")
_SPAN = re.compile(r"^(\d{1,2})(?:[:：]?(\d{2}))?\s*[-–—~〜～]\s*(\d{1,2})(?:[:：]?(\d{2}))?$")


def read_span(text: str) -> DaySpan:
    """ "9-17:30" as two times; "24:00" is midnight. Raises ValueError."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(text)
    start_hour, start_minute, end_hour, end_minute = (int(part or 0) for part in match.groups())
    end = time(0) if (end_hour, end_minute) == (24, 0) else time(end_hour, end_minute)
    return time(start_hour, start_minute), end


def read_spans(text: str) -> list[DaySpan]:
    """ "9-12, 13:00–17:30" as spans, in the order written. Raises ValueError."""
    return [read_span(part) for part in SEPARATORS.split(text) if part.strip()]


def write_span(starts: time, ends: time) -> str:
    """The inverse of `read_span`: midnight as an end is 24:00."""
    return f"{starts:%H:%M}–{ends:%H:%M}" if ends != time(0) else f"{starts:%H:%M}–24:00"


def on_day(day: date, span: DaySpan, zone: ZoneInfo) -> Interval:
    """The span that starts on a local day, in UTC.

    A time that the clocks skip moves forward with them; of a time that comes twice, a span starts at the
    first and ends at the last.
    """
    starts, ends = span
    end_day = day if ends > starts else day + timedelta(days=1)
    start = datetime.combine(day, starts, tzinfo=zone)
    return start.astimezone(UTC), last_of(datetime.combine(end_day, ends, tzinfo=zone))


def last_of(at: datetime) -> datetime:
    """In UTC: of a time that comes twice the last; of one that never comes (fold 1 would read it early), the
    later."""
    return max(at.replace(fold=1).astimezone(UTC), at.replace(fold=0).astimezone(UTC))


def local_days(from_at: datetime, to_at: datetime, zone: ZoneInfo) -> Iterable[date]:
    """The local days on which a span may start that touches the time between two instants."""
    first = from_at.astimezone(zone).date() - timedelta(days=1)
    last = to_at.astimezone(zone).date()
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def week_between(
    week: Sequence[tuple[int, DaySpan]], zone: ZoneInfo, from_at: datetime, to_at: datetime
) -> list[Interval]:
    """A week of (weekday, span) between two instants: half-open, in UTC, in order, touching ones joined."""
    found = [
        (max(start, from_at.astimezone(UTC)), min(end, to_at.astimezone(UTC)))
        for day in local_days(from_at, to_at, zone)
        for weekday, span in week
        if weekday == day.weekday()
        for start, end in [on_day(day, span, zone)]
    ]
    return join(interval for interval in found if interval[0] < interval[1])


def whole_days(first: date, last: date, zone: ZoneInfo) -> Interval:
    """From the beginning of the first local day to the end of the last."""
    begin = datetime.combine(first, time(0), tzinfo=zone)
    end = datetime.combine(last + timedelta(days=1), time(0), tzinfo=zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def as_whole_days(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[date, date] | None:
    """The first and last local day when the time is exactly whole days, else None."""
    first, after = start.astimezone(zone), end.astimezone(zone)
    if first.time() != time(0) or after.time() != time(0):
        return None
    return first.date(), after.date() - timedelta(days=1)


def overlap_in_week(week: Iterable[tuple[int, DaySpan]]) -> tuple[int, DaySpan, DaySpan] | None:
    """The first two spans of a week that overlap, as (weekday, one, other), or None. Sunday night reaches
    into Monday."""
    ordered = sorted(week)
    after = [*ordered[1:], *ordered[:1]] if len(ordered) > 1 else []
    for (day, one), (next_day, other) in zip(ordered, after, strict=False):
        gap = (next_day * _DAY + minute_of(other[0]) - day * _DAY - minute_of(one[0])) % _WEEK
        if gap < minutes_long(one):
            return day, one, other
    return None


def minutes_long(span: DaySpan) -> int:
    """Minutes of a span by the wall clock, 1 to 1440."""
    return (minute_of(span[1]) - minute_of(span[0]) - 1) % _DAY + 1


def minute_of(at: time) -> int:
    """Minutes since midnight."""
    return at.hour * 60 + at.minute
