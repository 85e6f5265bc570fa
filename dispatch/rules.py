"""Pure decisions about work orders and visits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.transitions import check_transition
from dispatch.enums import ConsentStatus, LockLevel, OfferStatus, VisitStatus, WorkOrderStatus

V = VisitStatus
W = WorkOrderStatus

TRANSITIONS: dict[VisitStatus, tuple[VisitStatus, ...]] = {
    V.PROPOSED: (V.SCHEDULED, V.CANCELLED),
    V.SCHEDULED: (V.DISPATCHED, V.CANCELLED),
    V.DISPATCHED: (V.ACCEPTED, V.SCHEDULED, V.CANCELLED, V.NO_SHOW),
    V.ACCEPTED: (V.TRAVELLING, V.ON_SITE, V.DISPATCHED, V.CANCELLED, V.NO_SHOW),
    V.TRAVELLING: (V.ON_SITE, V.CANCELLED, V.NO_SHOW),
    V.ON_SITE: (V.PAUSED, V.DONE, V.COULD_NOT_COMPLETE, V.NO_SHOW),
    V.PAUSED: (V.ON_SITE, V.DONE, V.COULD_NOT_COMPLETE, V.NO_SHOW),
    V.DONE: (),
    V.COULD_NOT_COMPLETE: (),
    V.CANCELLED: (),
    V.NO_SHOW: (),
}

OFFER_TRANSITIONS: dict[OfferStatus, tuple[OfferStatus, ...]] = {
    OfferStatus.OFFERED: (
        OfferStatus.ACCEPTED,
        OfferStatus.DECLINED,
        OfferStatus.EXPIRED,
        OfferStatus.WITHDRAWN,
    ),
    OfferStatus.ACCEPTED: (),
    OfferStatus.DECLINED: (),
    OfferStatus.EXPIRED: (),
    OfferStatus.WITHDRAWN: (),
}

CONSENT_TRANSITIONS: dict[ConsentStatus, tuple[ConsentStatus, ...]] = {
    ConsentStatus.ASKED: tuple(status for status in ConsentStatus if status != ConsentStatus.ASKED),
    **{status: () for status in ConsentStatus if status != ConsentStatus.ASKED},
}

OCCUPYING = (V.SCHEDULED, V.DISPATCHED, V.ACCEPTED, V.TRAVELLING, V.ON_SITE, V.PAUSED)
"""States in which a visit takes the engineer's time: the database refuses overlaps among them."""

AWAITED = (V.SCHEDULED, V.DISPATCHED, V.ACCEPTED, V.TRAVELLING)
"""States in which somebody is still to come: the database lets work have one such visit, unless several share
it."""

MOVABLE = (V.PROPOSED, V.SCHEDULED, V.DISPATCHED, V.ACCEPTED)
"""States in which a dispatcher may still move a visit."""

UNDER_WAY = frozenset({V.TRAVELLING, V.ON_SITE, V.PAUSED})
CLOSED_WORK = frozenset({W.ACCEPTED, W.SETTLED, W.CANCELLED})
"""States of a work order that its visits no longer change."""

EARLY_MINUTES = 30
"""A stint done so much earlier than planned leaves time to plan, while other stints are to come."""

ENDED_SHORT = frozenset({V.COULD_NOT_COMPLETE, V.NO_SHOW})
ENDED = ENDED_SHORT | {V.DONE}


def check_move(thing: str, current: str, wanted: VisitStatus) -> None:
    """Raise `IllegalTransition` unless the visit may go from `current` to `wanted`."""
    check_transition(TRANSITIONS, thing=thing, current=VisitStatus(current), wanted=wanted)


@dataclass(frozen=True, slots=True)
class Window:
    """When somebody arrives, both ends included."""

    start_at: datetime
    end_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether an arrival at this moment is inside."""
        return self.start_at <= at <= self.end_at


TOLD_SPREAD = timedelta(minutes=30)
FIVE_MINUTES = 300
Promised = tuple[datetime | None, datetime | None]


def window_round(at: datetime, spread: timedelta) -> Window:
    """So long before and after a moment, in whole five minutes, as it is told."""
    return Window(_to_five(at - spread), _to_five(at + spread))


def _to_five(at: datetime) -> datetime:
    rest = at.timestamp() % FIVE_MINUTES
    shift = -rest if rest < FIVE_MINUTES / 2 else FIVE_MINUTES - rest
    return at + timedelta(seconds=shift)


def _promised_round(start_at: datetime, promised: Promised) -> Window | None:
    """The promised window, where a start keeps it."""
    opens, closes = promised
    if opens is None or closes is None or not opens <= start_at <= closes:
        return None
    return Window(opens, closes)


def window_told(start_at: datetime, promised: Promised, told_start_at: datetime | None = None) -> Window:
    """When a customer is to expect somebody who is planned for `start_at`: in the promised window, else half an
    hour either side of the start.

    `told_start_at` is the start of which they were told first: a visit that shifts by a little stays in the window
    that they know, and many small shifts do not add up to a large one unseen.
    """
    known = _promised_round(start_at, promised)
    if known is None and told_start_at is not None:
        known = window_round(told_start_at, TOLD_SPREAD)
    return known if known is not None and known.holds(start_at) else window_round(start_at, TOLD_SPREAD)


def on_time_until(promised_end_at: datetime | None, start_at: datetime) -> datetime:
    """Until when an engineer comes in time: the end of what was promised, else half an hour after the start planned,
    as customers are told."""
    return promised_end_at or start_at + TOLD_SPREAD


@dataclass(frozen=True, slots=True)
class Taps:
    """When the engineer left for a visit, arrived and ended it, as far as these are known."""

    travel_started_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None


def span_taken(
    status: str, planned: tuple[datetime, datetime], taps: Taps, *, travel_minutes: int, at: datetime
) -> tuple[datetime, datetime]:
    """From when to when a visit takes the engineer's time, as far as is known at `at`, without the trip: as planned
    until it begins; then from the arrival, for who is on the road the expected one, as long as planned, until now where
    it takes longer, or until it ended."""
    start, end = planned
    if status == V.TRAVELLING:
        left = taps.travel_started_at
        arrives = left + timedelta(minutes=travel_minutes) if left and travel_minutes else start
        arrives = max(arrives, at)
        return arrives, arrives + (end - start)
    if status in UNDER_WAY:
        begun = taps.arrived_at or start
        return begun, max(begun + (end - start), at)
    if status in ENDED and taps.ended_at is not None:
        if taps.arrived_at is None:
            return min(start, taps.ended_at), min(end, taps.ended_at)
        return taps.arrived_at, max(taps.arrived_at, taps.ended_at)
    return planned


@dataclass(frozen=True, slots=True)
class Appointment:
    """What a customer was told of a visit: who comes, and that they arrive within a window, both ends included."""

    lock_level: str
    engineer_id: int
    opens: datetime
    closes: datetime

    def needs_consent(self, engineer_id: int, start_at: datetime) -> bool:
        """Whether the customer must agree to this engineer at this time.

        Who confirmed a window confirmed when somebody comes; to a committed visit the engineer belongs too.
        """
        if self.lock_level == LockLevel.PROPOSED:
            return False
        if self.lock_level == LockLevel.COMMITTED and engineer_id != self.engineer_id:
            return True
        return not self.opens <= start_at <= self.closes


def appointment(
    *,
    lock_level: str,
    engineer_id: int,
    start_at: datetime,
    promised: Promised,
) -> Appointment:
    """What was agreed about a visit: the promised window around its start, else its start to the minute: who
    confirmed a time without a window confirmed that time."""
    window = _promised_round(start_at, promised) or Window(start_at, start_at)
    return Appointment(lock_level, engineer_id, window.start_at, window.end_at)


@dataclass(frozen=True, slots=True)
class Trip:
    """A visit as far as the work order's status hangs on it. `minutes` are planned, `worked` those between
    arriving and ending (None: has not ended, or nobody noted when)."""

    status: str
    minutes: int
    worked: int | None = None
    crew_key: UUID | None = None


def minutes_left(duration: int, trips: Sequence[Trip]) -> int:
    """How much of work that may take several visits none of them takes. Visits of one crew count once, as the
    one that took longest.

    What was done counts as long as it took, or as planned when that is about the same. Once no more visits are
    to come, what was done in less time is done: whoever ended it said so. What could not be completed counts
    the time that was worked.
    """
    is_to_come = any(trip.status in OCCUPYING or trip.status == V.PROPOSED for trip in trips)
    taken: dict[object, int] = {}
    for number, trip in enumerate(trips):
        key = trip.crew_key or number
        taken[key] = max(taken.get(key, 0), _taken(trip, is_to_come))
    return max(0, duration - sum(taken.values()))


def _taken(trip: Trip, is_to_come: bool) -> int:
    if trip.status in {V.CANCELLED, V.NO_SHOW}:
        return 0
    if trip.status == V.COULD_NOT_COMPLETE:
        return trip.worked or 0
    if trip.status == V.DONE and trip.worked is not None:
        is_early = is_to_come and trip.minutes - trip.worked >= EARLY_MINUTES
        return trip.worked if is_early else max(trip.minutes, trip.worked)
    return trip.minutes


def work_order_status(
    visits: Iterable[str], *, needs_another_visit: bool = False, is_left: bool = False
) -> WorkOrderStatus:
    """What a work order's visits make of it; cancelled visits do not count.

    A visit that could not complete leaves the work unscheduled until another visit is planned; so does a
    done one
    when the engineer said that another visit is needed. `is_left`: a stint of work that is split has no visit
    yet; it waits to be planned unless somebody is at work.
    """
    states = {VisitStatus(v) for v in visits} - {V.CANCELLED}
    planned = states & {V.PROPOSED, V.SCHEDULED, V.DISPATCHED, V.ACCEPTED}
    if is_left and not states & UNDER_WAY:
        return W.UNSCHEDULED
    if states & UNDER_WAY or (planned and V.DONE in states):
        return W.IN_PROGRESS
    if planned:
        return W.SCHEDULED
    return W.DONE if V.DONE in states and not needs_another_visit else W.UNSCHEDULED


def is_among(area: str, areas: Collection[str]) -> bool:
    """Whether an area is named, in capitals or not: published data write "QUEENS", people "Queens"."""
    return area in areas or area.casefold() in {name.casefold() for name in areas}


def steps_of(strategy: str, steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The steps of a rule in order; without any, its strategy is the only one."""
    return list(steps) or [{"strategy": strategy}]
