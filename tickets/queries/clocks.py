"""Reads of SLA clocks: how they stand, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.calendars import elapsed
from core.errors import NotFound
from tickets import sla
from tickets.enums import ClockState, SlaKpi
from tickets.models import SlaClock, SlaSegment, Ticket
from tickets.queries.promises import calendar_of

_COUNTING = frozenset({ClockState.RUNNING, ClockState.BREACHED})
_STATES: dict[str, sla.SegmentState] = {ClockState.RUNNING: "running", ClockState.PAUSED: "paused"}


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as a page shows it. `look` is a code of the "clock" vocabulary.

    Minutes are business minutes; `left_minutes` is negative when late. `percent` is the share used.
    """

    clock: SlaClock
    look: str
    left_minutes: int
    used_minutes: int
    percent: int
    is_running: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a clock's explanation: from, until (None: still so), what it did and how long."""

    from_at: datetime
    until: datetime | None
    state: sla.SegmentState
    minutes: int
    reason: str
    actor_label: str


def segments_of(clock: SlaClock) -> list[sla.Segment]:
    """The clock's ledger as pure segments, in order."""
    return [_pure(segment) for segment in clock.segments.all()]


def _pure(segment: SlaSegment) -> sla.Segment:
    return sla.Segment(
        from_at=segment.from_at,
        state=_STATES.get(segment.state, "stopped"),
        target=timedelta(minutes=segment.target_minutes),
        reason=segment.reason,
    )


def reading_of(clock: SlaClock, at: datetime) -> sla.Reading:
    """The clock's ledger replayed as of `at`."""
    calendar, zone = calendar_of(clock.calendar_version_id, clock.zone)
    return sla.replay(segments_of(clock), calendar, zone, at)


def clocks_of(ticket: Ticket, at: datetime) -> list[ClockView]:
    """The ticket's clocks as they stand at `at`, each replayed from its ledger, in two queries.

    Of the rounds of one promise the latest.
    """
    latest = {clock.code: clock for clock in _with_ledger(ticket).order_by("round", "id")}
    return [_replayed(clock, at) for clock in sorted(latest.values(), key=lambda clock: clock.pk)]


def rounds_of(ticket: Ticket, at: datetime) -> list[ClockView]:
    """Every clock of the ticket, earlier rounds too, in the order they began."""
    return [_replayed(clock, at) for clock in _with_ledger(ticket).order_by("id")]


def get_clock(ticket: Ticket, clock_id: int, at: datetime) -> ClockView:
    """One clock of the ticket; raises NotFound."""
    found = _with_ledger(ticket).filter(pk=clock_id).first()
    if found is None:
        raise NotFound(_("Clock %(id)s of %(ticket)s is not here.") % {"id": clock_id, "ticket": ticket})
    return _replayed(found, at)


def _with_ledger(ticket: Ticket) -> QuerySet[SlaClock]:
    clocks = SlaClock.objects.filter(ticket=ticket).prefetch_related("segments")
    return clocks.select_related("policy", "item", "calendar_version__calendar")


def _replayed(clock: SlaClock, at: datetime) -> ClockView:
    reading = reading_of(clock, at)
    used = _minutes(reading.elapsed)
    return ClockView(
        clock=clock,
        look=_look(clock, at),
        left_minutes=_minutes(reading.left),
        used_minutes=used,
        percent=_percent(reading),
        is_running=reading.state == "running",
    )


def arrivals_due(ticket_ids: Iterable[int]) -> dict[int, datetime]:
    """When the running arrival clocks of these tickets are due, by ticket."""
    running = SlaClock.objects.filter(
        ticket_id__in=list(ticket_ids),
        kpi=SlaKpi.ARRIVAL,
        state__in=[ClockState.RUNNING, ClockState.BREACHED],
        due_at__isnull=False,
    )
    return {pk: due_at for pk, due_at in running.order_by("-id").values_list("ticket_id", "due_at") if due_at}


def share_reached_at(ticket_id: int, kpi: str, percent: int) -> datetime | None:
    """When the ticket's living clock of this KPI will have used so many per cent of its time, or has.

    None while it is paused, when it was met or stopped, and when there is no such clock.
    """
    living = SlaClock.objects.filter(ticket_id=ticket_id, kpi=kpi, stopped_at=None).order_by("-round", "id")
    clock = living.prefetch_related("segments").first()
    if clock is None or not (segments := segments_of(clock)):
        return None
    calendar, zone = calendar_of(clock.calendar_version_id, clock.zone)
    return sla.due_at(segments, calendar, zone, sla.warn_after(segments[-1].target, percent))


def next_clock(clocks: Iterable[SlaClock], at: datetime) -> ClockView | None:
    """Of a ticket's clocks the one that is due next, or a paused one, read without its ledger; for lists.

    What is left of a running clock is the business time until it is due: no segment is needed.
    """
    living = [clock for clock in clocks if clock.stopped_at is None]
    running = [clock for clock in living if clock.state in _COUNTING and clock.due_at]
    if running:
        return _unreplayed(min(running, key=lambda clock: clock.due_at or at), at)
    paused = next((clock for clock in living if clock.state == ClockState.PAUSED), None)
    if paused is None:
        return None
    left = paused.target_minutes - paused.elapsed_minutes
    return ClockView(paused, "paused", left, paused.elapsed_minutes, 0, False)


def _unreplayed(clock: SlaClock, at: datetime) -> ClockView:
    calendar, zone = calendar_of(clock.calendar_version_id, clock.zone)
    due = clock.due_at or at
    is_late = due <= at
    apart = _minutes(elapsed(calendar, zone, min(at, due), max(at, due)))
    left = -apart if is_late else apart
    used = clock.target_minutes - left
    return ClockView(clock, _look(clock, at), left, used, 0, True)


def _look(clock: SlaClock, at: datetime) -> str:
    """The code of the clock's look: what the columns say, without waiting for a timer to fire."""
    if clock.stopped_at is not None:
        return clock.state
    if clock.state == ClockState.PAUSED:
        return "paused"
    if clock.due_at is not None and clock.due_at <= at:
        return "breached"
    return "at_risk" if clock.warn_at is not None and clock.warn_at <= at else "running"


def explain(clock: SlaClock, at: datetime) -> list[Line]:
    """Why the clock stands where it stands: a line for each segment of its ledger."""
    reading = reading_of(clock, at)
    return [
        Line(row.from_at, row.until, row.state, _minutes(row.used), row.reason, segment.actor_label)
        for row, segment in zip(reading.rows, clock.segments.all(), strict=True)
    ]


def _percent(reading: sla.Reading) -> int:
    total = reading.target.total_seconds()
    return round(100 * reading.elapsed.total_seconds() / total) if total else 100


def _minutes(amount: timedelta) -> int:
    """Whole minutes, towards zero: a list and a page never differ by one."""
    return int(amount.total_seconds() / 60)
