"""The instant world of a tenant, kept in the process and checked against the database at every question.

Triggers write a row of `WorldChange` with whatever a world is made of, in the transaction that wrote it. Each
question first reads the changes that may have come since the world was read: those of every transaction that was
not over then. They are compared as a set with the ones that were seen: transactions end in any order, and what a
transaction wrote is gone again when it is rolled back to a savepoint. Engineers of whom a change came or went are
read anew, with their visits or by themselves; nobody else is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from threading import Lock
from typing import NamedTuple

from dispatch import instant
from dispatch.evaluator import Person
from dispatch.policy import PRODUCT, Policy
from dispatch.queries.planning import load_world
from dispatch.queries.reading import knowledge_of, stops_of
from dispatch.travel import Estimate
from tenants.active import active_tenant_id
from tenants.kept import Statement
from tenants.queries import current_tenant

_MARGIN = timedelta(days=1)
"""What `load_world` reads beside the time it is asked for."""
KEPT = 32
"""Worlds kept in a process, the latest used ones."""
MOST_READ_ALONE = 25
"""When more engineers than these have changed, all are read anew: a fixed number of queries."""
_CHANGES = Statement("""
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, c.id, c.engineer_id, c.is_plan, c.xact, c.is_edge
    FROM (SELECT %s::bigint AS tenant, %s::bigint AS since) asked
    LEFT JOIN dispatch_worldchange c ON c.tenant_id = asked.tenant
      AND c.xact >= coalesce(asked.since, pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
""")

Key = tuple[int, str, datetime, int, Estimate]
"""(tenant id, its time zone, midnight, days, what the ways between planned visits take)."""


class Change(NamedTuple):
    """A row of `WorldChange`."""

    id: int
    engineer_id: int
    is_plan: bool
    xact: int
    is_edge: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """What had been written when the database was read: everything of the transactions before `horizon`, and
    `changes` of those that came after."""

    horizon: int
    changes: frozenset[Change]

    @classmethod
    def now(cls, tenant_id: int, since: Moment | None = None) -> tuple[Moment, frozenset[Change]]:
        """This moment, and the changes that came or went `since` another."""
        rows = _CHANGES.rows(tenant_id, since.horizon if since else None)
        changes = frozenset(Change(*row[1:]) for row in rows if row[1] is not None)
        horizon: int = rows[0][0]
        moment = cls(horizon, frozenset(change for change in changes if change.xact >= horizon))
        differing = changes ^ since.changes if since else changes
        return moment, differing | {change for change in changes if change.is_edge}


@dataclass(slots=True)
class _Kept:
    moment: Moment
    world: instant.World
    numbers: dict[int, int] = field(default_factory=dict)


_kept: OrderedDict[Key, _Kept] = OrderedDict()
_lock = Lock()


def live_world(
    from_at: datetime,
    until: datetime,
    *,
    policy: Policy,
    site_ids: Collection[int] = (),
    part_ids: Collection[int] = (),
) -> instant.World:
    """All active engineers between two instants, as they are in the database now, with what they know of the
    sites and carry of the parts. Ask it under the same `policy`: other travel times are another world."""
    begin = datetime.combine(from_at.astimezone(UTC).date(), time(0), tzinfo=UTC) - timedelta(days=1)
    days = (until - begin).days + 2
    kept = _checked((active_tenant_id(), current_tenant().time_zone, begin, days, policy.roads.estimate))
    knowledge = knowledge_of(None, site_ids, part_ids)
    people = kept.world.crowd.people
    known: dict[int, Person] = {}
    for engineer_id in knowledge.who() & kept.numbers.keys():
        number = kept.numbers[engineer_id]
        known[number] = replace(people[number])
        knowledge.tell(known[number])
    return kept.world.knowing(known)


def engineer_at(
    engineer_id: int, from_at: datetime, until: datetime, *, part_ids: Collection[int] = ()
) -> Person | None:
    """One engineer around a time with what customers said of them and the parts they carry, as they are in the
    database now: from a kept world that has them unchanged, else read. None when there is no such engineer."""
    kept = _find_unchanged(engineer_id, from_at - _MARGIN, until + _MARGIN)
    if kept is None:
        between = {"engineer_ids": [engineer_id], "part_ids": part_ids}
        return load_world(from_at, until, **between, policy=PRODUCT).person(engineer_id)
    person = replace(kept)
    knowledge_of([engineer_id], (), part_ids).tell(person)
    return person


def _find_unchanged(engineer_id: int, begin: datetime, end: datetime) -> Person | None:
    tenant_id, zone = active_tenant_id(), current_tenant().time_zone
    with _lock:
        worlds = list(_kept.items())
    for (of_tenant, in_zone, midnight, days, _estimate), kept in worlds:
        last = midnight + timedelta(days=days)
        number = kept.numbers.get(engineer_id)
        if (of_tenant, in_zone) != (tenant_id, zone) or number is None:
            continue
        if begin < midnight - _MARGIN or end > last + _MARGIN:
            continue
        _moment, differing = Moment.now(tenant_id, kept.moment)
        is_same = not any(c.is_edge or c.engineer_id in {0, engineer_id} for c in differing)
        return kept.world.crowd.people[number] if is_same else None
    return None


def forget() -> None:
    """Keep nothing any more."""
    with _lock:
        _kept.clear()


def _checked(key: Key) -> _Kept:
    tenant_id, _zone, begin, days, estimate = key
    between = begin, begin + timedelta(days=days)
    with _lock:
        kept = _kept.get(key)
    moment, differing = Moment.now(tenant_id, kept.moment if kept else None)
    renewed = _renewed(kept, moment, differing, between) if kept else None
    kept = renewed or _load(moment, between, estimate)
    with _lock:
        _kept[key] = kept
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return kept


def _load(moment: Moment, between: tuple[datetime, datetime], estimate: Estimate) -> _Kept:
    loaded = load_world(*between, policy=PRODUCT)
    for person in loaded.people:
        # What customers say of engineers is read with each question.
        person.likings = {}
    world = instant.World(loaded.people, estimate)
    return _Kept(moment, world, {p.id: number for number, p in enumerate(loaded.people)})


def _renewed(
    kept: _Kept, moment: Moment, differing: Collection[Change], between: tuple[datetime, datetime]
) -> _Kept | None:
    """The same engineers, those read anew of whom something differs; None where all have to be."""
    people = {change.engineer_id for change in differing if not change.is_plan}
    plans = ({change.engineer_id for change in differing} - people) & kept.numbers.keys()
    # A visit outside of this world may be one of a week that limits overtime in it.
    limited = {pk for pk in plans if kept.world.crowd.people[kept.numbers[pk]].weeks}
    people, plans = people | limited, plans - limited
    if 0 in people or len(people) > MOST_READ_ALONE or any(change.is_edge for change in differing):
        return None
    numbers, world = kept.numbers, kept.world
    if plans:
        world = world.replaced({numbers[p.id]: p for p in _with_visits(kept, plans, between)})
    if people:
        found = _the_same(kept, people, between)
        if found is None:
            return None
        world = world.remade({numbers[p.id]: p for p in found})
    return _Kept(moment, world, numbers)


def _with_visits(kept: _Kept, ids: set[int], between: tuple[datetime, datetime]) -> list[Person]:
    stops = stops_of(ids, between[0] - _MARGIN, between[1] + _MARGIN)
    people = [kept.world.crowd.people[kept.numbers[engineer_id]] for engineer_id in ids]
    return [
        replace(p, stops=stops[p.id], last_given=max((stop.visit_id for stop in stops[p.id]), default=0))
        for p in people
    ]


def _the_same(kept: _Kept, ids: set[int], between: tuple[datetime, datetime]) -> list[Person] | None:
    """These engineers as they are now; None when they are others, or stand elsewhere among the others."""
    found = load_world(*between, engineer_ids=ids, policy=PRODUCT).people
    active = {person.id: person for person in found if person.is_active}
    people = kept.world.crowd.people
    if active.keys() != ids & kept.numbers.keys():
        return None
    if any(people[kept.numbers[p.id]].name != p.name for p in active.values()):
        return None
    for person in active.values():
        person.likings = {}
    return list(active.values())
