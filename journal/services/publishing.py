"""Writing facts to the outbox, and waking who tells them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction

from journal import nudge
from journal.bulk import insert_rows
from journal.events import Event
from journal.models import OutboxEvent
from tenants.active import active_tenant_id

LEASE_SECONDS = 60
MOST_FOLLOWING = 500
"""How many facts that handlers publish are told by the process that runs them; more is anybody's work."""


@dataclass(slots=True)
class Following:
    """What the handlers of one tenant published while a process delivers: leased to it, told next."""

    tenant_id: int
    ids: list[int] = field(default_factory=list)

    def has_room(self, count: int) -> bool:
        return active_tenant_id() == self.tenant_id and len(self.ids) + count <= MOST_FOLLOWING


_following: ContextVar[Following | None] = ContextVar("facts_that_follow", default=None)


def publish(*events: Event) -> None:
    """Write facts to the outbox in the caller's transaction; they are told after it commits."""
    rows = []
    for event in events:
        payload = event.payload()
        told = {"event_id": payload["event_id"], "occurred_at": payload["occurred_at"]}
        rows.append({"name": event.name(), "payload": payload, **told})
    following = _following.get()
    if following is None or not following.has_room(len(rows)):
        insert_rows(OutboxEvent, rows, {"attempts": 0, "last_error": ""})
        transaction.on_commit(nudge.deliver_soon)
        return
    leased = {"due_at": f"clock_timestamp() + interval '{LEASE_SECONDS} seconds'"}
    same = {"attempts": 1, "last_error": ""}
    following.ids += insert_rows(OutboxEvent, rows, same, reckoned=leased, returning="id")


@contextmanager
def following(tenant_id: int, ids: list[int]) -> Iterator[None]:
    """Lease what is published inside to this process; `ids` gains it, unless an error takes it all back.

    What only a part took back is in `ids` too: look whether the rows are there before telling them.
    """
    found = Following(tenant_id, list(ids))
    token = _following.set(found)
    try:
        yield
    finally:
        _following.reset(token)
    ids[:] = found.ids


def start_soon(*, task: str) -> None:
    """Ask a worker, after the caller's transaction, to run a task that claims its own due rows."""
    transaction.on_commit(partial(nudge.start_soon, task))
