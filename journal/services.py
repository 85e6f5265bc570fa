"""Recording acts, publishing facts, and delivering them once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core.errors import Conflict
from journal import live, nudge, queries
from journal.bulk import insert_rows
from journal.events import Event
from journal.models import AuditEntry, OutboxEvent
from journal.permissions import TENANT_MANAGE
from journal.registry import handlers_of
from tenants.active import active_tenant_id, tenant_active
from tenants.actors import Actor

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
LEASE_SECONDS = 60
KEPT_DAYS = 30
_PRUNERS = ("prune_outbox", "prune_handled", "prune_idempotent_acts")


class Named(NamedTuple):
    """A thing by its table's label ("tickets.ticket"), id and name, where loading it would cost too much."""

    label: str
    pk: int
    name: str


def record(
    *,
    actor: Actor,
    verb: str,
    thing: models.Model,
    at: datetime,
    changes: dict[str, Any] | None = None,
    reason: str = "",
    source: str = "",
    device_at: datetime | None = None,
) -> None:
    """Write who did what to `thing`. `changes` maps a field to [old, new] or to a plain fact."""
    same = _act(actor, verb, at) | {"reason": reason, "source": source, "device_at": device_at}
    insert_rows(AuditEntry, [_about(thing) | {"changes": changes or {}}], same)


def record_many(
    *,
    actor: Actor,
    verb: str,
    things: Iterable[models.Model | Named],
    at: datetime,
    source: str,
    changes: Iterable[dict[str, Any]] | None = None,
) -> None:
    """Write the same act on many things in one statement. `changes` holds one for each of them, in order."""
    told = zip(things, changes, strict=True) if changes is not None else ((thing, None) for thing in things)
    rows = [_about(thing) | {"changes": change or {}} for thing, change in told]
    insert_rows(AuditEntry, rows, _act(actor, verb, at) | {"source": source, "reason": ""})


def _about(thing: models.Model | Named) -> dict[str, Any]:
    named = thing if isinstance(thing, Named) else Named(thing._meta.label_lower, thing.pk, str(thing))
    return {"object_type": named.label, "object_id": named.pk, "object_label": named.name[:200]}


def _act(actor: Actor, verb: str, at: datetime) -> dict[str, Any]:
    return {
        "verb": verb,
        "actor_kind": actor.kind,
        "actor_label": actor.label[:200],
        "membership_id": actor.membership_id,
        "token_id": actor.token_id,
        "at": at,
    }


def publish(*events: Event) -> None:
    """Write facts to the outbox in the caller's transaction; they are told after it commits."""
    rows = []
    for event in events:
        payload = event.payload()
        told = {"event_id": payload["event_id"], "occurred_at": payload["occurred_at"]}
        rows.append({"name": event.name(), "payload": payload, **told})
    insert_rows(OutboxEvent, rows, {"attempts": 0, "last_error": ""})
    transaction.on_commit(nudge.deliver_soon)


def start_soon(*, task: str) -> None:
    """Ask a worker, after the caller's transaction, to run a task that claims its own due rows."""
    transaction.on_commit(partial(nudge.start_soon, task))


def deliver_due(*, limit: int = 100) -> int:
    """Claim due facts of every tenant and run their handlers. Returns how many were claimed.

    Safe to run in any number of processes: rows are claimed with SKIP LOCKED under a lease on the
    database's clock, and each handler marks the fact as handled in its own transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, id FROM claim_outbox(%s, %s)", [limit, f"{LEASE_SECONDS} seconds"])
        claimed = sorted(cursor.fetchall(), key=lambda row: row[1])
    by_tenant: dict[int, list[int]] = defaultdict(list)
    for tenant_id, outbox_id in claimed:
        by_tenant[tenant_id].append(outbox_id)
    for tenant_id, outbox_ids in by_tenant.items():
        _deliver(tenant_id, outbox_ids)
    return len(claimed)


def deliver_all(*, limit: int = 100, rounds: int = 1000) -> int:
    """Deliver until nothing is due, including the facts that handlers publish. Returns the count."""
    total = 0
    for _round in range(rounds):
        claimed = deliver_due(limit=limit)
        total += claimed
        if not claimed:
            break
    return total


def _deliver(tenant_id: int, outbox_ids: list[int]) -> None:
    """Tell one tenant's claimed facts in order. What was told is closed together.

    A crash in between costs nothing: the lease ends, the facts are claimed again, and the handlers' own marks
    keep their effects from happening twice.
    """
    with tenant_active(tenant_id):
        rows = list(OutboxEvent.objects.filter(pk__in=outbox_ids).order_by("pk"))
    told = []
    for row in rows:
        if error := _tell(tenant_id, row):
            with tenant_active(tenant_id):
                _postpone(row, error)
        else:
            told.append(row.pk)
    with tenant_active(tenant_id):
        OutboxEvent.objects.filter(pk__in=told).update(delivered_at=Now(), last_error="")


def _tell(tenant_id: int, row: OutboxEvent) -> str:
    """Run every handler of one fact, then tell open pages. Returns the errors' text, or nothing."""
    known = Event.registry.get(row.name)
    if known is None:
        return ""
    event = known.from_payload(row.payload)
    error = "; ".join(filter(None, (_handle(h.name, h.run, event) for h in handlers_of(row.name))))
    if not error:
        live.announce(tenant_id, row.name, known.topic, row.payload, row.pk)
    return error


def _handle(name: str, run: Any, event: Event) -> str:
    """Run one handler unless it has run for this fact. Returns the error's text, or nothing."""
    try:
        with tenant_active(event.tenant_id):
            if _mark_handled(name, event):
                run(event)
    except Exception as problem:
        # Whatever a handler raises must not stop the others, nor lose the fact: it is tried again.
        log.exception("handler failed", extra={"handler": name, "event": event.name()})
        return f"{name}: {type(problem).__name__}: {problem}"
    return ""


def _mark_handled(name: str, event: Event) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO journal_handledevent (tenant_id, handler, event_id, handled_at)
            VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING
            """,
            [active_tenant_id(), name, str(event.event_id)],
        )
        return bool(cursor.rowcount == 1)


def _postpone(row: OutboxEvent, error: str) -> None:
    """Try again later, or park the fact for a person after too many attempts."""
    parked = row.attempts >= MAX_ATTEMPTS
    OutboxEvent.objects.filter(pk=row.pk).update(
        last_error=error[:4000],
        parked_at=Now() if parked else None,
        due_at=Now() + timedelta(seconds=min(2**row.attempts, 600)),
    )


@transaction.atomic
def retry_parked(*, outbox_id: int, actor: Actor, at: datetime) -> OutboxEvent:
    """Put a parked fact back in line, with all its attempts. Handlers that have dealt with it stay out."""
    fact = queries.outbox_event_for_update(outbox_id)
    actor.require(TENANT_MANAGE, fact)
    if fact.parked_at is None:
        raise Conflict(_("%(fact)s is not parked any more; look at the list again.") % {"fact": fact.name})
    OutboxEvent.objects.filter(pk=fact.pk).update(parked_at=None, attempts=0, due_at=Now())
    record(actor=actor, verb="retried", thing=fact, at=at, reason=fact.last_error[:500])
    transaction.on_commit(nudge.deliver_soon)
    return fact


def prune(*, limit: int = 5_000) -> int:
    """Delete what nothing will ask for again, of every tenant, in batches. Returns how many rows went.

    After KEPT_DAYS: facts that were told, the marks of facts that are gone, and the answers kept for repeated
    requests. Facts that wait or are parked stay with their marks, so that trying again repeats no effect.
    """
    return sum(_prune(function, limit) for function in _PRUNERS)


def _prune(function: str, limit: int) -> int:
    """Let the database delete batches until one is not full, each in a transaction of its own."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [limit, f"{KEPT_DAYS} days"])
            gone = int(cursor.fetchone()[0])
        total += gone
        if gone < limit:
            return total
