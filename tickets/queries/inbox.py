"""The service desk's queue: pages that go on from a place, and counts that stop at a thousand.

No page counts its tickets and none skips over earlier ones, so that a queue costs the same among ten thousand
tickets as among a million.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.queries import find_member, members
from core.text import fold
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tenants.models import Tenant
from tickets.enums import TicketStatus
from tickets.models import SlaClock, Ticket
from tickets.queries.search import MOST_FOUND, found_rows, place_of, wanted
from tickets.queue import Queue
from tickets.rules import ACTIVE

ROWS = 50
MOST_COUNTED = 999
LIVING = sorted(ACTIVE)
_COUNTED_BY = {"open": "number", "mine": "pk", "new": "number", "waiting": "number"}
"""A column that the index of the view holds: counting then reads no ticket."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows of a queue. `after` is the place from which the next page goes on, empty at the end."""

    rows: list[Ticket]
    after: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a queue, when, and in which zone their days begin."""

    actor: Actor
    at: datetime
    zone: ZoneInfo


class _CountUpTo(Subquery):
    """How many rows a limited queryset has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def queue_page(queue: Queue, reader: Reader, *, after: str = "") -> QueuePage:
    """The next rows of the queue; a place that is none of ours begins at the start."""
    found = _with_row_facts(narrowed(queue, reader))
    if queue.q:
        return _found_page(queue, found, after)
    place = _place_of(after, by_number=queue.by_number)
    if queue.by_number:
        rows, following = _by_number(found, place[1] if place else None)
    else:
        rows, following = _by_due(found, place)
    return QueuePage(rows, following, place is None)


def queue_rows(queue: Queue, reader: Reader, ids: Iterable[int]) -> list[Ticket]:
    """Those of these tickets that belong to the queue, in its order: what changed while somebody looks."""
    found = _with_row_facts(narrowed(queue, reader)).filter(pk__in=list(ids)[:ROWS])
    if queue.q:
        found = found.filter(search_text__contains=fold(queue.q))
    return list(_ordered(queue, found))


def view_counts(reader: Reader) -> dict[str, int]:
    """How many tickets each view but "all" holds, one more than MOST_COUNTED meaning more; in one query."""
    counts = {
        view: _CountUpTo(narrowed(Queue(view=view), reader).order_by().values(column)[: MOST_COUNTED + 1])
        for view, column in _COUNTED_BY.items()
    }
    found: Any = Tenant.objects.filter(pk=active_tenant_id()).values(**counts).get()
    return dict(found)


def narrowed(queue: Queue, reader: Reader) -> QuerySet[Ticket]:
    """The tickets of the queue without its words and without an order."""
    found = Ticket.objects.all()
    if queue.state:
        found = found.filter(status=queue.state)
    elif queue.view != "all":
        found = found.filter(_view_filter(queue.view, reader.actor))
    if queue.owner:
        found = found.filter(_owner_filter(queue.owner, reader.actor))
    exact = {
        "channel": queue.channel,
        "kind": queue.kind,
        "waiting_for": queue.waiting,
        "priority": queue.priority,
        "topic_id": queue.topic,
        "customer_id": queue.customer,
        "sub_state__code": queue.sub,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if queue.due:
        midnight = datetime.combine(queue.due + timedelta(days=1), time.min, tzinfo=reader.zone)
        found = found.filter(due_at__lt=midnight)
    if queue.breached:
        late = SlaClock.objects.filter(ticket=OuterRef("pk"), stopped_at=None, due_at__lt=reader.at)
        found = found.filter(Exists(late))
    return found


def _with_row_facts(found: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """With everything a row shows, in a fixed number of queries."""
    return (
        found.select_related("customer", "contact", "owner")
        .defer("search_text", "search_grams", "description", "resolution", "opinion")
        .prefetch_related(Prefetch("clocks", SlaClock.objects.order_by("id")))
    )


def _ordered(queue: Queue, found: QuerySet[Ticket]) -> QuerySet[Ticket]:
    if queue.by_number:
        return found.order_by("-number")
    return found.order_by(F("due_at").asc(nulls_last=True), "id")


def _view_filter(view: str, actor: Actor) -> Q:
    # Every condition on the state must be said once: of two the planner takes the product of their shares, and
    # then gathers and sorts what it should walk in order. The partial indexes are proved by one.
    if view == "mine":
        return Q(owner_id=actor.membership_id or 0, status__in=LIVING)
    if view == "new":
        return Q(status__in=(TicketStatus.NEW, TicketStatus.REOPENED))
    if view == "waiting":
        return Q(status=TicketStatus.WAITING)
    return Q(status__in=[status for status in LIVING if status != TicketStatus.WAITING])


def _owner_filter(owner: str, actor: Actor) -> Q:
    if owner == "none":
        return Q(owner=None)
    if owner == "team":
        me = find_member(actor.membership_id)
        mates = members().filter(role_id=me.role_id if me else 0).values_list("pk", flat=True)
        return Q(owner_id__in=list(mates))
    return Q(owner_id=(actor.membership_id or 0) if owner == "me" else int(owner))


def _by_number(found: QuerySet[Ticket], below: int | None) -> tuple[list[Ticket], str]:
    if below is not None:
        found = found.filter(number__lt=below)
    rows = list(found.order_by("-number")[: ROWS + 1])
    return rows[:ROWS], str(rows[ROWS - 1].number) if len(rows) > ROWS else ""


def _by_due(found: QuerySet[Ticket], place: tuple[datetime | None, int] | None) -> tuple[list[Ticket], str]:
    """First what is due, in that order, then what is due at no time: as the index has them."""
    in_order = found.order_by(F("due_at").asc(nulls_last=True), "id")
    rows = _beyond(in_order, *place) if place else list(in_order[: ROWS + 1])
    if len(rows) <= ROWS:
        return rows, ""
    end = rows[ROWS - 1]
    moment = f"{(end.due_at - _EPOCH) // timedelta(microseconds=1)}" if end.due_at else "never"
    return rows[:ROWS], f"{moment}-{end.pk}"


def _beyond(in_order: QuerySet[Ticket], due: datetime | None, last: int) -> list[Ticket]:
    """What comes after a place. One condition for both parts would keep the index from beginning there."""
    rows: list[Ticket] = []
    if due is not None:
        rows += in_order.filter(due_at__gte=due).exclude(due_at=due, pk__lte=last)[: ROWS + 1]
        last = 0
    if len(rows) <= ROWS:
        rows += in_order.filter(due_at__isnull=True, pk__gt=last)[: ROWS + 1 - len(rows)]
    return rows


def _found_page(queue: Queue, found: QuerySet[Ticket], after: str) -> QueuePage:
    """The hits that fit the other conditions. Where there are none, the index is asked for one page."""
    looked_for = wanted(queue.q)
    place = place_of(after, looked_for)
    plain = not (set(queue.values()) - {"view", "q"}) and queue.view == "all"
    most = ROWS + 1 if plain else MOST_FOUND
    rows, following = found_rows(looked_for, found, place, rows=ROWS, most=most, living=queue.is_living)
    return QueuePage(rows, following, place is None)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _place_of(text: str, *, by_number: bool) -> tuple[datetime | None, int] | None:
    """Where a page goes on: a number, or "<microseconds or never>-<id>"; None for what is neither."""
    moment, _dash, last = text.rpartition("-")
    if not last.isdecimal() or len(last) > 18:
        return None
    if by_number:
        return (None, int(last)) if not moment else None
    if moment == "never":
        return None, int(last)
    if not moment.isdecimal() or len(moment) > 16:
        return None
    return _EPOCH + timedelta(microseconds=int(moment)), int(last)
