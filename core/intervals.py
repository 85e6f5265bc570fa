"""Stretches of time: half-open, as (start, end)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]


def join(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as fewest intervals, in order."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def without(intervals: Iterable[Interval], gaps: Iterable[Interval]) -> list[Interval]:
    """The intervals less the gaps."""
    left = list(intervals)
    for gap_start, gap_end in gaps:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, gap_start)), (max(start, gap_end), end))
            if part[0] < part[1]
        ]
    return sorted(set(left))


def by_day(interval: Interval, zone: ZoneInfo) -> Iterator[tuple[date, Interval]]:
    """What of it lies on each local day that it touches, in order."""
    start, end = interval
    while start < end:
        day = start.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)
        yield day, (start, min(end, midnight))
        start = midnight


def minutes_of(intervals: Iterable[Interval]) -> int:
    """Whole minutes in the intervals."""
    return sum(int((end - start).total_seconds()) // 60 for start, end in intervals)
