"""Writing the ledger of SLA clocks: every change appends a segment, replays, and moves the timers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from core.calendars import Calendar, advance
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tickets import rules, sla
from tickets.enums import ClockState, SegmentReason, SlaKpi, TimerKind
from tickets.models import SlaClock, SlaPolicy, SlaSegment, SlaTimer, Ticket

BATCH = 500
_FIRST_SEGMENTS = """
    INSERT INTO tickets_slasegment (tenant_id, clock_id, state, target_minutes, from_at, reason, actor_label)
    SELECT tenant_id, id, 'running', target_minutes, started_at, %s, %s FROM tickets_slaclock
    WHERE tenant_id = %s AND id = ANY(%s) ORDER BY id
"""
_FIRST_TIMERS = """
    INSERT INTO tickets_slatimer (tenant_id, clock_id, kind, due_at)
    SELECT c.tenant_id, c.id, t.kind, t.due_at FROM tickets_slaclock c
    CROSS JOIN LATERAL (VALUES ('warn', c.warn_at), ('breach', c.due_at)) t(kind, due_at)
    WHERE c.tenant_id = %s AND c.id = ANY(%s) AND t.due_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket whose clocks are to start: the zone its business hours are in, and the customer's tier."""

    ticket: Ticket
    zone: str
    tier: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One clock to start: what was promised, and when that is due and near."""

    policy: SlaPolicy
    reason: str
    kpi: str
    target_minutes: int
    due_at: datetime | None
    warn_at: datetime | None


class Plans:
    """The clocks that tickets opened at one instant get; equal promises in equal zones are reckoned once."""

    def __init__(self, policies: Sequence[SlaPolicy], at: datetime) -> None:
        self.policies, self.at = policies, at
        self._known: dict[tuple[int, str, str], list[Plan]] = {}

    def of(self, opening: Opening) -> list[Plan]:
        """What to start for this ticket; nothing when no promise fits it."""
        key = (opening.ticket.priority, opening.tier, opening.zone)
        if key not in self._known:
            self._known[key] = self._reckon(*key)
        return self._known[key]

    def due_at(self, opening: Opening) -> datetime | None:
        """When the first of the ticket's clocks will be due."""
        return min((plan.due_at for plan in self.of(opening) if plan.due_at), default=None)

    def _reckon(self, priority: int, tier: str, zone_name: str) -> list[Plan]:
        chosen = rules.choose_policy(self.policies, priority=priority, tier=tier)
        if chosen is None:
            return []
        policy, reason = chosen
        calendar, zone = Calendar.from_json(policy.calendar), ZoneInfo(zone_name)
        plans = []
        for kpi, minutes in targets_of(policy).items():
            target = timedelta(minutes=minutes)
            near = sla.warn_after(target, policy.warn_percent)
            due = advance(calendar, zone, self.at, target)
            plans.append(Plan(policy, reason, kpi, minutes, due, advance(calendar, zone, self.at, near)))
        return plans


def start_clocks(openings: Iterable[Opening], plans: Plans, *, actor: Actor) -> None:
    """Start the clocks of these tickets, with their first segments and timers: three statements per 500."""
    clocks = [
        SlaClock(
            ticket=opening.ticket,
            policy=plan.policy,
            kpi=plan.kpi,
            target_minutes=plan.target_minutes,
            zone=opening.zone,
            calendar=plan.policy.calendar,
            policy_reason=plan.reason,
            started_at=plans.at,
            due_at=plan.due_at,
            warn_at=plan.warn_at,
        )
        for opening in openings
        for plan in plans.of(opening)
    ]
    SlaClock.objects.bulk_create(clocks, batch_size=BATCH)
    ids = [clock.pk for clock in clocks]
    with connection.cursor() as cursor:
        cursor.execute(
            _FIRST_SEGMENTS, [SegmentReason.OPENED.value, actor.label[:200], active_tenant_id(), ids]
        )
        cursor.execute(_FIRST_TIMERS, [active_tenant_id(), ids])


def targets_of(policy: SlaPolicy) -> dict[str, int]:
    """What a policy promises: KPI to minutes, without what it does not promise."""
    targets = {
        SlaKpi.FIRST_RESPONSE: policy.first_response_minutes,
        SlaKpi.ARRIVAL: policy.arrival_minutes,
        SlaKpi.RESOLUTION: policy.resolution_minutes,
    }
    return {str(kpi): minutes for kpi, minutes in targets.items() if minutes is not None}


def clocks_for_update(ticket_id: int, *, only_living: bool = True) -> list[SlaClock]:
    """The ticket's clocks with their segments and policy, locked."""
    clocks = SlaClock.objects.select_for_update(of=("self",)).filter(ticket_id=ticket_id)
    if only_living:
        clocks = clocks.filter(stopped_at__isnull=True)
    return list(clocks.select_related("policy").prefetch_related("segments").order_by("id"))


@dataclass(slots=True)
class Change:
    """What happens to one clock: a new segment of `state`; `target_minutes` only when it changes too."""

    clock: SlaClock
    state: str
    target_minutes: int | None = None


def apply(changes: Sequence[Change], *, actor: Actor, at: datetime, reason: str) -> None:
    """Append one segment to each clock, replay its ledger, and move its timers."""
    if not changes:
        return
    segments = []
    for change in changes:
        clock = change.clock
        past = list(clock.segments.all())
        if change.target_minutes is not None:
            clock.target_minutes = change.target_minutes
        segment = SlaSegment(
            clock=clock,
            state=change.state,
            target_minutes=clock.target_minutes,
            from_at=max(at, past[-1].from_at) if past else at,
            reason=reason[:200],
            actor_label=actor.label[:200],
        )
        segments.append(segment)
        _replay(clock, [*past, segment], at)
    SlaSegment.objects.bulk_create(segments)
    clocks = [change.clock for change in changes]
    SlaClock.objects.bulk_update(
        clocks,
        [
            "policy",
            "policy_reason",
            "calendar",
            "state",
            "target_minutes",
            "due_at",
            "warn_at",
            "stopped_at",
            "elapsed_minutes",
            "breached_at",
        ],
    )
    move_timers(clocks, at)


def _replay(clock: SlaClock, ledger: Sequence[SlaSegment], at: datetime) -> None:
    """Set the clock's columns to what its ledger says."""
    calendar, zone = Calendar.from_json(clock.calendar), ZoneInfo(clock.zone)
    segments = [_pure(segment) for segment in ledger]
    last = ledger[-1]
    reading = sla.replay(segments, calendar, zone, max(at, last.from_at))
    share = sla.warn_after(reading.target, clock.policy.warn_percent)
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
    living = SlaClock.objects.filter(Q(due_at__isnull=False), ticket_id=ticket_id, stopped_at__isnull=True)
    return living.exclude(state=ClockState.PAUSED).order_by("due_at").values_list("due_at", flat=True).first()
