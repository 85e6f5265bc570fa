"""Delivering facts: each to all of its handlers, once for each handler, in their order."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core.errors import Conflict
from journal import live, nudge, queries
from journal.events import Event
from journal.models import OutboxEvent
from journal.permissions import TENANT_MANAGE
from journal.registry import Handler, handlers_of
from journal.services.publishing import LEASE_SECONDS, following
from journal.services.recording import record
from tenants.active import active_tenant_id, tenant_active
from tenants.actors import Actor

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8


def deliver_due(*, limit: int = 100) -> int:
    """Claim due facts of every tenant and run their handlers. Returns how many were told or tried.

    What the handlers publish is told in the same go. Safe to run in any number of processes: rows are claimed
    with SKIP LOCKED under a lease on the database's clock, and each handler marks the fact as handled in its
    own transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, id FROM claim_outbox(%s, %s)", [limit, f"{LEASE_SECONDS} seconds"])
        claimed = sorted(cursor.fetchall(), key=lambda row: row[1])
    by_tenant: dict[int, list[int]] = defaultdict(list)
    for tenant_id, outbox_id in claimed:
        by_tenant[tenant_id].append(outbox_id)
    return sum(_deliver(tenant_id, outbox_ids) for tenant_id, outbox_ids in by_tenant.items())


def deliver_all(*, limit: int = 100, rounds: int = 1000) -> int:
    """Deliver until nothing is due, including the facts that handlers publish. Returns the count."""
    total = 0
    for _round in range(rounds):
        told = deliver_due(limit=limit)
        total += told
        if not told:
            break
    return total


def _deliver(tenant_id: int, outbox_ids: list[int]) -> int:
    """Tell one tenant's leased facts, then what their handlers published, until nothing follows.

    A crash in between costs nothing: the lease ends, the facts are claimed again, and the handlers' own marks
    keep their effects from happening twice.
    """
    count = 0
    told: list[int] = []
    while outbox_ids:
        with tenant_active(tenant_id):
            _close(told)
            rows = list(OutboxEvent.objects.filter(pk__in=outbox_ids).order_by("pk"))
        told, outbox_ids = [], []
        for batch in in_batches(rows):
            told += _tell(tenant_id, batch, outbox_ids)
        count += len(rows)
    with tenant_active(tenant_id):
        _close(told)
    return count


def _close(outbox_ids: Collection[int]) -> None:
    if outbox_ids:
        OutboxEvent.objects.filter(pk__in=outbox_ids).update(delivered_at=Now(), last_error="")


def in_batches(rows: Sequence[OutboxEvent]) -> list[list[OutboxEvent]]:
    """Facts of one kind together, in order; none overtakes another fact about the same thing.

    A fact about nothing in particular overtakes nothing, and nothing overtakes it.
    """
    batches: list[list[OutboxEvent]] = []
    newest: dict[str, int] = {}
    holds: dict[tuple[str, object], int] = {}
    floor = 0
    for row in rows:
        known = Event.registry.get(row.name)
        about = known.about(row.payload) if known else None
        if about is None:
            floor = len(batches) + 1
        place = newest.get(row.name, -1)
        if about is None or place < max(floor, holds.get(about, 0)):
            place = len(batches)
            batches.append([])
            newest[row.name] = place
        if about is not None:
            holds[about] = place
        batches[place].append(row)
    return batches


def _tell(tenant_id: int, rows: Sequence[OutboxEvent], published: list[int]) -> list[int]:
    """Run every handler of these facts of one kind, then tell open pages. Returns the ids of those that are
    told; the others are put off. `published` gains what the handlers published."""
    known = Event.registry.get(rows[0].name)
    if known is None:
        return [row.pk for row in rows]
    events = [known.from_payload(row.payload) for row in rows]
    errors: dict[UUID, list[str]] = defaultdict(list)
    for handler in handlers_of(rows[0].name):
        for event_id, error in _handle(handler, events, published).items():
            errors[event_id].append(error)
    told = []
    for row, event in zip(rows, events, strict=True):
        if event.event_id in errors:
            with tenant_active(tenant_id):
                _postpone(row, "; ".join(errors[event.event_id]))
        else:
            told.append(row)
    live.announce(tenant_id, known.name(), known.topic, [(row.pk, row.payload) for row in told])
    return [row.pk for row in told]


def _handle(handler: Handler, events: Sequence[Event], published: list[int]) -> dict[UUID, str]:
    """Run one handler for facts that it has not dealt with. Returns the errors' texts by fact.

    When facts that it takes together fail, each is tried by itself: a bad one keeps no other from its effect.
    """
    if handler.takes_many and len(events) > 1:
        try:
            _run(handler, events, published)
            return {}
        except Exception:
            log.warning("facts failed together, each is tried alone", extra={"handler": handler.name})
    errors = {}
    for event in events:
        try:
            _run(handler, [event], published)
        except Exception as problem:
            # Whatever a handler raises must not stop the others, nor lose the fact: it is tried again.
            log.exception("handler failed", extra={"handler": handler.name, "event": event.name()})
            errors[event.event_id] = f"{handler.name}: {type(problem).__name__}: {problem}"
    return errors


def _run(handler: Handler, events: Sequence[Event], published: list[int]) -> None:
    """One transaction: the marks, and what the handler does for those facts that were not marked yet."""
    tenant_id = events[0].tenant_id
    with following(tenant_id, published), tenant_active(tenant_id):
        fresh = _mark_handled(handler.name, events)
        if fresh and handler.takes_many:
            handler.run(fresh)
        elif fresh:
            handler.run(fresh[0])


def _mark_handled(name: str, events: Sequence[Event]) -> list[Event]:
    """Mark the facts as dealt with by this handler. Returns those that were not."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO journal_handledevent (tenant_id, handler, event_id, handled_at)
            SELECT %s, %s, event_id, clock_timestamp() FROM unnest(%s::uuid[]) event_id
            ON CONFLICT DO NOTHING RETURNING event_id::text
            """,
            [active_tenant_id(), name, [str(event.event_id) for event in events]],
        )
        fresh = {UUID(event_id) for (event_id,) in cursor.fetchall()}
    return [event for event in events if event.event_id in fresh]


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
