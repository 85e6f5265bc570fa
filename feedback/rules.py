"""Pure decisions of evaluation: windows, edit time, recoveries, flags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.enums import VisitStatus
from dispatch.rules import AWAITED, MOVABLE, Window, window_round
from feedback.enums import Flag, LinkPurpose

V = VisitStatus

LOW_SCORE = 2
RECOVERY_TIME = timedelta(hours=1)
EDIT_TIME = timedelta(hours=24)
RATE_TIME = timedelta(days=14)
TRACK_TIME = timedelta(hours=24)
SHORTEST_DWELL = timedelta(seconds=5)
ON_THE_ROAD_SPREAD = timedelta(minutes=10)
FOLD_TIME = timedelta(minutes=2)
"""How long a letter about a change waits: several changes in that time are told by one, one undone by none."""


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of the browser that sent a rating. `opened_at`: when it was shown the page, or None."""

    opened_at: datetime | None = None
    is_staff: bool = False
    is_engineers_address: bool = False


def expires_at(purpose: str, *, visit_ends_at: datetime, at: datetime) -> datetime:
    """A rating link lives 14 days; a tracking link until a day after the visit."""
    if purpose == LinkPurpose.RATE:
        return at + RATE_TIME
    return max(visit_ends_at, at) + TRACK_TIME


def is_editable(recorded_at: datetime, at: datetime) -> bool:
    """Whether the customer may still change the rating."""
    return at < recorded_at + EDIT_TIME


def needs_recovery(score: int, wants_call: bool) -> bool:
    """Whether somebody must call the customer."""
    return score <= LOW_SCORE or wants_call


def flags_for(device: Device, at: datetime) -> list[str]:
    """What is odd about how the rating came in. Flags never refuse it."""
    flags = []
    if device.opened_at is None:
        flags.append(Flag.NO_PAGE)
    elif at - device.opened_at < SHORTEST_DWELL:
        flags.append(Flag.FAST)
    if device.is_staff:
        flags.append(Flag.STAFF_SESSION)
    if device.is_engineers_address:
        flags.append(Flag.ENGINEER_ADDRESS)
    return [str(flag) for flag in flags]


def arrival_window(
    *,
    start_at: datetime,
    told: Window,
    travel_started_at: datetime | None,
    travel_minutes: int,
) -> Window:
    """When the customer's page says that the engineer arrives: as `told`; on the road ten minutes either side."""
    if travel_started_at is None:
        return told
    arrives = travel_started_at + timedelta(minutes=travel_minutes) if travel_minutes else start_at
    return window_round(max(arrives, travel_started_at), ON_THE_ROAD_SPREAD)


@dataclass(frozen=True, slots=True)
class Known:
    """What a customer knows of a visit by letter: a window, or, without one, that nobody comes."""

    window: Window | None


def what_to_tell(known: Known | None, *, status: str, window: Window, at: datetime) -> Known | None:
    """What a customer who knows this (None: was told nothing) is to be told of a visit that is to be at `window`;
    None for nothing.

    Once somebody is on the way, no later time is told: they see it on their page. An earlier one is, for they would
    not be there. Who can no longer be waiting, a day after the window they know, is not told that nobody comes.
    """
    if known is None:
        return Known(window) if status in AWAITED or status == V.PROPOSED else None
    if known.window is None:
        return None
    if status == V.CANCELLED:
        return Known(None) if at < known.window.end_at + TRACK_TIME else None
    if status == V.TRAVELLING:
        return Known(window) if window.start_at < known.window.start_at else None
    return Known(window) if status in MOVABLE and window != known.window else None


STEPS: dict[str, int] = {
    V.PROPOSED: 0,
    V.SCHEDULED: 0,
    V.DISPATCHED: 0,
    V.ACCEPTED: 0,
    V.TRAVELLING: 1,
    V.ON_SITE: 2,
    V.PAUSED: 2,
    V.DONE: 3,
}
"""How far a visit is on the customer's line: booked, on the way, working, done. Others left the line."""


def status_together(statuses: Iterable[str]) -> str:
    """Where visits that go together stand for their customer: as the one that is furthest; called off when all are."""
    return max(statuses, key=lambda status: (status != V.CANCELLED, STEPS.get(status, -1)))
