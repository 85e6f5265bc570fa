"""Pure decisions about notices: a person's own hours, and who is on call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.calendars import WEEKDAYS, Calendar, opens_at

Hours = Mapping[str, Sequence[Sequence[str]]]
"""{"mon": [["09:00", "17:00"], …], …} in the person's own time; {} is any time."""

USUAL_HOURS: Hours = {day: [["08:00", "18:00"]] for day in WEEKDAYS[:5]}
"""The own hours of people who have not said theirs."""

_SPAN = re.compile(r"^(\d{1,2})(?::?(\d{2}))?\s*[-–—~〜]\s*(\d{1,2})(?::?(\d{2}))?$")


def due_at(hours: Hours, zone: ZoneInfo, at: datetime, *, at_once: bool) -> datetime:
    """When a notice made at `at` reaches its person: now, or when their own hours next begin."""
    if at_once:
        return at
    return opens_at(Calendar.from_json(hours), zone, at) or at


def read_hours(text: str) -> list[list[str]]:
    """ "9-12, 13:00–17:30" as [["09:00", "12:00"], ["13:00", "17:30"]]. Raises ValueError."""
    return [_span(part) for part in re.split(r"[,、，;]", text) if part.strip()]


def write_hours(spans: Iterable[Sequence[str]]) -> str:
    """The inverse of `read_hours`."""
    return ", ".join(f"{start}–{end}" for start, end in spans)


def _span(text: str) -> list[str]:
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(text)
    start_hour, start_minute, end_hour, end_minute = (int(part or 0) for part in match.groups())
    span = [f"{start_hour:02}:{start_minute:02}", f"{end_hour:02}:{end_minute:02}"]
    Calendar.from_json({"mon": [span]})
    return span


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody's time on call. With `every_weeks` it comes again by the wall clock, until `last_on`."""

    id: int
    member_id: int
    from_at: datetime
    until_at: datetime
    every_weeks: int = 0
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of a duty."""

    duty: Duty
    from_at: datetime
    until_at: datetime


def turns(duty: Duty, zone: ZoneInfo, from_at: datetime, until: datetime) -> Iterator[Turn]:
    """The duty's stretches that touch [from_at, until), in order.

    A repeated duty begins and ends at the same wall-clock time of the zone, on either side of a DST change.
    """
    if not duty.every_weeks:
        if duty.from_at < until and duty.until_at > from_at:
            yield Turn(duty, duty.from_at, duty.until_at)
        return
    period = timedelta(weeks=duty.every_weeks)
    start, end = _wall(duty.from_at, zone), _wall(duty.until_at, zone)
    # One period earlier than arithmetic says: a DST night may move the end by an hour.
    count = max((_wall(from_at, zone) - end) // period - 1, 0)
    while True:
        begins = start + count * period
        turn = Turn(duty, _instant(begins, zone), _instant(end + count * period, zone))
        if turn.from_at >= until or (duty.last_on is not None and begins.date() > duty.last_on):
            return
        if turn.until_at > from_at:
            yield turn
        count += 1


def on_call(duties: Iterable[Duty], zone: ZoneInfo, at: datetime) -> list[Turn]:
    """Whose turn it is at `at`. A single duty stands in for the rotation: only those who have one are on."""
    moment = timedelta(microseconds=1)
    now = [turn for duty in duties for turn in turns(duty, zone, at, at + moment)]
    single = [turn for turn in now if not turn.duty.every_weeks]
    return single or now


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
