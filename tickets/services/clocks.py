"""Stopping clocks from outside, changing what was promised, and firing what is due."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction

from core.clock import now
from journal import services as journal
from tenants.active import tenant_active
from tenants.actors import Actor
from tickets import queries, rules
from tickets.enums import ClockState, SegmentReason, SlaKpi, TicketStatus, TimerKind
from tickets.events import SlaBreached, SlaWarned, TicketChanged
from tickets.models import SlaClock, SlaPolicy, SlaTimer, Ticket
from tickets.services import ledger

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
CLOCKWORK = Actor.system("sla timer")


@transaction.atomic
def stop_clock(
    *, ticket_id: int, kpi: str, actor: Actor, at: datetime, reason: str = SegmentReason.ARRIVED
) -> Ticket:
    """Stop one clock of a ticket, because what it measures happened. Nothing when it does not run."""
    ticket = queries.ticket_for_update(ticket_id)
    stopped = stop(ticket, {kpi}, actor=actor, at=at, reason=reason)
    if stopped:
        ticket.save(update_fields=["due_at", "updated_at"])
        journal.record(actor=actor, verb="clock_stopped", thing=ticket, at=at, changes={"clock": kpi})
        journal.publish(TicketChanged(ticket_id=ticket.pk))
    return ticket


def stop(
    ticket: Ticket,
    kpis: set[str],
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    state: str = ClockState.MET,
) -> bool:
    """Stop the ticket's clocks of these KPIs and set its `due_at` in memory. Says whether any was stopped."""
    clocks = [clock for clock in ledger.clocks_for_update(ticket.pk) if clock.kpi in kpis]
    ledger.apply([ledger.Change(clock, state) for clock in clocks], actor=actor, at=at, reason=reason)
    if clocks:
        ticket.due_at = ledger.next_due_at(ticket.pk)
    return bool(clocks)


def follow_status(ticket: Ticket, *, actor: Actor, at: datetime, reason: str) -> None:
    """Pause or resume the resolution clock as the ticket's state asks. Sets `due_at` in memory."""
    waits = ticket.status == TicketStatus.WAITING and ticket.waiting_for in rules.PAUSES_RESOLUTION
    changes = []
    for clock in ledger.clocks_for_update(ticket.pk):
        is_paused = clock.state == ClockState.PAUSED
        if clock.kpi == SlaKpi.RESOLUTION and waits != is_paused:
            changes.append(ledger.Change(clock, ClockState.PAUSED if waits else ClockState.RUNNING))
    ledger.apply(changes, actor=actor, at=at, reason=reason)
    if changes:
        ticket.due_at = ledger.next_due_at(ticket.pk)


def restart(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    """Let the resolution clock of a reopened ticket go on from what it has used."""
    clocks = ledger.clocks_for_update(ticket.pk, only_living=False)
    changes = [ledger.Change(c, ClockState.RUNNING) for c in clocks if c.kpi == SlaKpi.RESOLUTION]
    ledger.apply(changes, actor=actor, at=at, reason=SegmentReason.REOPENED)
    ticket.due_at = ledger.next_due_at(ticket.pk)


def retarget(ticket: Ticket, *, tier: str, actor: Actor, at: datetime) -> None:
    """Hold the running clocks to the promise that fits the ticket now. A pause stays a pause."""
    chosen = rules.choose_policy(queries.policies(), priority=ticket.priority, tier=tier)
    if chosen is None:
        return
    policy, reason = chosen
    changes = []
    for clock in ledger.clocks_for_update(ticket.pk):
        if (change := _retargeted(clock, policy, reason)) is not None:
            changes.append(change)
    ledger.apply(changes, actor=actor, at=at, reason=SegmentReason.RETARGETED)
    if changes:
        ticket.due_at = ledger.next_due_at(ticket.pk)


def _retargeted(clock: SlaClock, policy: SlaPolicy, reason: str) -> ledger.Change | None:
    """The change that puts a clock under another policy, or None when nothing about it differs."""
    if clock.policy_id == policy.pk:
        return None
    is_paused = clock.state == ClockState.PAUSED
    target = ledger.targets_of(policy).get(clock.kpi)
    clock.policy, clock.policy_reason, clock.calendar = policy, reason, policy.calendar
    if target is None:
        return ledger.Change(clock, ClockState.CANCELLED)
    return ledger.Change(clock, ClockState.PAUSED if is_paused else ClockState.RUNNING, target)


def fire_due_timers(*, limit: int = 200) -> int:
    """Claim timers of every tenant whose time has come, and warn or mark as late: each exactly once.

    Safe in any number of processes: rows are claimed with SKIP LOCKED under a lease on the database's clock,
    and a timer is marked as done in the transaction of its effect. Returns how many were claimed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM claim_sla_timers(%s, %s::interval)", [limit, f"{LEASE_SECONDS} s"]
        )
        claimed: list[tuple[int, int]] = cursor.fetchall()
    for tenant_id, timer_id in claimed:
        try:
            with tenant_active(tenant_id):
                _fire(timer_id, now())
        except Exception:  # One broken clock must not keep the others from firing; its lease runs out.
            log.exception("timer failed", extra={"tenant_id": tenant_id, "timer_id": timer_id})
    return len(claimed)


def _fire(timer_id: int, at: datetime) -> None:
    clock_id = SlaTimer.objects.filter(pk=timer_id).values_list("clock_id", flat=True).first()
    if clock_id is None:
        return
    # The clock is locked before its timer, as services do, so that the two never wait for each other.
    clock = SlaClock.objects.select_for_update(of=("self",)).select_related("ticket").get(pk=clock_id)
    timer = SlaTimer.objects.select_for_update().filter(pk=timer_id, done_at__isnull=True).first()
    if timer is None or timer.due_at > at:
        return
    timer.done_at = at
    timer.save(update_fields=["done_at"])
    if clock.stopped_at is not None or clock.state == ClockState.PAUSED:
        return
    if timer.kind == TimerKind.WARN:
        _warn(clock, at)
    else:
        _breach(clock, timer.due_at, at)


def _warn(clock: SlaClock, at: datetime) -> None:
    _note(clock, "sla_warned", at)
    journal.publish(SlaWarned(ticket_id=clock.ticket_id, clock_id=clock.pk))


def _breach(clock: SlaClock, due: datetime, at: datetime) -> None:
    clock.state, clock.breached_at = ClockState.BREACHED, due
    clock.save(update_fields=["state", "breached_at"])
    _note(clock, "sla_breached", at)
    journal.publish(SlaBreached(ticket_id=clock.ticket_id, clock_id=clock.pk))


def _note(clock: SlaClock, verb: str, at: datetime) -> None:
    changes = {"clock": clock.kpi, "policy": clock.policy_id}
    journal.record(actor=CLOCKWORK, verb=verb, thing=clock.ticket, at=at, changes=changes)
