"""Trying a promise on a made-up history: what `manage.py sla_replay` and "try before publishing" reckon.

A case's events are taken in the order of their instants; those of one instant in the order given. An event
that changes nothing has no effect: pausing what is paused, resuming what runs, stopping what is stopped.
`start` after a `stop` lets the clock go on from what it had used. Before its first `start` a clock can only
be given another target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.calendars import HORIZON, Calendar
from tickets import sla

DOINGS = ("start", "pause", "resume", "stop", "retarget")
MOST_MINUTES = 10_000_000
_AFTER: dict[tuple[str, str], sla.SegmentState] = {
    ("", "start"): "running",
    ("running", "pause"): "paused",
    ("paused", "resume"): "running",
    ("running", "stop"): "stopped",
    ("paused", "stop"): "stopped",
    ("stopped", "start"): "running",
}


class BadCase(ValueError):
    """A case that cannot be read: says which one, which field of it, and the way out."""

    def __init__(self, case: str, field: str, why: str) -> None:
        super().__init__(f"Case {case}: {field}: {why}")
        self.case, self.field, self.why = case, field, why


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a case; `target` only when it retargets."""

    at: datetime
    do: str
    target: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A history to reckon: what was promised, by which calendar, and what happened."""

    id: Any
    zone: ZoneInfo
    calendar: Calendar
    target: timedelta
    happenings: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ends.

    `due_at` is the first instant at which the business time reaches the last target, had the clock not been
    stopped; None when it stays paused, or beyond a year after the start. `elapsed` is the business time used
    until the stop, or until the last event of a clock that was not stopped. `met` says that it was stopped
    with no more used than the target.
    """

    due_at: datetime | None
    elapsed: timedelta
    met: bool


def outcome(case: Case) -> Outcome:
    """Replay a case from its start with its last target. Raises BadCase for one that never starts."""
    segments = _segments(case)
    target, last = segments[-1].target, segments[-1]
    end = max(happening.at for happening in case.happenings)
    reading = sla.replay(segments, case.calendar, case.zone, end)
    due = sla.due_at(_unstopped(segments), case.calendar, case.zone, target)
    if due is not None and due > segments[0].from_at + HORIZON:
        due = None
    return Outcome(due, reading.elapsed, last.state == "stopped" and reading.elapsed <= target)


def _segments(case: Case) -> list[sla.Segment]:
    """The ledger that the events write, with the last target on every segment."""
    target, state, rows = case.target, "", []
    for index, happening in sorted(enumerate(case.happenings), key=lambda pair: pair[1].at):
        if happening.target is not None:
            target = happening.target
            continue
        after = _AFTER.get((state, happening.do))
        if after is None:
            if not state:
                why = f'a clock that has not started cannot {happening.do}; put a "start" before it.'
                raise BadCase(str(case.id), f"events[{index}].do", why)
            continue
        state = after
        rows.append((happening.at, after))
    if not rows:
        raise BadCase(str(case.id), "events", 'the clock never starts; add {"at": …, "do": "start"}.')
    return [sla.Segment(at, after, target) for at, after in rows]


def _unstopped(segments: Sequence[sla.Segment]) -> Sequence[sla.Segment]:
    """The ledger as it would be without its last stop: what the clock did before goes on."""
    return segments[:-1] if segments[-1].state == "stopped" else segments


def read_case(raw: Any, index: int) -> Case:
    """A case of the form {"id", "zone", "calendar", "holidays", "target_minutes", "events"}.

    Other keys are the writer's own. Raises BadCase that names the field.
    """
    if not isinstance(raw, Mapping):
        raise BadCase(f"number {index + 1}", "", 'it is not an object {"id": …, "zone": …, …}.')
    if raw.get("id") is None:
        raise BadCase(f"number {index + 1}", "id", "it has none; give each case an id.")
    name = str(raw["id"])
    zone = _zone(name, raw.get("zone"))
    return Case(
        id=raw["id"],
        zone=zone,
        calendar=_calendar(name, raw),
        target=_target(name, "target_minutes", raw.get("target_minutes")),
        happenings=_happenings(name, zone, raw.get("events")),
    )


def _zone(case: str, name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        why = f"{name!r} is not a time zone; use an IANA name such as Asia/Tokyo."
        raise BadCase(case, "zone", why) from error


def _calendar(case: str, raw: Mapping[str, Any]) -> Calendar:
    hours, holidays = raw.get("calendar"), raw.get("holidays")
    if hours is not None and not isinstance(hours, Mapping):
        raise BadCase(case, "calendar", 'use {"mon": [["09:00", "17:00"]], …}, or {} for around the clock.')
    if holidays is not None and not isinstance(holidays, list):
        raise BadCase(case, "holidays", 'use a list of dates such as ["2026-11-23"].')
    try:
        calendar = Calendar.from_json(hours or {})
    except (ValueError, TypeError, AttributeError) as error:
        raise BadCase(case, "calendar", str(error)) from error
    try:
        return Calendar.from_json(hours or {}, holidays or ()) if holidays else calendar
    except ValueError as error:
        raise BadCase(case, "holidays", str(error)) from error


def _target(case: str, field: str, minutes: Any) -> timedelta:
    is_number = isinstance(minutes, int | float) and not isinstance(minutes, bool)
    if not is_number or not 0 <= minutes <= MOST_MINUTES:
        why = f"{minutes!r} is not a number of minutes between 0 and {MOST_MINUTES}."
        raise BadCase(case, field, why)
    return timedelta(minutes=minutes)


def _happenings(case: str, zone: ZoneInfo, events: Any) -> tuple[Happening, ...]:
    if not isinstance(events, list):
        raise BadCase(case, "events", 'use a list of {"at": …, "do": …}.')
    return tuple(_happening(case, f"events[{index}]", zone, event) for index, event in enumerate(events))


def _happening(case: str, field: str, zone: ZoneInfo, event: Any) -> Happening:
    if not isinstance(event, Mapping):
        raise BadCase(case, field, 'use {"at": "2026-11-20T16:00:00+09:00", "do": "start"}.')
    do = event.get("do")
    if do not in DOINGS:
        raise BadCase(case, f"{field}.do", f"{do!r} is not one of {', '.join(DOINGS)}.")
    target = None
    if do == "retarget":
        target = _target(case, f"{field}.target_minutes", event.get("target_minutes"))
    return Happening(_instant(case, f"{field}.at", zone, event.get("at")), do, target)


def _instant(case: str, field: str, zone: ZoneInfo, text: Any) -> datetime:
    """An instant; without an offset it is the wall clock of the case's zone."""
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        if not 1970 <= at.year <= 2200:
            raise ValueError("far away")
    except (ValueError, TypeError) as error:
        why = f"{text!r} is not an instant between 1970 and 2200; write 2026-11-20T16:00:00+09:00."
        raise BadCase(case, field, why) from error
    return at.astimezone(UTC)


def result(case: Case) -> dict[str, Any]:
    """The case's outcome as JSON; whole minutes as whole numbers, instants in the case's zone."""
    found = outcome(case)
    minutes = round(found.elapsed.total_seconds() / 60, 6)
    return {
        "id": case.id,
        "due_at": found.due_at.astimezone(case.zone).isoformat() if found.due_at else None,
        "elapsed_minutes": int(minutes) if minutes == int(minutes) else minutes,
        "met": found.met,
    }
