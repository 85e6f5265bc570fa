"""Pure decisions about working time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.intervals import Interval
from core.spans import (
    last_of,
    local_days,
    minute_of,
    minutes_long,
    on_day,
    overlap_in_week,
    read_span,
    week_between,
    write_span,
)


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
    clocks (`core.spans.on_day`).
    """
    return week_between([(s.weekday, (s.starts, s.ends)) for s in shifts], zone, from_at, to_at)


def break_windows(
    shifts: Sequence[WeeklyShift], zone: ZoneInfo, from_at: datetime, to_at: datetime
) -> list[BreakWindow]:
    """The breaks of every shift date that may touch the time between two instants, in UTC, in order.

    A window is bounded by its shift: the break ends before the shift does. One that is longer than what the
    clocks leave of the shift begins with it.
    """
    found = [
        window
        for day in local_days(from_at, to_at, zone)
        for shift in shifts
        if shift.weekday == day.weekday()
        for window in _breaks_on(day, shift, zone)
    ]
    return sorted(w for w in found if w[0] < to_at and w[1] + timedelta(seconds=w[2]) > from_at)


def _breaks_on(day: date, shift: WeeklyShift, zone: ZoneInfo) -> Iterable[BreakWindow]:
    start, end = on_day(day, (shift.starts, shift.ends), zone)
    for pause in shift.breaks:
        length = timedelta(minutes=pause.minutes)
        earliest = max(start, _within(day, shift, pause.earliest, zone).astimezone(UTC))
        latest = min(end - length, last_of(_within(day, shift, pause.latest, zone)))
        earliest = max(start, min(earliest, end - length))
        yield earliest, max(earliest, latest), pause.minutes * 60


def _within(day: date, shift: WeeklyShift, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time of the shift that starts on `day`."""
    is_next = shift.ends <= shift.starts and at < shift.starts
    return datetime.combine(day + timedelta(days=is_next), at, tzinfo=zone)


def pause_words(pause: ShiftPause, unit: str = "min") -> str:
    """A break as people write it: "12:00–13:00" when its time is fixed, else "30 min 11:30–14:00" (taken
    somewhere in there)."""
    ends = _clock(minute_of(pause.latest) + pause.minutes)
    text = f"{pause.earliest:%H:%M}–{ends}"
    return text if pause.earliest == pause.latest else f"{pause.minutes} {unit} {text}"


def read_pause(text: str) -> ShiftPause:
    """The inverse of `pause_words`, with any word for minutes. Raises ValueError."""
    match = _FLEXIBLE.match(text.strip())
    starts, ends = read_span(match[2] if match else text)
    window = minutes_long((starts, ends))
    minutes = int(match[1]) if match else window
    if not 1 <= minutes <= min(window, LONGEST_BREAK):
        raise ValueError(text)
    latest = (minute_of(ends) - minutes) % _DAY
    return ShiftPause(starts, time(latest // 60, latest % 60), minutes)


NO_WEEKDAY, OVERLAP, BREAK_OUTSIDE, BREAKS_CLASH = "no_weekday", "overlap", "break_outside", "breaks_clash"
_DAY = 1440
LONGEST_BREAK = 240
_FLEXIBLE = re.compile(r"^(\d{1,3})\s*[^\d\s:：-]{1,12}\s*(\d.*)$")


@dataclass(frozen=True, slots=True)
class WeekProblem:
    """What is wrong with a week; `one` and `other` are the hours concerned, as written."""

    code: str
    weekday: int
    one: str = ""
    other: str = ""


def week_problem(shifts: Sequence[WeeklyShift]) -> WeekProblem | None:
    """The first thing wrong with a week, or None: overlapping shifts, breaks that do not fit."""
    for shift in shifts:
        if not 0 <= shift.weekday <= 6:
            return WeekProblem(NO_WEEKDAY, shift.weekday)
    if clash := overlap_in_week((s.weekday, (s.starts, s.ends)) for s in shifts):
        day, one, other = clash
        return WeekProblem(OVERLAP, day, write_span(*one), write_span(*other))
    return next((wrong for shift in shifts if (wrong := _break_problem(shift))), None)


def _break_problem(shift: WeeklyShift) -> WeekProblem | None:
    free = 0
    for pause in sorted(shift.breaks, key=lambda pause: (_into(shift, pause.latest), pause.minutes)):
        earliest, latest = _into(shift, pause.earliest), _into(shift, pause.latest)
        if not 0 <= earliest <= latest or latest + pause.minutes > minutes_long((shift.starts, shift.ends)):
            return WeekProblem(BREAK_OUTSIDE, shift.weekday, pause_words(pause), _hours(shift))
        begins = max(free, earliest)
        if begins > latest:
            return WeekProblem(BREAKS_CLASH, shift.weekday, pause_words(pause), _hours(shift))
        free = begins + pause.minutes
    return None


def holds_break(shift: WeeklyShift, pause: ShiftPause) -> bool:
    """Whether the break lies within the shift."""
    alone = WeeklyShift(shift.weekday, shift.starts, shift.ends, (pause,))
    return _break_problem(alone) is None


def _into(shift: WeeklyShift, at: time) -> int:
    """Minutes from the shift's start; negative before it, on the next day in an overnight shift."""
    minutes = minute_of(at) - minute_of(shift.starts)
    return minutes % _DAY if shift.ends <= shift.starts else minutes


def _clock(minutes: int) -> str:
    return "24:00" if minutes == _DAY else f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _hours(shift: WeeklyShift) -> str:
    return write_span(shift.starts, shift.ends)
