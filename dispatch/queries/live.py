"""The instant world of a tenant, kept in the process and checked against the database at every question.

What is kept is thrown away structurally: each question first asks the database for a number made of the
versions of every row that the world was read from. Another number means other rows: then the engineers are read
anew, or only those whose visits differ.

A version is where a row lies (`ctid`) and who wrote it (`xmin`): one transaction never writes two rows to one
place, and the place is given away again only to a later one. Neither alone would do: places are used again, and
one transaction may write a row twice, or another in its stead, with a question in between. `age` is the only way
to the number of a transaction that needs no text; taken from the age of the first it stays the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from threading import Lock

from django.db import connection

from dispatch import instant
from dispatch.enums import VisitStatus
from dispatch.evaluator import Person
from dispatch.policy import PRODUCT, Policy
from dispatch.queries.planning import knowledge_of, load_world, stops_of
from dispatch.rules import OCCUPYING
from dispatch.travel import Estimate
from tenants.active import active_tenant_id

_MARGIN = timedelta(days=1)
"""What `load_world` reads beside the time it is asked for."""
KEPT = 32
"""Worlds kept in a process, the latest used ones."""

_PEOPLE = (
    "workforce_engineer",
    "workforce_engineerskill",
    "workforce_engineerterritory",
    "workforce_territory",
    "workforce_shift",
    "workforce_shiftbreak",
    "workforce_extrashift",
    "workforce_absence",
    "workforce_provider",
    "workforce_providerskill",
    "workforce_providerterritory",
)
_WRITER = "age('3'::xid)::bigint - age({0}.xmin)"
_VERSION = f"hashtidextended({{0}}.ctid, {_WRITER})"
_OF_TABLES = " UNION ALL ".join(
    f"(SELECT {-number}, count(*), coalesce(bit_xor({_VERSION.format('x')}), 0)"  # noqa: S608
    f" FROM {table} x WHERE tenant_id = %s)"
    for number, table in enumerate(_PEOPLE)
)
_OF_VISITS = f"""
    SELECT v.engineer_id, count(*),
           bit_xor(hashtidextended(s.ctid, {_VERSION.format("v")} # ({_WRITER.format("s")})))
    FROM dispatch_visit v
    JOIN dispatch_workorder w ON w.tenant_id = v.tenant_id AND w.id = v.work_order_id
    JOIN customers_site s ON s.tenant_id = w.tenant_id AND s.id = w.site_id
    WHERE v.tenant_id = %s AND v.start_at < %s AND v.end_at > %s AND v.status = ANY(%s)
      AND v.engineer_id = coalesce(%s, v.engineer_id)
    GROUP BY v.engineer_id
"""  # noqa: S608
_STATUSES = [str(s) for s in (*OCCUPYING, VisitStatus.DONE, VisitStatus.COULD_NOT_COMPLETE)]

Key = tuple[int, datetime, int, Estimate]
"""(tenant id, midnight, days, what the ways between planned visits take)."""
Versions = dict[int, tuple[int, int]]
"""{engineer id: (visits, their number)}; of the tables of the workforce by their place in `_PEOPLE`, negative."""


@dataclass(slots=True)
class _Kept:
    people: Versions
    visits: Versions
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
    kept = _checked((active_tenant_id(), begin, days, policy.roads.estimate))
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
    tenant_id = active_tenant_id()
    with _lock:
        worlds = list(_kept.items())
    for (of_tenant, midnight, days, _estimate), kept in worlds:
        last = midnight + timedelta(days=days)
        number = kept.numbers.get(engineer_id)
        if of_tenant != tenant_id or number is None or begin < midnight - _MARGIN or end > last + _MARGIN:
            continue
        people, visits = _versions(tenant_id, midnight, last, engineer_id)
        is_same = kept.people == people and kept.visits.get(engineer_id) == visits.get(engineer_id)
        return kept.world.crowd.people[number] if is_same else None
    return None


def forget() -> None:
    """Keep nothing any more."""
    with _lock:
        _kept.clear()


def _checked(key: Key) -> _Kept:
    tenant_id, begin, days, estimate = key
    end = begin + timedelta(days=days)
    people, visits = _versions(tenant_id, begin, end)
    with _lock:
        kept = _kept.get(key)
    if kept is None or kept.people != people:
        kept = _load(people, visits, (begin, end), estimate)
    elif kept.visits != visits:
        kept = _renewed(kept, visits, begin, end)
    with _lock:
        _kept[key] = kept
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return kept


def _versions(
    tenant_id: int, begin: datetime, end: datetime, engineer_id: int | None = None
) -> tuple[Versions, Versions]:
    """Of the workforce, and of the visits (of one engineer, or of all)."""
    with connection.cursor() as cursor:
        of_visits = (tenant_id, end + _MARGIN, begin - _MARGIN, _STATUSES, engineer_id)
        cursor.execute(f"{_OF_TABLES} UNION ALL {_OF_VISITS}", (*[tenant_id] * len(_PEOPLE), *of_visits))
        found = {number: (count, version) for number, count, version in cursor.fetchall()}
    visits = {number: found.pop(number) for number in list(found) if number > 0}
    return found, visits


def _load(
    people: Versions, visits: Versions, between: tuple[datetime, datetime], estimate: Estimate
) -> _Kept:
    loaded = load_world(*between, policy=PRODUCT)
    for person in loaded.people:
        # What customers say of engineers is read with each question.
        person.likings = {}
    world = instant.World(loaded.people, estimate)
    return _Kept(people, visits, world, {p.id: number for number, p in enumerate(loaded.people)})


def _renewed(kept: _Kept, visits: Versions, begin: datetime, end: datetime) -> _Kept:
    """The same engineers, with the visits read anew of those whose visits differ."""
    ids = {e for e in {*kept.visits, *visits} if kept.visits.get(e) != visits.get(e)} & kept.numbers.keys()
    stops = stops_of(ids, begin - _MARGIN, end + _MARGIN)
    changed: dict[int, Person] = {}
    for engineer_id in ids:
        number = kept.numbers[engineer_id]
        last = max((stop.visit_id for stop in stops[engineer_id]), default=0)
        old = kept.world.crowd.people[number]
        changed[number] = replace(old, stops=stops[engineer_id], last_given=last)
    return _Kept(kept.people, visits, kept.world.replaced(changed), kept.numbers)
