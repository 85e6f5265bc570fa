"""Firing the timers that are due: warn, or mark as late."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection

from core.clock import now
from journal import services as journal
from tenants.active import tenant_active
from tenants.actors import Actor
from tickets.enums import ClockState, TimerKind
from tickets.events import SlaBreached, SlaWarned
from tickets.models import SlaClock, SlaTimer

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
CLOCKWORK = Actor.system("sla timer")


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
