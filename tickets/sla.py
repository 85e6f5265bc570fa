"""The SLA clock as pure arithmetic: due times, and the replay of a clock's ledger on a business calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from core.calendars import HORIZON, Calendar, advance, elapsed

_ZERO = timedelta()

SegmentState = Literal["running", "paused", "stopped"]


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
