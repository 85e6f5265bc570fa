"""Running one handler for some facts: once for each, in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from journal.events import Event
from journal.models import OutboxEvent
from journal.registry import Handler
from journal.services.publishing import following
from tenants.active import active_tenant_id, tenant_active

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
COMMIT_SOON = "SET LOCAL synchronous_commit = off;"
"""The commit does not wait for the disk. When the database's machine fails, what was committed last is as if
it had not happened, the mark and the closing of the fact with it: it is told again."""


def handle(handler: Handler, events: Sequence[Event], published: list[int]) -> dict[UUID, str]:
    """Run one handler for facts that it has not dealt with. Returns the errors' texts by fact.

    When facts that it takes together fail, each is tried by itself: a bad one keeps no other from its effect.
    `published` gains what the handler published.
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
        fresh = _mark_handled(handler, events)
        if fresh and handler.takes_many:
            handler.run(fresh)
        elif fresh:
            handler.run(fresh[0])


def _mark_handled(handler: Handler, events: Sequence[Event]) -> list[Event]:
    """Mark the facts as dealt with by this handler. Returns those that were not."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {"" if handler.is_urgent else COMMIT_SOON}
            INSERT INTO journal_handledevent (tenant_id, handler, event_id, handled_at)
            SELECT %s, %s, event_id, clock_timestamp() FROM unnest(%s::uuid[]) event_id
            ON CONFLICT DO NOTHING RETURNING event_id::text
            """,  # noqa: S608  our own words
            [active_tenant_id(), handler.name, [str(event.event_id) for event in events]],
        )
        fresh = {UUID(event_id) for (event_id,) in cursor.fetchall()}
    return [event for event in events if event.event_id in fresh]


def postpone(row: OutboxEvent, error: str) -> None:
    """Try again later, or park the fact for a person after too many attempts."""
    parked = row.attempts >= MAX_ATTEMPTS
    OutboxEvent.objects.filter(pk=row.pk).update(
        last_error=error[:4000],
        parked_at=Now() if parked else None,
        due_at=Now() + timedelta(seconds=min(2**row.attempts, 600)),
    )
