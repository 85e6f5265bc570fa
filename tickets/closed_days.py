"""Days of a calendar's own, read from text or from an iCalendar file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from core.calendars import Calendar

Day = dict[str, Any]
MOST_BYTES = 1_000_000
MOST_EVENTS = 2_000
LONGEST_DAYS = 400
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_WHOLE_DAY = ("00:00", "24:00")
_RANGE = re.compile(r"^(\d{1,2}(?::\d{2})?)\s*[-–]\s*(\d{1,2}(?::\d{2})?)$")


class Unreadable(ValueError):
    """A part of a text that cannot be taken; `why` is form, order (ends before it starts) or twice."""

    def __init__(self, part: str, why: str = "form") -> None:
        super().__init__(part)
        self.why = why


class NotTaken(ValueError):
    """A file that is read no further; `why` is size, often or many."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def hours_of(text: str) -> list[list[str]]:
    """ "9-12, 13:00-17:30" as [["09:00", "12:00"], ["13:00", "17:30"]]; nothing for an empty text.

    Raises Unreadable with the part.
    """
    found = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[,、，;]", text))):
        match = _RANGE.match(part)
        if match is None:
            raise Unreadable(part)
        start, end = _clock(match[1]), _clock(match[2])
        if not (start < "24:00" and end <= "24:00" and max(start[3:], end[3:]) < "60"):
            raise Unreadable(part)
        found.append([start, end])
    return found


def _clock(text: str) -> str:
    hours, _colon, minutes = text.partition(":")
    return f"{int(hours):02d}:{minutes or '00'}"


def text_of_hours(hours: Iterable[Iterable[str]]) -> str:
    """The hours as a person writes them: "09:00-12:00, 13:00-17:30"."""
    return ", ".join("-".join(pair) for pair in hours)


def days_of(text: str) -> list[Day]:
    """A line each: a date, its hours or nothing when closed, and a name: "2026-12-24 9-12 Christmas Eve".

    Raises Unreadable with the line.
    """
    found: list[Day] = []
    seen: set[date] = set()
    for line in filter(None, (row.strip() for row in text.splitlines())):
        head, _space, rest = line.partition(" ")
        try:
            day = date.fromisoformat(head)
            hours, name = _leading_hours(rest.strip())
        except ValueError as error:
            raise Unreadable(line) from error
        if day in seen:
            raise Unreadable(line, "twice")
        if any(end <= start for start, end in hours):
            raise Unreadable(line, "order")
        seen.add(day)
        found.append({"on": day.isoformat(), "name": name[:80], "open": hours})
    return found


def _leading_hours(rest: str) -> tuple[list[list[str]], str]:
    match = re.match(r"^[\d:,、，\-– ]+", rest)
    if match is None or not _RANGE.match(re.split(r"[,、，]", match[0].strip())[0].strip()):
        return [], rest
    return hours_of(match[0].strip(" ,")), rest[match.end() :].strip()


def text_of_days(days: Iterable[Mapping[str, Any]]) -> str:
    """The days as `days_of` reads them."""
    return "\n".join(
        " ".join(
            filter(None, (day["on"], text_of_hours(day["open"]).replace(", ", ","), day.get("name", "")))
        )
        for day in days
    )


def from_ical(data: bytes, known: Calendar, zone: ZoneInfo, first: date, last: date) -> list[Day]:
    """The days between two dates on which an iCalendar file says that something closes us.

    An event of whole days closes them; one with times takes its hours away from those that `known` has on
    that day, and is left out where it takes none. Repeating events are expanded. Raises NotTaken, or another
    error for what is no calendar.
    """
    if len(data) > MOST_BYTES:
        raise NotTaken("size")
    calendar = icalendar.Calendar.from_ical(data)
    for event in calendar.walk("VEVENT"):
        rule = event.get("RRULE")
        rules = rule if isinstance(rule, list) else [rule] if rule else []
        if any(_TOO_OFTEN & {str(word).upper() for word in one.get("FREQ", [])} for one in rules):
            raise NotTaken("often")
    found: dict[str, Day] = {}
    for start, end, name in _expanded(calendar, zone, first, last):
        for day, busy in _by_day(start, end):
            if not first <= day <= last:
                continue
            one = found.get(day.isoformat()) or _plain_day(known, day)
            left = _without(one["open"], busy)
            if left != one["open"] or busy == _WHOLE_DAY:
                found[day.isoformat()] = {"on": one["on"], "name": one["name"] or name, "open": left}
    return [found[day] for day in sorted(found)]


def _expanded(
    calendar: icalendar.Calendar, zone: ZoneInfo, first: date, last: date
) -> Iterator[tuple[datetime | date, datetime | date, str]]:
    events = recurring_ical_events.of(calendar).after(datetime.combine(first, time(), zone))
    for count, event in enumerate(islice(events, MOST_EVENTS + 1)):
        if count == MOST_EVENTS:
            raise NotTaken("many")
        start, end = event.start, event.end
        if isinstance(start, datetime) and isinstance(end, datetime):
            start, end = (
                one.astimezone(zone) if one.tzinfo else one.replace(tzinfo=zone) for one in (start, end)
            )
        if (start.date() if isinstance(start, datetime) else start) > last:
            return
        yield start, end, str(event.get("SUMMARY", ""))[:80]


def _by_day(start: datetime | date, end: datetime | date) -> Iterator[tuple[date, tuple[str, str]]]:
    """Each local date of an event with the part of it that the event takes."""
    from_on = start.date() if isinstance(start, datetime) else start
    until = end.date() if isinstance(end, datetime) else end - timedelta(days=1)
    for number in range(min((until - from_on).days + 1, LONGEST_DAYS)):
        day = from_on + timedelta(days=number)
        begin, close = _WHOLE_DAY
        if isinstance(start, datetime) and isinstance(end, datetime):
            begin = f"{start:%H:%M}" if day == from_on else begin
            close = f"{end:%H:%M}" if day == until else close
        if begin < close:
            yield day, (begin, close)


def _plain_day(known: Calendar, day: date) -> Day:
    opened = [[_text(start), _text(end)] for start, end in known.intervals_on(day)]
    return {"on": day.isoformat(), "name": "", "open": opened}


def _text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _without(opened: list[list[str]], busy: tuple[str, str]) -> list[list[str]]:
    begin, close = busy
    left = []
    for start, end in opened:
        left += [[start, min(end, begin)]] if start < begin else []
        left += [[max(start, close), end]] if end > close else []
    return left
