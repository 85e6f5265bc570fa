"""The SLA clock as pure arithmetic: business calendars, due times, and the replay of a clock's ledger.

Everything is an aware instant in UTC and a `timedelta` of elapsed business time; wall clocks appear only
where a calendar is laid on a zone. Intervals are half-open. On the night a zone repeats an hour, the
repeated hour belongs to what was open when it began; a skipped hour has no length. So a day's intervals
always tile the day, and elapsed time is time that really passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=366)
"""How far ahead a due time is looked for: a clock that would be due later has none."""

_TIME = re.compile(r"^(\d{1,2}):(\d{2})$")
_DAY = 24 * 60
_ZERO = timedelta()

Interval = tuple[int, int]
Span = tuple[datetime, datetime]
SegmentState = Literal["running", "paused", "stopped"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When business time passes: minutes of the local day per weekday, and other rules for single dates.

    `weekly` is None for around the clock. `days` maps a local date to its own intervals: none on a holiday,
    some on a partial day or a working make-up day.
    """

    weekly: tuple[tuple[Interval, ...], ...] | None = None
    days: tuple[tuple[date, tuple[Interval, ...]], ...] = ()

    @property
    def is_always_open(self) -> bool:
        return self.weekly is None and not self.days

    @classmethod
    def from_json(cls, source: Mapping[str, Any], holidays: Iterable[str] = ()) -> Calendar:
        """Read {"mon": [["09:00", "12:00"], …], "holidays": ["2026-11-23"], "days": {"2026-11-28": [[…]]}}.

        No weekday at all means around the clock. An interval that ends at or before its start runs on into
        the next day. Raises ValueError that names the unreadable part.
        """
        known = {*WEEKDAYS, "holidays", "days"}
        if unknown := sorted(set(source) - known):
            raise ValueError(f"A calendar has no {', '.join(unknown)}: use mon … sun, holidays, days.")
        weekly = None
        if any(day in source for day in WEEKDAYS):
            weekly = _week([_intervals(source.get(day) or [], day) for day in WEEKDAYS])
        days = {
            _date(text): _clip(_intervals(rows, text)) for text, rows in (source.get("days") or {}).items()
        }
        for text in (*(source.get("holidays") or ()), *holidays):
            days.setdefault(_date(text), ())
        return cls(weekly, tuple(sorted(days.items())))

    def intervals_on(self, day: date) -> tuple[Interval, ...]:
        """The open intervals of a local date, in order and apart."""
        for other, intervals in self.days:
            if other == day:
                return intervals
        return ((0, _DAY),) if self.weekly is None else self.weekly[day.weekday()]


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a clock: from `from_at` until the next segment begins. `target` holds from here on."""

    from_at: datetime
    state: SegmentState
    target: timedelta
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an explanation: what the clock did between two instants and what that cost."""

    from_at: datetime
    until: datetime | None
    state: SegmentState
    used: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock as its ledger tells it.

    `elapsed` is the business time used. `due_at` is the first instant at which it reached, or will reach,
    the last target; None while paused with time left, after a stop in time, or beyond the horizon.
    """

    state: SegmentState
    elapsed: timedelta
    target: timedelta
    due_at: datetime | None
    rows: tuple[Row, ...]

    @property
    def is_late(self) -> bool:
        return self.elapsed > self.target

    @property
    def left(self) -> timedelta:
        """Business time left; negative when late."""
        return self.target - self.elapsed


def elapsed(calendar: Calendar, zone: ZoneInfo, from_at: datetime, until: datetime) -> timedelta:
    """Business time between two instants; nothing when `until` is not after `from_at`."""
    from_at, until = from_at.astimezone(UTC), until.astimezone(UTC)
    if calendar.is_always_open:
        return max(until - from_at, _ZERO)
    total = _ZERO
    for start, end in _openings(calendar, zone, from_at, until):
        total += min(end, until) - max(start, from_at)
    return total


def advance(
    calendar: Calendar, zone: ZoneInfo, from_at: datetime, amount: timedelta, *, horizon: timedelta = HORIZON
) -> datetime | None:
    """The first instant by which `amount` of business time passed since `from_at`; None beyond `horizon`."""
    # Python adds and subtracts within one zone by the wall clock; UTC has no such nights.
    from_at = from_at.astimezone(UTC)
    if amount <= _ZERO:
        return from_at
    if calendar.is_always_open:
        return from_at + amount if amount <= horizon else None
    limit = from_at + horizon
    for start, end in _openings(calendar, zone, from_at, limit):
        begin = max(start, from_at)
        if end - begin >= amount:
            found = begin + amount
            return found if found <= limit else None
        amount -= end - begin
    return None


def due_at(
    segments: Sequence[Segment],
    calendar: Calendar,
    zone: ZoneInfo,
    target: timedelta | None = None,
    *,
    horizon: timedelta = HORIZON,
) -> datetime | None:
    """The first instant at which the ledger's business time reaches `target` (its last one when None).

    The last segment is taken to go on as it is: a paused or stopped clock never gets further.
    """
    wanted = segments[-1].target if target is None else target
    used = _ZERO
    for index, segment in enumerate(segments):
        if segment.state != "running":
            continue
        if index + 1 == len(segments):
            return advance(calendar, zone, segment.from_at, wanted - used, horizon=horizon)
        until = segments[index + 1].from_at
        piece = elapsed(calendar, zone, segment.from_at, until)
        if used + piece >= wanted:
            return advance(calendar, zone, segment.from_at, wanted - used, horizon=horizon)
        used += piece
    return None


def replay(segments: Sequence[Segment], calendar: Calendar, zone: ZoneInfo, at: datetime) -> Reading:
    """Read the whole ledger again as of `at`. Segments are in order of time; raises ValueError when not."""
    if not segments:
        raise ValueError("A clock without segments has not started.")
    rows: list[Row] = []
    for index, segment in enumerate(segments):
        following = segments[index + 1].from_at if index + 1 < len(segments) else None
        if following is not None and following < segment.from_at:
            raise ValueError(f"Segment {index + 2} begins before segment {index + 1}.")
        until = at if following is None else following
        used = _ZERO
        if segment.state == "running":
            used = elapsed(calendar, zone, segment.from_at, until)
        rows.append(Row(segment.from_at, following, segment.state, used, segment.reason))
    last = segments[-1]
    return Reading(
        state=last.state,
        elapsed=sum((row.used for row in rows), _ZERO),
        target=last.target,
        due_at=due_at(segments, calendar, zone),
        rows=tuple(rows),
    )


def retargeted(segments: Sequence[Segment], target: timedelta, at: datetime, reason: str) -> list[Segment]:
    """The ledger after a change of target: a new segment in the same state, so that no pause is dropped."""
    return [*segments, Segment(at, segments[-1].state, target, reason)]


def warn_after(target: timedelta, percent: int) -> timedelta:
    """How much of the target may be used before a warning, rounded to whole seconds."""
    return timedelta(seconds=int(target.total_seconds() * percent) // 100)


def _openings(calendar: Calendar, zone: ZoneInfo, from_at: datetime, until: datetime) -> Iterator[Span]:
    """Open spans that overlap [from_at, until), in order."""
    day = from_at.astimezone(zone).date()
    last = until.astimezone(zone).date()
    while day <= last:
        for start, end in _spans_on(calendar, zone, day):
            if start >= until:
                return
            if end > from_at:
                yield start, end
        day += timedelta(days=1)


@lru_cache(maxsize=8192)
def _spans_on(calendar: Calendar, zone: ZoneInfo, day: date) -> tuple[Span, ...]:
    spans = (
        (_instant(zone, day, start), _instant(zone, day, end)) for start, end in calendar.intervals_on(day)
    )
    return tuple(span for span in spans if span[0] < span[1])


def _instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """The first instant at which the zone's wall clock shows this minute, or jumps over it."""
    day, minute = (day + timedelta(days=1), 0) if minute == _DAY else (day, minute)
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return found
    return _jump(zone, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found)


def _jump(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The instant between the two at which the zone's offset changes, to the second."""
    offset = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while low < high:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset:
            low = middle + 1
        else:
            high = middle
    return before + timedelta(seconds=low)


def _intervals(rows: Any, where: str) -> tuple[Interval, ...]:
    found = []
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != 2:
            raise ValueError(f'{where}: an interval is ["09:00", "17:00"], not {row!r}.')
        start, end = _minute(row[0], where), _minute(row[1], where)
        if start == _DAY:
            raise ValueError(f"{where}: an interval cannot start at 24:00.")
        found.append((start, end if end > start else end + _DAY))
    return tuple(found)


def _week(days: Sequence[tuple[Interval, ...]]) -> tuple[tuple[Interval, ...], ...]:
    """Each weekday's intervals within its own day: what runs past midnight belongs to the day after."""
    week: list[list[Interval]] = [[] for _ in WEEKDAYS]
    for index, intervals in enumerate(days):
        for start, end in intervals:
            week[index].append((start, min(end, _DAY)))
            if end > _DAY:
                week[(index + 1) % 7].append((0, end - _DAY))
    return tuple(_joined(intervals) for intervals in week)


def _clip(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    return _joined((start, min(end, _DAY)) for start, end in intervals)


def _joined(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """In order, with overlaps and touches made one, so that no minute counts twice."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif end > start:
            found.append((start, end))
    return tuple(found)


def _minute(text: Any, where: str) -> int:
    match = _TIME.match(text) if isinstance(text, str) else None
    minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else -1
    if not 0 <= minute <= _DAY:
        raise ValueError(f"{where}: {text!r} is not a time between 00:00 and 24:00.")
    return minute


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{text!r} is not a date such as 2026-11-23.") from error
