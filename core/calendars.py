"""Business calendars as pure arithmetic: when time counts, how much of it passed, and when it goes on.

Everything is an aware instant in UTC and a `timedelta` of elapsed business time; wall clocks appear only
where a calendar is laid on a zone. Intervals are half-open. Time counts while the zone's wall clock shows an
open time of an open date: an hour that the clock shows twice counts twice, a skipped one has no length, and
elapsed time is time that really passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=366)
"""How far ahead an instant is looked for: what would come later has none."""

_TIME = re.compile(r"^(\d{1,2}):(\d{2})$")
_DAY = 24 * 60
_ZERO = timedelta()

Interval = tuple[int, int]
_WHOLE_DAY: tuple[Interval, ...] = ((0, _DAY),)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When business time passes: minutes of the local day per weekday, and other rules for single dates.

    `weekly` is None for around the clock. `days` maps a local date to its own intervals: none on a holiday,
    some on a partial day or a working make-up day.
    """

    weekly: tuple[tuple[Interval, ...], ...] | None = None
    days: tuple[tuple[date, tuple[Interval, ...]], ...] = ()
    _by_day: Mapping[date, tuple[Interval, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_day", dict(self.days))

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
        if (own := self._by_day.get(day)) is not None:
            return own
        return _WHOLE_DAY if self.weekly is None else self.weekly[day.weekday()]


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


def opens_at(
    calendar: Calendar, zone: ZoneInfo, at: datetime, *, horizon: timedelta = HORIZON
) -> datetime | None:
    """`at` when the calendar is open then, else the next instant it opens; None beyond `horizon`."""
    at = at.astimezone(UTC)
    if calendar.is_always_open:
        return at
    found = next(_openings(calendar, zone, at, at + horizon), None)
    return max(found[0], at) if found else None


def openings(
    calendar: Calendar, zone: ZoneInfo, from_at: datetime, until: datetime, *, bridge: timedelta = _ZERO
) -> list[Span]:
    """Open spans that overlap two instants, in order; what is closed for no longer than `bridge` counts as open."""
    found: list[Span] = []
    for start, end in _openings(calendar, zone, from_at.astimezone(UTC), until.astimezone(UTC)):
        if found and start - found[-1][1] <= bridge:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _openings(calendar: Calendar, zone: ZoneInfo, from_at: datetime, until: datetime) -> Iterator[Span]:
    """Open spans that overlap [from_at, until), in order."""
    day = from_at.astimezone(zone).date()
    last = until.astimezone(zone).date()
    while day <= last:
        for start, end in _spans_on(zone, day, calendar.intervals_on(day)):
            if start >= until:
                return
            if end > from_at:
                yield start, end
        day += timedelta(days=1)


@lru_cache(maxsize=8192)
def _spans_on(zone: ZoneInfo, day: date, intervals: tuple[Interval, ...]) -> tuple[Span, ...]:
    """When the zone's wall clock shows this date and a time within the intervals, as instants."""
    midnight = datetime.combine(day, time(), UTC)
    found = []
    for begin, until, offset in _stretches(zone, day):
        for start, end in intervals:
            opens = max(begin, midnight + timedelta(minutes=start) - offset)
            closes = min(until, midnight + timedelta(minutes=end) - offset)
            if opens < closes:
                found.append((opens, closes))
    return tuple(found)


def _stretches(zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime, timedelta]]:
    """Spans that hold all of a local date, each with its one offset: two on a night when clocks change."""
    begin = min(_midnights(zone, day))
    until = max(_midnights(zone, day + timedelta(days=1)))
    first, last = _offset(zone, begin), _offset(zone, until - timedelta(seconds=1))
    if first == last:
        return [(begin, until, first)]
    jump = _jump(zone, begin, until)
    return [(begin, jump, first), (jump, until, last)]


def _midnights(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """Midnight by the offset before and after a change; the same instant twice on other nights."""
    wall = datetime.combine(day, time(), zone)
    return wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or _ZERO


def _jump(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The instant between the two at which the zone's offset changes, to the second."""
    offset = _offset(zone, before)
    low, high = 0, int((after - before).total_seconds())
    while low < high:
        middle = (low + high) // 2
        if _offset(zone, before + timedelta(seconds=middle)) == offset:
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
