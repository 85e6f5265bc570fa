"""Timers: ten thousand due among a million, and how late they fire when a hundred fall due each second."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg2

from accounts import services as accounts
from bench.__main__ import DATA
from bench.processes import started
from core.clock import now
from fieldservice.runtime import commands, servers
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.services import create_tenant
from tickets import services as tickets
from tickets.tasks import TIMERS, fire_timers

TICKETS = 100_000
ROUNDS = 10
"""Clocks of a ticket, of one timer each: a million in all."""
DUE = 10_000
RATE, SECONDS = 100, 30
START, LEAD, GRACE, LOOK = 120, 3, 15, 0.05
"""Seconds: for the processes to start, before the stream, after it for what is late, between two looks."""

_TICKETS = """
    INSERT INTO tickets_ticket (tenant_id, number, subject, description, kind, channel, status, waiting_for,
      priority, language, opened_at, resolved_by, resolution, source, external_id, search_text, search_grams,
      version, updated_at, reopened_count, opinion, work_type_code, event_times)
    SELECT %(tenant)s, n, 'No heat', '', 'problem', 'api', 'new', '', 3, '', now(), '', '', '', '', '', '{}',
      1, now(), 0, '{}', '', '{}' FROM generate_series(1, %(tickets)s) n
"""
_CLOCKS = """
    INSERT INTO tickets_slaclock (tenant_id, ticket_id, policy_id, item_id, kpi, code, round, state,
      target_minutes, zone, policy_reason, started_at, due_at, warn_at, elapsed_minutes)
    SELECT t.tenant_id, t.id, i.policy_id, i.id, i.kpi, i.code, r, 'running', i.target_minutes, 'UTC', 'any',
      now(), now() + interval '30 days', now() + interval '20 days', 0
    FROM tickets_ticket t, generate_series(1, %(rounds)s) r, tickets_slaitem i
    WHERE t.tenant_id = %(tenant)s AND i.tenant_id = %(tenant)s
"""
_TIMERS = """
    INSERT INTO tickets_slatimer (tenant_id, clock_id, kind, due_at)
    SELECT tenant_id, id, 'breach', now() + interval '1 day' + random() * interval '30 days'
    FROM tickets_slaclock WHERE tenant_id = %(tenant)s
"""
_FALL_DUE = """
    UPDATE tickets_slatimer SET due_at = clock_timestamp() + due.after
    FROM (SELECT id, ((row_number() OVER () - 1) * %(every)s + %(lead)s) * interval '1 second' AS after FROM (
            SELECT id FROM tickets_slatimer WHERE tenant_id = %(tenant)s AND done_at IS NULL
            ORDER BY random() LIMIT %(count)s) chosen) due
    WHERE tickets_slatimer.id = due.id
"""
_SEEN = """
    SELECT id, (payload->>'clock_id')::bigint, clock_timestamp() FROM journal_outboxevent
    WHERE tenant_id = %(tenant)s AND id > %(after)s AND name = 'tickets.SlaBreached'
"""
_DUE = "SELECT clock_id, due_at FROM tickets_slatimer WHERE tenant_id = %(tenant)s AND clock_id = ANY(%(clocks)s)"
_EFFECTS = """
    SELECT (SELECT count(*) FROM journal_outboxevent
       WHERE tenant_id = %(tenant)s AND name = 'tickets.SlaBreached'),
      (SELECT count(DISTINCT payload->>'clock_id') FROM journal_outboxevent
       WHERE tenant_id = %(tenant)s AND name = 'tickets.SlaBreached'),
      (SELECT count(*) FROM journal_auditentry WHERE tenant_id = %(tenant)s AND verb = 'sla_breached'),
      (SELECT count(*) FROM tickets_slaclock WHERE tenant_id = %(tenant)s AND state = 'breached')
"""


def timer_figures() -> Iterator[dict[str, Any]]:
    """Make a company with a million waiting timers, then measure a burst and a steady stream."""
    tenant = create_tenant(slug="timers", name="Timers", time_zone="UTC")
    with tenant_active(tenant.pk):
        bench = Actor.system("bench")
        accounts.create_default_roles(actor=bench)
        tickets.create_policy(name="All", resolution_minutes=60, actor=bench, at=now())
    with psycopg2.connect(**servers.database("owner").arguments() | {"user": "postgres"}) as wire:
        cursor = wire.cursor()
        cursor.execute("SET session_replication_role = replica")
        given = {"tenant": tenant.pk, "tickets": TICKETS, "rounds": ROUNDS}
        for statement in (_TICKETS, _CLOCKS, _TIMERS):
            cursor.execute(statement, given)
    with _loose() as cursor:
        cursor.execute("VACUUM (ANALYZE) tickets_ticket, tickets_slaclock, tickets_slatimer")
        yield _burst(cursor, tenant.pk)
        yield _steady(cursor, tenant.pk)


def _loose() -> Any:
    wire = psycopg2.connect(**servers.database("owner").arguments() | {"user": "postgres"})
    wire.autocommit = True
    return wire.cursor()


def _burst(cursor: Any, tenant_id: int) -> dict[str, Any]:
    """Everything that is due at once: claimed, marked, recorded and published."""
    _fall_due(cursor, tenant_id, DUE, every=-0.001)
    started = time.perf_counter()
    fired = fire_timers()
    seconds = time.perf_counter() - started
    cursor.execute(_EFFECTS, {"tenant": tenant_id})
    effects = cursor.fetchone()
    return {
        "name": f"{DUE:,} due timers among {TICKETS * ROUNDS:,} fired, with effects, in seconds",
        "seconds": round(seconds, 2),
        "limit": 2.0,
        "within": seconds <= 2.0 and fired == DUE and set(effects) == {DUE},
        "fired": fired,
        "effects": effects[0],
        "batch": TIMERS,
    }


def _fall_due(cursor: Any, tenant_id: int, count: int, *, every: float, lead: float = 0) -> None:
    given = {"tenant": tenant_id, "count": count, "every": every, "lead": lead}
    cursor.execute(_FALL_DUE, given)


def _steady(cursor: Any, tenant_id: int) -> dict[str, Any]:
    """Timers that fall due one after the other, fired by the real processes.

    The worker meanwhile delivers what the burst led to. A timer has fired when others can read its fact.
    """
    processes = (commands.worker(), commands.timers(), commands.beat(schedule=str(DATA / "beat")))
    with started(*processes):
        if not _watch(cursor, tenant_id, 1, seconds=START):
            raise RuntimeError(f"No timer fired within {START} s of the start: look at {DATA / 'logs'}.")
        seen = _watch(cursor, tenant_id, RATE * SECONDS, seconds=LEAD + SECONDS + GRACE)
    cursor.execute(_DUE, {"tenant": tenant_id, "clocks": list(seen)})
    late = [(seen[clock_id] - due_at).total_seconds() for clock_id, due_at in cursor.fetchall()]
    p99 = statistics.quantiles(late, n=100)[98]
    return {
        "name": f"lateness of timers at {RATE}/s, p99 in seconds",
        "seconds": round(p99, 3),
        "limit": 1.0,
        "within": p99 <= 1.0 and len(late) == RATE * SECONDS,
        "p50": round(statistics.median(late), 3),
        "most": round(max(late), 3),
        "fired": len(late),
    }


def _watch(cursor: Any, tenant_id: int, count: int, *, seconds: float) -> dict[int, datetime]:
    """Let `count` timers fall due, and see when each clock's fact is there, by the database's clock."""
    cursor.execute("SELECT coalesce(max(id), 0) FROM journal_outboxevent")
    first = newest = cursor.fetchone()[0]
    _fall_due(cursor, tenant_id, count, every=1 / RATE, lead=LEAD)
    seen: dict[int, datetime] = {}
    until = time.perf_counter() + seconds
    while len(seen) < count and time.perf_counter() < until:
        # Numbers are given before the commit, so that some appear behind others.
        cursor.execute(_SEEN, {"tenant": tenant_id, "after": max(first, newest - 1_000)})
        for outbox_id, clock_id, at in cursor.fetchall():
            newest = max(newest, outbox_id)
            seen.setdefault(clock_id, at)
        time.sleep(LOOK)
    return seen
