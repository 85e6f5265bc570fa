"""Writing the ledger of SLA clocks: every change appends a segment, replays, and moves the timers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db import connection
from django.db.models import Min

from core.calendars import advance
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tickets import sla
from tickets.enums import ClockState, SegmentReason, SlaEvent, TimerKind
from tickets.models import SlaClock, SlaPolicy, SlaSegment, SlaTimer, Ticket
from tickets.queries import Promised, Situation, calendar_of, promises_for

BATCH = 500
_FIRST_ENTRIES = """
    WITH clocks AS (
      SELECT * FROM tickets_slaclock WHERE tenant_id = %s AND id = ANY(%s) ORDER BY id
    ), segments AS (
      INSERT INTO tickets_slasegment
        (tenant_id, clock_id, state, target_minutes, item_id, calendar_version_id, from_at, reason, actor_label)
      SELECT tenant_id, id, 'running', target_minutes, item_id, calendar_version_id, started_at, %s, %s
      FROM clocks
    )
    INSERT INTO tickets_slatimer (tenant_id, clock_id, kind, due_at)
    SELECT c.tenant_id, c.id, t.kind, t.due_at FROM clocks c
    CROSS JOIN LATERAL (VALUES ('warn', c.warn_at), ('breach', c.due_at)) t(kind, due_at)
    WHERE t.due_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket whose clocks are to start, and what decides which."""

    ticket: Ticket
    situation: Situation


@dataclass(frozen=True, slots=True)
class Plan:
    """One clock to start: what was promised, and when that is due and near."""

    promised: Promised
    due_at: datetime | None
    warn_at: datetime | None

    def clock(self, ticket: Ticket, started_at: datetime, number: int = 1) -> SlaClock:
        """The clock, not saved yet, of this ticket and round."""
        item = self.promised.item
        return SlaClock(
            ticket=ticket,
            policy_id=item.policy_id,
            item=item,
            kpi=item.kpi,
            code=item.code,
            round=number,
            target_minutes=item.target_minutes,
            zone=self.promised.zone,
            calendar_version_id=self.promised.calendar_version_id,
            policy_reason=self.promised.reason,
            started_at=started_at,
            due_at=self.due_at,
            warn_at=self.warn_at,
        )


class Plans:
    """The clocks that tickets opened at one instant get; equal situations are reckoned once."""

    def __init__(self, policies: Sequence[SlaPolicy], at: datetime) -> None:
        self.policies, self.at = policies, at
        self._known: dict[Situation, list[Plan]] = {}

    def of(self, opening: Opening) -> list[Plan]:
        """What to start for this ticket; nothing when no promise fits it."""
        if opening.situation not in self._known:
            promised = promises_for(self.policies, opening.situation).values()
            self._known[opening.situation] = [
                plan_of(one, self.at) for one in promised if one.item.starts_on == SlaEvent.OPENED
            ]
        return self._known[opening.situation]

    def due_at(self, opening: Opening) -> datetime | None:
        """When the first of the ticket's clocks will be due."""
        return min((plan.due_at for plan in self.of(opening) if plan.due_at), default=None)


def plan_of(promised: Promised, at: datetime) -> Plan:
    """When this promise is due and near if its clock runs from `at` on."""
    calendar, zone = calendar_of(promised.calendar_version_id, promised.zone)
    target = timedelta(minutes=promised.item.target_minutes)
    near = sla.warn_after(target, promised.item.warn_percent)
    return Plan(promised, advance(calendar, zone, at, target), advance(calendar, zone, at, near))


def start_clocks(openings: Iterable[Opening], plans: Plans, *, actor: Actor) -> None:
    """Start the clocks of these tickets, with their first segments and timers: two statements per 500.

    A ticket holds its clocks as `started_clocks`.
    """
    clocks: list[SlaClock] = []
    for opening in openings:
        ticket = opening.ticket
        ticket.started_clocks = [plan.clock(ticket, plans.at) for plan in plans.of(opening)]
        clocks += ticket.started_clocks
    start(clocks, actor=actor, reason=SegmentReason.OPENED)


def start(clocks: Sequence[SlaClock], *, actor: Actor, reason: str) -> None:
    """Save new clocks with their first segments and timers."""
    if not clocks:
        return
    SlaClock.objects.bulk_create(clocks, batch_size=BATCH)
    ids = [clock.pk for clock in clocks]
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_ENTRIES, [active_tenant_id(), ids, str(reason), actor.label[:200]])


def clocks_for_update(*ticket_ids: int, only_living: bool = True) -> list[SlaClock]:
    """The tickets' clocks with their segments and items, locked."""
    clocks = SlaClock.objects.select_for_update(of=("self",)).filter(ticket_id__in=ticket_ids)
    if only_living:
        clocks = clocks.filter(stopped_at__isnull=True)
    return list(clocks.select_related("item").prefetch_related("segments").order_by("id"))


@dataclass(slots=True)
class Change:
    """What happens to one clock: a new segment of `state`, under another promise when one is given.

    `reason` is this clock's own, else that of all.
    """

    clock: SlaClock
    state: str
    promised: Promised | None = None
    reason: str = ""


def apply(changes: Sequence[Change], *, actor: Actor, at: datetime, reason: str) -> None:
    """Append one segment to each clock, replay its ledger, and move its timers."""
    if not changes:
        return
    segments = []
    for change in changes:
        clock = change.clock
        past = list(clock.segments.all())
        if change.promised is not None:
            _put_under(clock, change.promised)
        segment = SlaSegment(
            clock=clock,
            state=change.state,
            target_minutes=clock.target_minutes,
            item_id=clock.item_id,
            calendar_version_id=clock.calendar_version_id,
            from_at=max(at, past[-1].from_at) if past else at,
            reason=str(change.reason or reason)[:200],
            actor_label=actor.label[:200],
        )
        segments.append(segment)
        _replay(clock, [*past, segment], at)
    SlaSegment.objects.bulk_create(segments, batch_size=BATCH)
    clocks = [change.clock for change in changes]
    SlaClock.objects.bulk_update(clocks, _REPLAYED, batch_size=BATCH)
    move_timers(clocks, at)


_REPLAYED = [
    *("policy", "item", "kpi", "policy_reason", "calendar_version", "zone", "state", "target_minutes"),
    *("due_at", "warn_at", "stopped_at", "elapsed_minutes", "breached_at"),
]


def _put_under(clock: SlaClock, promised: Promised) -> None:
    clock.item, clock.policy_id = promised.item, promised.item.policy_id
    clock.kpi, clock.policy_reason = promised.item.kpi, promised.reason
    clock.target_minutes, clock.zone = promised.item.target_minutes, promised.zone
    clock.calendar_version_id = promised.calendar_version_id


def _replay(clock: SlaClock, ledger: Sequence[SlaSegment], at: datetime) -> None:
    """Set the clock's columns to what its ledger says."""
    calendar, zone = calendar_of(clock.calendar_version_id, clock.zone)
    segments = [_pure(segment) for segment in ledger]
    last = ledger[-1]
    reading = sla.replay(segments, calendar, zone, max(at, last.from_at))
    share = sla.warn_after(reading.target, clock.item.warn_percent)
    clock.elapsed_minutes = int(reading.elapsed.total_seconds() // 60)
    clock.stopped_at = last.from_at if reading.state == "stopped" else None
    if reading.due_at is not None or reading.state != "stopped":
        clock.due_at = reading.due_at
    clock.warn_at = sla.due_at(segments, calendar, zone, share)
    clock.breached_at = reading.due_at if reading.due_at is not None and reading.due_at <= at else None
    clock.state = _state(reading, last.state, is_late=clock.breached_at is not None)


def _state(reading: sla.Reading, last: str, *, is_late: bool) -> str:
    if reading.state == "stopped":
        if last == ClockState.CANCELLED:
            return ClockState.CANCELLED
        return ClockState.BREACHED if reading.is_late else ClockState.MET
    if reading.state == "paused":
        return ClockState.PAUSED
    return ClockState.BREACHED if is_late else ClockState.RUNNING


def _pure(segment: SlaSegment) -> sla.Segment:
    states = {ClockState.RUNNING: "running", ClockState.PAUSED: "paused"}
    state = cast(sla.SegmentState, states.get(ClockState(segment.state), "stopped"))
    return sla.Segment(segment.from_at, state, timedelta(minutes=segment.target_minutes), segment.reason)


def move_timers(clocks: Sequence[SlaClock], at: datetime) -> None:
    """Let each clock's timers wait for its new times; a fired one fires again only for a later time."""
    known = {(t.clock_id, t.kind): t for t in SlaTimer.objects.filter(clock__in=clocks)}
    wanted = {(c.pk, kind): due for c in clocks for kind, due in _wanted_timers(c).items()}
    stale = [t.pk for key, t in known.items() if t.done_at is None and key not in wanted]
    if stale:
        SlaTimer.objects.filter(pk__in=stale).delete()
    new, moved = [], []
    for (clock_id, kind), due in wanted.items():
        timer = known.get((clock_id, kind))
        if timer is None:
            new.append(SlaTimer(clock_id=clock_id, kind=kind, due_at=due))
        elif timer.due_at != due and (timer.done_at is None or due > at):
            timer.due_at, timer.done_at, timer.leased_until = due, None, None
            moved.append(timer)
    SlaTimer.objects.bulk_create(new)
    if moved:
        SlaTimer.objects.bulk_update(moved, ["due_at", "done_at", "leased_until"])


def _wanted_timers(clock: SlaClock) -> dict[str, datetime]:
    if clock.stopped_at is not None or clock.state == ClockState.PAUSED:
        return {}
    times = {TimerKind.WARN: clock.warn_at, TimerKind.BREACH: clock.due_at}
    return {str(kind): due for kind, due in times.items() if due is not None}


def next_due_at(ticket_id: int) -> datetime | None:
    """When the ticket's next running clock is due: what its place in the queue follows."""
    return next_dues([ticket_id]).get(ticket_id)


def next_dues(ticket_ids: Iterable[int]) -> dict[int, datetime]:
    """`next_due_at` of many tickets; those without a running clock are left out."""
    living = SlaClock.objects.filter(
        ticket_id__in=list(ticket_ids), due_at__isnull=False, stopped_at__isnull=True
    ).exclude(state=ClockState.PAUSED)
    found = living.order_by("ticket_id").values_list("ticket_id").annotate(first=Min("due_at"))
    return {ticket_id: due for ticket_id, due in found if due is not None}
