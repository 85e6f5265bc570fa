"""Firing the timers that are due: warn, or mark as late; many at a time, each exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import OperationalError, connection

from core.clock import now
from journal import services as journal
from tenants.active import active_tenant_id, tenant_active
from tenants.actors import Actor
from tickets.enums import ClockState, TimerKind
from tickets.events import SlaBreached, SlaWarned

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
SMALLEST_SHARE = 20
CLOCKWORK = Actor.system("sla timer")

_WAITS = "t.done_at IS NULL AND t.due_at <= least(statement_timestamp(), %(at)s)"
_FREE = "(t.leased_until IS NULL OR t.leased_until < statement_timestamp())"
_LEASE = f"""
    UPDATE tickets_slatimer SET leased_until = statement_timestamp() + %(lease)s::interval
    WHERE tenant_id = %(tenant)s AND id IN (
      SELECT t.id FROM tickets_slatimer t WHERE t.tenant_id = %(tenant)s AND {_WAITS} AND {_FREE}
      ORDER BY t.due_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id
"""  # noqa: S608  our own words
# A timer is found again by its place, which no index has to be asked for. Whoever moved it since the
# statement began has given it another place: then it is not marked, and nothing follows from it.
_FIRE = """
    WITH due AS MATERIALIZED (
      SELECT t.ctid AS place, t.kind, t.due_at, c.id AS clock_id, c.ticket_id, c.code, c.policy_id, c.item_id,
        c.stopped_at IS NULL AND c.state <> %(paused)s AS lives
      FROM tickets_slatimer t JOIN tickets_slaclock c ON c.tenant_id = t.tenant_id AND c.id = t.clock_id
      WHERE t.tenant_id = %(tenant)s AND {which}
      ORDER BY t.due_at LIMIT %(limit)s FOR NO KEY UPDATE OF t, c SKIP LOCKED
    ), done AS (
      UPDATE tickets_slatimer t SET done_at = %(at)s FROM due
      WHERE t.tenant_id = %(tenant)s AND t.ctid = due.place RETURNING due.*
    ), late AS (
      UPDATE tickets_slaclock c SET state = %(breached)s, breached_at = done.due_at FROM done
      WHERE c.tenant_id = %(tenant)s AND c.id = done.clock_id AND done.lives AND done.kind = %(breach)s
    )
    SELECT done.kind, done.lives, done.clock_id, done.ticket_id,
      (SELECT k.number FROM tickets_ticket k WHERE k.tenant_id = %(tenant)s AND k.id = done.ticket_id),
      done.code, done.policy_id, done.item_id
    FROM done
"""
_FIRE_DUE = _FIRE.format(which=f"{_WAITS} AND {_FREE}")
_FIRE_THESE = _FIRE.format(which=f"{_WAITS} AND t.id = ANY(%(these)s)")
# After a crash of the machine the last rounds may not have happened: then neither have their effects, and the
# timers fire again. Whoever acts on a fact commits his claim first, and that waits for all that was written.
_COMMIT_SOON = "SET LOCAL synchronous_commit = off;"


class Fired(NamedTuple):
    """A timer that has fired, its clock, and the ticket it is about. Nothing follows unless the clock `lives`."""

    kind: str
    lives: bool
    clock_id: int
    ticket_id: int
    number: int
    code: str
    policy_id: int
    item_id: int


def fire_due_timers(*, limit: int = 1_000) -> int:
    """Fire the timers whose time has come: one round over all tenants. Returns how many fired.

    Safe in any number of processes: none waits for another, nor for whoever is changing a clock right now; that
    timer is left for the next round. A tenant's timers are marked as done in the one statement that locks them,
    in the transaction of all their effects, so that a crash leaves either both or neither. Tenants share the
    `limit`, those who wait longest first, so that nobody's many hold up another's few.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id FROM tenants_with_due_timers()")
        tenants = [tenant_id for (tenant_id,) in cursor.fetchall()]
    share = max(limit // max(len(tenants), 1), SMALLEST_SHARE)
    return sum(_fire_share(tenant_id, share) for tenant_id in tenants)


def _fire_share(tenant_id: int, share: int) -> int:
    """Fire one tenant's timers together; where that fails, apart, so that one broken clock stands alone."""
    try:
        with tenant_active(tenant_id):
            return _fire(now(), limit=share)
    except OperationalError:  # The database is away or overloaded: fewer at a time would fare no better.
        log.exception("timers not fired", extra={"tenant_id": tenant_id})
        return 0
    except Exception:
        log.exception("timers not fired together", extra={"tenant_id": tenant_id})
    with tenant_active(tenant_id):
        leased = _lease(share)
    return _fire_apart(tenant_id, leased)


def _lease(limit: int) -> list[int]:
    """Take timers out of everybody's rounds for a while. Returns their ids."""
    lease: dict[str, Any] = {
        "lease": f"{LEASE_SECONDS} s",
        "tenant": active_tenant_id(),
        "at": now(),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, lease)
        return [timer_id for (timer_id,) in cursor.fetchall()]


def _fire_apart(tenant_id: int, timer_ids: list[int]) -> int:
    """Fire leased timers in halves, and these in halves. One that fails alone is tried again when its lease ends."""
    middle, fired = len(timer_ids) // 2, 0
    for half in filter(None, (timer_ids[:middle], timer_ids[middle:])):
        try:
            with tenant_active(tenant_id):
                fired += _fire(now(), limit=len(half), these=half)
        except Exception:
            if len(half) == 1:
                log.exception("timer failed", extra={"tenant_id": tenant_id, "timer_id": half[0]})
            else:
                fired += _fire_apart(tenant_id, half)
    return fired


def _fire(at: datetime, *, limit: int, these: list[int] | None = None) -> int:
    """Lock due timers with their clocks, mark both, and write what follows. Returns how many there were."""
    given: dict[str, Any] = {
        "tenant": active_tenant_id(),
        "at": at,
        "limit": limit,
        "these": these,
        "paused": ClockState.PAUSED.value,
        "breached": ClockState.BREACHED.value,
        "breach": TimerKind.BREACH.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COMMIT_SOON + (_FIRE_DUE if these is None else _FIRE_THESE), given)
        fired = [Fired(*row) for row in cursor.fetchall()]
    living = [one for one in fired if one.lives]
    _tell("sla_warned", SlaWarned, [one for one in living if one.kind == TimerKind.WARN], at)
    _tell("sla_breached", SlaBreached, [one for one in living if one.kind == TimerKind.BREACH], at)
    return len(fired)


def _tell(verb: str, kind: type[SlaWarned | SlaBreached], fired: Sequence[Fired], at: datetime) -> None:
    """Record and publish what happened to each clock."""
    if not fired:
        return
    changes = [{"clock": one.code, "policy": one.policy_id, "item": one.item_id} for one in fired]
    things = [journal.Named("tickets.ticket", one.ticket_id, f"T-{one.number}") for one in fired]
    journal.record_many(actor=CLOCKWORK, verb=verb, things=things, at=at, source="", changes=changes)
    journal.publish(*(kind(occurred_at=at, ticket_id=one.ticket_id, clock_id=one.clock_id) for one in fired))
