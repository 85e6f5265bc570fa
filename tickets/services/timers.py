"""Firing the timers that are due: warn, or mark as late; many at a time."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import OperationalError, connection

from core.clock import now
from journal import services as journal
from tenants.active import active_tenant_id, tenant_active
from tenants.actors import Actor
from tickets.enums import ClockState, TimerKind
from tickets.events import SlaBreached, SlaWarned

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
CLOCKWORK = Actor.system("sla timer")
_DONE = """
    UPDATE tickets_slatimer SET done_at = %s
    WHERE tenant_id = %s AND id = ANY(%s) AND clock_id = ANY(%s) AND done_at IS NULL AND due_at <= %s
    RETURNING clock_id, kind, due_at
"""
_GIVEN_BACK = """
    UPDATE tickets_slatimer SET leased_until = NULL
    WHERE tenant_id = %s AND id = ANY(%s) AND done_at IS NULL AND NOT clock_id = ANY(%s)
"""
_LATE = """
    UPDATE tickets_slaclock c SET state = %s, breached_at = late.due_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) late(id, due_at)
    WHERE c.tenant_id = %s AND c.id = late.id
"""


_LOCKED = """
    SELECT c.id FROM tickets_slaclock c
    WHERE c.tenant_id = %s AND c.id IN (
      SELECT t.clock_id FROM tickets_slatimer t WHERE t.tenant_id = %s AND t.id = ANY(%s))
    ORDER BY c.id FOR UPDATE SKIP LOCKED
"""
_LIVING = """
    SELECT c.id, c.ticket_id, k.number, c.code, c.policy_id, c.item_id
    FROM tickets_slaclock c JOIN tickets_ticket k ON k.tenant_id = c.tenant_id AND k.id = c.ticket_id
    WHERE c.tenant_id = %s AND c.id = ANY(%s) AND c.stopped_at IS NULL AND c.state <> %s
"""


class Fired(NamedTuple):
    """A living clock whose timer has fired, and the ticket it is about."""

    clock_id: int
    ticket_id: int
    number: int
    code: str
    policy_id: int
    item_id: int


def fire_due_timers(*, limit: int = 200) -> int:
    """Claim timers of every tenant whose time has come, and warn or mark as late: each exactly once.

    Safe in any number of processes: rows are claimed with SKIP LOCKED under a lease on the database's clock.
    A tenant's timers are marked as done in the one transaction that holds all their effects, so that a crash
    leaves either both or neither. Returns how many were claimed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM claim_sla_timers(%s, %s::interval)", [limit, f"{LEASE_SECONDS} s"]
        )
        claimed: list[tuple[int, int]] = cursor.fetchall()
    by_tenant: dict[int, list[int]] = defaultdict(list)
    for tenant_id, timer_id in claimed:
        by_tenant[tenant_id].append(timer_id)
    for tenant_id, timer_ids in by_tenant.items():
        _fire_apart(tenant_id, timer_ids)
    return len(claimed)


def _fire_apart(tenant_id: int, timer_ids: list[int]) -> None:
    """Fire one tenant's timers together; where that fails, in halves, so that one broken clock stands alone.

    A timer that fails by itself is left to its lease, and tried again when that runs out.
    """
    try:
        with tenant_active(tenant_id):
            _fire(timer_ids, now())
    except OperationalError:  # The database is away or overloaded: halves would fare no better.
        log.exception("timers not fired", extra={"tenant_id": tenant_id, "count": len(timer_ids)})
    except Exception:
        if len(timer_ids) == 1:
            log.exception("timer failed", extra={"tenant_id": tenant_id, "timer_id": timer_ids[0]})
            return
        middle = len(timer_ids) // 2
        _fire_apart(tenant_id, timer_ids[:middle])
        _fire_apart(tenant_id, timer_ids[middle:])


def _fire(timer_ids: list[int], at: datetime) -> None:
    """Lock the clocks, mark their timers as done, and write what follows.

    Clocks are locked before timers, as services do, so that the two never wait for each other. A clock that
    somebody is changing right now is left out, and its timer is given back for the next round.
    """
    tenant_id = active_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED, [tenant_id, tenant_id, timer_ids])
        locked = [clock_id for (clock_id,) in cursor.fetchall()]
        cursor.execute(_DONE, [at, tenant_id, timer_ids, locked, at])
        done: list[tuple[int, str, datetime]] = cursor.fetchall()
        if len(done) < len(timer_ids):
            cursor.execute(_GIVEN_BACK, [tenant_id, timer_ids, locked])
        cursor.execute(_LIVING, [tenant_id, [row[0] for row in done], ClockState.PAUSED.value])
        living = {row[0]: Fired(*row) for row in cursor.fetchall()}
    dues = {kind: {row[0]: row[2] for row in done if row[1] == kind} for kind in TimerKind.values}
    warned = [living[clock_id] for clock_id in dues[TimerKind.WARN] if clock_id in living]
    late = {clock_id: due for clock_id, due in dues[TimerKind.BREACH].items() if clock_id in living}
    _tell("sla_warned", SlaWarned, warned, at)
    _mark_late(late)
    _tell("sla_breached", SlaBreached, [living[clock_id] for clock_id in late], at)


def _mark_late(dues: dict[int, datetime]) -> None:
    if dues:
        with connection.cursor() as cursor:
            late = (list(dues), list(dues.values()))
            cursor.execute(_LATE, [ClockState.BREACHED.value, *late, active_tenant_id()])


def _tell(verb: str, kind: type[SlaWarned | SlaBreached], fired: Sequence[Fired], at: datetime) -> None:
    """Record and publish what happened to each clock."""
    if not fired:
        return
    changes = [{"clock": one.code, "policy": one.policy_id, "item": one.item_id} for one in fired]
    things = [journal.Named("tickets.ticket", one.ticket_id, f"T-{one.number}") for one in fired]
    journal.record_many(actor=CLOCKWORK, verb=verb, things=things, at=at, source="", changes=changes)
    journal.publish(*(kind(ticket_id=one.ticket_id, clock_id=one.clock_id) for one in fired))
