"""Delivering facts: leased, told to their urgent handlers at once and to the others in longer lists, closed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core.errors import Conflict
from journal import live, nudge, queries
from journal.events import Event
from journal.models import OutboxEvent
from journal.nudge import Turn
from journal.permissions import TENANT_MANAGE
from journal.registry import Handler, handlers_of
from journal.services.handling import COMMIT_SOON, handle, postpone
from journal.services.publishing import LEASE_SECONDS
from journal.services.recording import record
from tenants.active import tenant_active
from tenants.actors import Actor

GATHERS = 0.15
"""Seconds at least from one look that found something to the next: a list of facts costs little more than one
fact. The pause is as long as the list took, up to twice this: the busier the machine, the longer the lists."""
PATIENCE = 1.0
"""Seconds that handlers which are not urgent may wait for more facts, while facts keep coming."""
MOST_WAITING = 500
"""So many facts wait for nothing more."""


def deliver_due(*, limit: int = 100) -> int:
    """Claim due facts of every tenant once and run their handlers. Returns how many were told or tried.

    What the handlers publish is told in the same go. Safe to run in any number of processes: rows are claimed
    with SKIP LOCKED under a lease on the database's clock, and each handler marks the fact as handled in its
    own transaction.
    """
    tour = _Tour()
    tour.take(_claim(limit))
    while tour.go_on():
        pass
    return tour.count


def deliver_all(*, limit: int = 100, turn: Turn | None = None) -> int:
    """Deliver until nothing is due, including the facts that handlers publish, or until the turn is over.
    Returns the count.

    Facts that come meanwhile go to their urgent handlers before the others are done with the earlier ones.
    """
    tour = _Tour()
    while True:
        looked = time.monotonic()
        claimed = [] if turn and turn.is_over() else _claim(limit)
        if turn and claimed:
            turn.go_on(needs_help=len(claimed) == limit)
        tour.take(claimed)
        if claimed and not tour.is_impatient():
            if turn and len(claimed) < limit // 2:
                _pause(time.monotonic() - looked)
            continue
        if tour.go_on() or claimed:
            continue
        if not (turn and turn.leave()):
            return tour.count


def _pause(took: float) -> None:
    time.sleep(min(max(took, GATHERS - took), 2 * GATHERS))


def _claim(limit: int) -> list[tuple[int, int]]:
    """Lease due facts, as (tenant, fact), in the order in which they were written."""
    with connection.cursor() as cursor:
        sql = f"{COMMIT_SOON} SELECT tenant_id, id FROM claim_outbox(%s, %s)"  # noqa: S608  our own words
        cursor.execute(sql, [limit, f"{LEASE_SECONDS} seconds"])
        return sorted(cursor.fetchall(), key=lambda row: row[1])


class _Tour:
    """What one process has leased and not told yet, of all tenants."""

    def __init__(self) -> None:
        self.count = 0
        self._tellers: dict[int, _Teller] = {}

    def take(self, claimed: Sequence[tuple[int, int]]) -> None:
        """Run the urgent handlers of these facts, and of what they publish."""
        by_tenant: dict[int, list[int]] = defaultdict(list)
        for tenant_id, outbox_id in claimed:
            by_tenant[tenant_id].append(outbox_id)
        for tenant_id, outbox_ids in by_tenant.items():
            teller = self._tellers.setdefault(tenant_id, _Teller(tenant_id))
            self.count += teller.hurry(outbox_ids)

    def is_impatient(self) -> bool:
        """Whether handlers that are not urgent have waited long enough."""
        until = time.monotonic() - PATIENCE
        return any(t.since <= until or len(t.waiting) >= MOST_WAITING for t in self._tellers.values())

    def go_on(self) -> bool:
        """Run the other handlers of one list of facts, where they wait longest. False when nothing waits."""
        teller = min(self._tellers.values(), key=lambda one: one.since, default=None)
        if teller is None:
            return False
        self.count += teller.go_on()
        if teller.is_done:
            del self._tellers[teller.tenant_id]
        return True


@dataclass(slots=True)
class _Teller:
    """One tenant's leased facts that are not told yet.

    A crash costs nothing: the leases end, the facts are claimed again, and the handlers' own marks keep their
    effects from happening twice.
    """

    tenant_id: int
    since: float = field(default_factory=time.monotonic)
    waiting: list[OutboxEvent] = field(default_factory=list)
    _batches: list[list[OutboxEvent]] = field(default_factory=list)
    _published: list[int] = field(default_factory=list)
    _told: list[int] = field(default_factory=list)
    _errors: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def is_done(self) -> bool:
        return not (self.waiting or self._batches)

    def hurry(self, outbox_ids: list[int]) -> int:
        """Run the urgent handlers of these facts and of those that they publish. Returns how many they are."""
        count = 0
        while outbox_ids:
            rows, outbox_ids = self._read(outbox_ids), []
            for batch in in_batches(rows):
                if urgent := handlers_of(batch[0].name, urgent=True):
                    self._handle(urgent, batch, outbox_ids)
            self.waiting += rows
            count += len(rows)
        return count

    def go_on(self) -> int:
        """Run the other handlers of one list of facts. Returns how many facts followed the last list."""
        if not self._batches:
            self._batches = in_batches(sorted(self.waiting, key=lambda row: row.pk))
            self.waiting = []
        batch = self._batches.pop(0)
        self._handle(handlers_of(batch[0].name, urgent=False), batch, self._published)
        self._settle(batch)
        if self._batches:
            return 0
        self.since, published, self._published = time.monotonic(), self._published, []
        count = self.hurry(published)
        if self.is_done:
            self._read([])
        return count

    def _read(self, outbox_ids: list[int]) -> list[OutboxEvent]:
        """The facts, which may have been taken back since; those that are told are closed on the way."""
        told, self._told = self._told, []
        with tenant_active(self.tenant_id):
            _close(told)
            return list(OutboxEvent.objects.filter(pk__in=outbox_ids).order_by("pk")) if outbox_ids else []

    def _handle(self, handlers: Sequence[Handler], rows: Sequence[OutboxEvent], published: list[int]) -> None:
        known = Event.registry.get(rows[0].name)
        if known is None or not handlers:
            return
        events = [known.from_payload(row.payload) for row in rows]
        for handler in handlers:
            for event_id, error in handle(handler, events, published).items():
                self._errors[event_id].append(error)

    def _settle(self, rows: Sequence[OutboxEvent]) -> None:
        """Tell open pages of facts that all handlers are done with; put the others off."""
        told = []
        for row in rows:
            if errors := self._errors.pop(row.event_id, None):
                with tenant_active(self.tenant_id):
                    postpone(row, "; ".join(errors))
            else:
                told.append(row)
        if known := Event.registry.get(rows[0].name):
            live.announce(self.tenant_id, known.name(), known.topic, [(row.pk, row.payload) for row in told])
        self._told += [row.pk for row in told]


def _close(outbox_ids: Collection[int]) -> None:
    if outbox_ids:
        with connection.cursor() as cursor:
            cursor.execute(COMMIT_SOON)
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
