"""Pure decisions about working time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.intervals import Interval, join


@dataclass(frozen=True, slots=True)
class ShiftPause:
    """A break of every such shift: begun between `earliest` and `latest` (local wall clock), so long.

    In an overnight shift a time before the shift's start means the next day.
    """

    earliest: time
    latest: time
    minutes: int


@dataclass(frozen=True, slots=True)
class WeeklyShift:
    """Working time of one weekday (0 is Monday), local wall clock. `ends` at or before `starts` is
    overnight."""

    weekday: int
    starts: time
    ends: time
    breaks: tuple[ShiftPause, ...] = ()


BreakWindow = tuple[datetime, datetime, int]
"""(begins at the earliest, begins at the latest, seconds)."""


def working_intervals(
    shifts: Sequence[WeeklyShift], zone: ZoneInfo, from_at: datetime, to_at: datetime
) -> list[Interval]:
    """When somebody works between two instants: half-open, in UTC, in order, touching ones joined.

    Wall-clock times are read on their own day, so a shift keeps its local hours across a change of the
    clocks. A
    time that the clocks skip moves forward with them; of a time that comes twice, a shift starts at the first
    and ends at the last.
    """
    first = from_at.astimezone(zone).date() - timedelta(days=1)
    last = to_at.astimezone(zone).date()
    found = [
        (max(start, from_at.astimezone(UTC)), min(end, to_at.astimezone(UTC)))
        for day in _days(first, last)
        for shift in shifts
        if shift.weekday == day.weekday()
        for start, end in [_on(day, shift, zone)]
    ]
    return join(interval for interval in found if interval[0] < interval[1])


def break_windows(
    shifts: Sequence[WeeklyShift], zone: ZoneInfo, from_at: datetime, to_at: datetime
) -> list[BreakWindow]:
    """The breaks of every shift date that may touch the time between two instants, in UTC, in order.

    A window is bounded by its shift: the break ends before the shift does. One that is longer than what the
    clocks leave of the shift begins with it.
    """
    first = from_at.astimezone(zone).date() - timedelta(days=1)
    last = to_at.astimezone(zone).date()
    found = [
        window
        for day in _days(first, last)
        for shift in shifts
        if shift.weekday == day.weekday()
        for window in _breaks_on(day, shift, zone)
    ]
    return sorted(w for w in found if w[0] < to_at and w[1] + timedelta(seconds=w[2]) > from_at)


def _breaks_on(day: date, shift: WeeklyShift, zone: ZoneInfo) -> Iterable[BreakWindow]:
    start, end = _on(day, shift, zone)
    for pause in shift.breaks:
        length = timedelta(minutes=pause.minutes)
        earliest = max(start, _within(day, shift, pause.earliest, zone).astimezone(UTC))
        latest = min(end - length, _end_utc(_within(day, shift, pause.latest, zone).replace(fold=1)))
        earliest = max(start, min(earliest, end - length))
        yield earliest, max(earliest, latest), pause.minutes * 60


def _within(day: date, shift: WeeklyShift, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time of the shift that starts on `day`."""
    is_next = shift.ends <= shift.starts and at < shift.starts
    return datetime.combine(day + timedelta(days=is_next), at, tzinfo=zone)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _on(day: date, shift: WeeklyShift, zone: ZoneInfo) -> Interval:
    end_day = day if shift.ends > shift.starts else day + timedelta(days=1)
    start = datetime.combine(day, shift.starts, tzinfo=zone)
    end = datetime.combine(end_day, shift.ends, tzinfo=zone).replace(fold=1)
    return start.astimezone(UTC), _end_utc(end)


def _end_utc(end: datetime) -> datetime:
    """Of a time that comes twice the last; of one that never comes (fold 1 would read it early), the
    later."""
    return max(end.astimezone(UTC), end.replace(fold=0).astimezone(UTC))
