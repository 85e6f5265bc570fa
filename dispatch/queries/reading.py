"""What planning asks most often, in statements of its own: a question by the API reads each of them once.

Django writes SQL anew each time, which takes longer than PostgreSQL needs to answer these. Most are kept (`Statement`);
what is asked of a list of engineers about their visits is not (`_asked`): a few of them and all of them are found by
different plans, so PostgreSQL would go on planning.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection, models

from customers.models import SiteHours
from dispatch.capacity import Rule
from dispatch.enums import VisitStatus
from dispatch.evaluator import Claim, Person, Span, Stop
from dispatch.models import WorkOrder, WorkOrderPart, WorkOrderSkill
from dispatch.queries.hours import BusinessHours
from dispatch.rules import OCCUPYING
from inventory import queries as inventory
from inventory.models import Part
from tenants.active import active_tenant_id
from tenants.kept import Statement
from workforce.models import Skill

PolicyRow = tuple[Any, ...]
"""Version, verdicts, weights, limits, source, factors, failures, former factors, when these changed."""
WORKED = (VisitStatus.DONE, VisitStatus.COULD_NOT_COMPLETE)
"""A visit that is over and took its engineer's time there; every one that is over (`rules.ENDED`) may be a no-show."""


def named(statuses: Iterable[VisitStatus]) -> str:
    """As SQL lists them: part of the plan, unlike what a question names."""
    return ", ".join(f"'{status.value}'" for status in statuses)


_CAPACITY = """
    id, territory_id, skill_id, weekday, reserve_percent, up_to_priority, released_hours, max_minutes
"""
_POLICY = """
    coalesce(p.version, 0), coalesce(p.verdicts, '{}')::text, coalesce(p.weights, '{}')::text,
    coalesce(p.limits, '{}')::text, coalesce(t.source, 'estimate'), coalesce(t.factors, '{}')::text,
    coalesce(t.failures, 0), coalesce(t.former_factors, '{}')::text, t.factors_changed_at
"""
_OF_TENANT = """
    LEFT JOIN dispatch_dispatchpolicy p ON p.tenant_id = own.tenant AND p.status = 'published'
    LEFT JOIN dispatch_travelprofile t ON t.tenant_id = own.tenant
"""
_IN_FORCE = Statement(
    f"SELECT {_POLICY} FROM (SELECT %s::bigint AS tenant) own {_OF_TENANT}"  # noqa: S608  our own names
)
_RULES = Statement(
    f"SELECT {_CAPACITY} FROM workforce_capacityrule WHERE tenant_id = %s ORDER BY id"  # noqa: S608  our own names
)
_OF_ONE = Statement(
    f"""
    SELECT
      (SELECT json_agg(json_build_array(k.id, k.skill_id, k.level, s.name) ORDER BY k.id)
       FROM dispatch_workorderskill k JOIN workforce_skill s ON s.tenant_id = k.tenant_id AND s.id = k.skill_id
       WHERE k.tenant_id = own.tenant AND k.work_order_id = own.work_order)::text,
      (SELECT json_agg(json_build_array(n.id, n.part_id, n.quantity::text, p.code, p.name) ORDER BY n.id)
       FROM dispatch_workorderpart n JOIN inventory_part p ON p.tenant_id = n.tenant_id AND p.id = n.part_id
       WHERE n.tenant_id = own.tenant AND n.work_order_id = own.work_order)::text,
      (SELECT json_agg(json_build_array(h.id, h.weekday, h.opens, h.closes) ORDER BY h.weekday, h.opens)
       FROM customers_sitehours h WHERE h.tenant_id = own.tenant AND h.site_id = own.site)::text,
      (SELECT json_build_array(c.current_id, c.time_zone) FROM dispatch_worktype k
       JOIN tickets_businesscalendar c ON c.tenant_id = k.tenant_id AND c.id = k.calendar_id
       WHERE k.tenant_id = own.tenant AND k.id = own.work_type)::text,
      EXISTS (SELECT FROM dispatch_workorderlink l
       WHERE l.tenant_id = own.tenant AND l.then_id = own.work_order),
      (SELECT json_agg(json_build_array({_CAPACITY}) ORDER BY id)
       FROM workforce_capacityrule WHERE tenant_id = own.tenant)::text,
      {_POLICY}
    FROM (SELECT %s::bigint AS tenant, %s::bigint AS work_order, %s::bigint AS site, %s::bigint AS work_type) own
    {_OF_TENANT}
"""  # noqa: S608  our own names
)
_STOPS = f"""
    SELECT v.engineer_id, v.id, w.number, s.latitude, s.longitude, v.status IN ({named(WORKED)}) AS is_over,
      floor(extract(epoch FROM CASE WHEN v.status IN ({named(WORKED)}) THEN coalesce(v.arrived_at, v.start_at)
        ELSE v.start_at END))::bigint,
      floor(extract(epoch FROM CASE WHEN v.status IN ({named(WORKED)}) THEN coalesce(v.ended_at, v.end_at)
        ELSE v.end_at END))::bigint
    FROM dispatch_visit v
    JOIN dispatch_workorder w ON w.tenant_id = v.tenant_id AND w.id = v.work_order_id
    JOIN customers_site s ON s.tenant_id = w.tenant_id AND s.id = w.site_id
    WHERE v.tenant_id = %s AND v.engineer_id {{whose}} AND v.start_at < %s AND v.end_at > %s
      AND v.status IN ({named((*OCCUPYING, *WORKED))})
    ORDER BY v.start_at, v.id
"""  # noqa: S608  our own names
_STOPS_OF_ONE = Statement(_STOPS.format(whose="= %s"))
_STOPS_OF_MANY = _STOPS.format(whose="= ANY(%s)")
_BESIDE = f"""
    SELECT engineer_id, id, starts, ends FROM (
      SELECT v.engineer_id, v.id, v.start_at, v.end_at,
        floor(extract(epoch FROM CASE WHEN v.status IN ({named(WORKED)}) THEN coalesce(v.arrived_at, v.start_at)
          ELSE v.start_at END))::bigint AS starts,
        floor(extract(epoch FROM CASE WHEN v.status IN ({named(WORKED)}) THEN coalesce(v.ended_at, v.end_at)
          ELSE v.end_at END))::bigint AS ends
      FROM dispatch_visit v
      WHERE v.tenant_id = %s AND v.engineer_id = ANY(%s) AND v.start_at < %s AND v.end_at > %s
        AND v.status IN ({named((*OCCUPYING, *WORKED))})
    ) seen
    WHERE NOT (start_at < %s AND end_at > %s AND starts >= extract(epoch FROM %s) AND ends <= extract(epoch FROM %s))
"""  # noqa: S608  our own names
_LIKINGS = """
    SELECT p.engineer_id, p.customer_id, p.liking, 0, 0, 0::bigint FROM dispatch_engineerpreference p
    WHERE p.tenant_id = %s {whose}
"""
_BEEN_THERE = f"""
    SELECT v.engineer_id, w.customer_id, '', CASE WHEN w.site_id {{sites}} THEN w.site_id ELSE 0 END,
      count(*), floor(extract(epoch FROM max(v.start_at)))::bigint
    FROM dispatch_visit v JOIN dispatch_workorder w ON w.tenant_id = v.tenant_id AND w.id = v.work_order_id
    WHERE v.tenant_id = %s AND v.status IN ({named([VisitStatus.DONE])}) {{whose}} AND w.customer_id IN (
      SELECT s.customer_id FROM customers_site s WHERE s.tenant_id = %s AND s.id {{sites}}
    )
    GROUP BY 1, 2, 4
"""  # noqa: S608  our own names
_BEEN = (VisitStatus.ON_SITE, VisitStatus.PAUSED, *WORKED, VisitStatus.NO_SHOW)
_PROMISED = f"""
    SELECT v.engineer_id, n.part_id, n.work_order_id, w.number,
      n.quantity - coalesce(max(used.quantity), 0)
    FROM dispatch_workorderpart n
    JOIN dispatch_workorder w ON w.tenant_id = n.tenant_id AND w.id = n.work_order_id
    JOIN dispatch_visit v ON v.tenant_id = n.tenant_id AND v.work_order_id = n.work_order_id
    LEFT JOIN LATERAL (
      SELECT -sum(m.quantity) AS quantity
      FROM dispatch_visit been
      JOIN inventory_stocklocation l ON l.tenant_id = been.tenant_id AND l.engineer_id = been.engineer_id
      JOIN inventory_movement m ON m.tenant_id = l.tenant_id AND m.location_id = l.id
        AND m.part_id = n.part_id AND starts_with(m.key, 'visit-' || been.id || ':')
      WHERE been.tenant_id = v.tenant_id AND been.work_order_id = v.work_order_id
        AND been.engineer_id = v.engineer_id AND been.status IN ({named(_BEEN)})
    ) used ON true
    WHERE n.tenant_id = %s AND n.part_id = ANY(%s) AND v.engineer_id = ANY(%s)
      AND v.status IN ({named(OCCUPYING)})
    GROUP BY v.engineer_id, n.part_id, n.work_order_id, w.number, n.quantity
    ORDER BY min(v.start_at), n.work_order_id
"""  # noqa: S608  our own names
_THEIRS = "AND {0}.engineer_id {1}"


@cache
def _known(engineers: int, sites: int) -> Statement:
    """What is known of one engineer, several (2) or all (0), at one site, several (2) or none (0)."""
    some = {0: "", 1: "= %s", 2: "= ANY(%s)"}
    whose = [_THEIRS.format(row, some[engineers]) if engineers else "" for row in "pv"]
    been_there = " UNION ALL " + _BEEN_THERE.format(whose=whose[1], sites=some[sites]) if sites else ""
    return Statement(_LIKINGS.format(whose=whose[0]) + been_there)


def _asked(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _one_or_many(ids: Collection[int]) -> object:
    """One value is found by another plan than a list."""
    return next(iter(ids)) if len(ids) == 1 else list(ids)


@dataclass(slots=True)
class Knowledge:
    """What engineers know of some sites and customers and carry of some parts, by engineer id."""

    sites: dict[int, dict[int, int]]
    site_last: dict[int, dict[int, int]]
    customers: dict[int, set[int]]
    likings: dict[int, dict[int, str]]
    parts: dict[int, dict[int, float]]
    promised: dict[int, dict[int, tuple[Claim, ...]]]

    def who(self) -> set[int]:
        """Ids of those of whom anything is known."""
        return {*self.sites, *self.site_last, *self.customers, *self.likings, *self.parts}

    def tell(self, person: Person) -> None:
        """Write it on an engineer."""
        person.sites = self.sites.get(person.id, {})
        person.site_last = self.site_last.get(person.id, {})
        person.last_customers = frozenset(self.customers.get(person.id, ()))
        person.likings = self.likings.get(person.id, {})
        person.parts = self.parts.get(person.id, {})
        person.promised = self.promised.get(person.id, {})


def knowledge_of(
    engineer_ids: Collection[int] | None, site_ids: Collection[int], part_ids: Collection[int]
) -> Knowledge:
    """What these engineers (None: all, the inactive ones too) know of the sites and their customers, and have
    of the parts."""
    found = Knowledge(defaultdict(dict), defaultdict(dict), defaultdict(set), defaultdict(dict), {}, {})
    if part_ids:
        vans = inventory.van_stock(engineer_ids, part_ids)
        found.parts = {e: {p: float(n) for p, n in held.items()} for e, held in vans.items()}
        found.promised = _promised(vans, part_ids)
    tenant_id, sites = active_tenant_id(), _one_or_many(site_ids)
    whose = [] if engineer_ids is None else [_one_or_many(engineer_ids)]
    values: list[object] = [tenant_id, *whose]
    if site_ids:
        values += [sites, tenant_id, *whose, tenant_id, sites]
    engineers = 0 if engineer_ids is None else 1 if len(engineer_ids) == 1 else 2
    rows = _known(engineers, min(len(site_ids), 2)).rows(*values)
    for engineer_id, customer_id, liking, site_id, count, last in rows:
        if liking:
            found.likings[engineer_id][customer_id] = liking
            continue
        found.customers[engineer_id].add(customer_id)
        if site_id:
            found.sites[engineer_id][site_id] = count
            found.site_last[engineer_id][site_id] = last
    return found


def _promised(
    engineer_ids: Collection[int], part_ids: Collection[int]
) -> dict[int, dict[int, tuple[Claim, ...]]]:
    """{engineer id: {part id: what counts on it}}: the parts that open visits are expected to take, less what the
    engineer used for the work already, at whichever visit. Work of several visits counts once for each engineer."""
    found: dict[int, dict[int, tuple[Claim, ...]]] = defaultdict(dict)
    if not engineer_ids:
        return found
    for engineer_id, part_id, work_id, number, quantity in _asked(
        _PROMISED, active_tenant_id(), list(part_ids), list(engineer_ids)
    ):
        if quantity > 0:
            claim = Claim(work_id, WorkOrder.reference_of(number), float(quantity))
            found[engineer_id][part_id] = (*found[engineer_id].get(part_id, ()), claim)
    return found


def stops_of(engineer_ids: Collection[int], begin: datetime, end: datetime) -> dict[int, list[Stop]]:
    """The visits of engineers that touch a time, in order; `queries.planning.stop_of` of each."""
    found: dict[int, list[Stop]] = defaultdict(list)
    ids = list(engineer_ids)
    if len(ids) == 1:
        rows = _STOPS_OF_ONE.rows(active_tenant_id(), ids[0], end, begin)
    else:
        rows = _asked(_STOPS_OF_MANY, active_tenant_id(), ids, end, begin)
    for engineer_id, visit_id, number, latitude, longitude, is_over, start, finish in rows:
        place = None if latitude is None or longitude is None else (latitude, longitude)
        name = WorkOrder.reference_of(number)
        found[engineer_id].append(Stop(visit_id, name, start, finish, place, is_over))
    return found


def times_beside(
    engineer_ids: Collection[int], between: tuple[datetime, datetime], seen: tuple[datetime, datetime]
) -> list[tuple[int, int, Span]]:
    """(engineer id, visit id, start and end in seconds) of visits between two instants but those that lie whole in
    what is `seen` already (`stops_of`)."""
    begin, end = seen
    values = [active_tenant_id(), list(engineer_ids), between[1], between[0], end, begin, begin, end]
    return [(engineer_id, pk, (start, finish)) for engineer_id, pk, start, finish in _asked(_BESIDE, *values)]


def capacity_rules() -> list[Rule]:
    """Every rule of the tenant, as its sums read them."""
    return [Rule(*row) for row in _RULES.rows(active_tenant_id())]


def policy_row() -> PolicyRow:
    """The published policy and the travel profile, or the product's own."""
    return _IN_FORCE.rows(active_tenant_id())[0]


def read_to_plan(work_order: WorkOrder) -> tuple[PolicyRow, list[Rule]] | None:
    """Read what `work_of` looks at into a work order of which none of it was read: one statement, and another
    for links where there are any. The same as prefetching skills with names, parts, visiting hours, the business
    hours of the kind of work, and links.

    Gives what was read with it, `policy_row` and `capacity_rules`; None when there was nothing to read.
    """
    site = work_order.site
    if _is_read(work_order, "work_order_skills") or _is_read(site, "visiting_hours"):
        return None
    found = _OF_ONE.rows(active_tenant_id(), work_order.pk, site.pk, work_order.work_type_id)[0]
    skills, parts, hours, kept, has_links, rules, *policy = found
    # Beside the row: a work type filled with its calendar alone would be one without a name to whoever reads on.
    work_order.business_hours_read = BusinessHours(*json.loads(kept)) if kept else None  # type: ignore[attr-defined]
    needed = (
        WorkOrderSkill(id=pk, work_order=work_order, skill=Skill(id=skill_id, name=name), level=level)
        for pk, skill_id, level, name in json.loads(skills or "[]")
    )
    taken = (
        WorkOrderPart(
            id=pk, work_order=work_order, part=Part(id=part_id, code=code, name=name), quantity=Decimal(n)
        )
        for pk, part_id, n, code, name in json.loads(parts or "[]")
    )
    opened = (
        SiteHours(
            id=pk, site=site, weekday=day, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)
        )
        for pk, day, opens, closes in json.loads(hours or "[]")
    )
    for owner, name, rows in (
        (work_order, "work_order_skills", needed),
        (work_order, "work_order_parts", taken),
        (site, "visiting_hours", opened),
    ):
        _keep(owner, name, rows)
    if not has_links:
        work_order.links_to_keep = []  # type: ignore[attr-defined]
    return tuple(policy), [Rule(*row) for row in json.loads(rules or "[]")]


def _is_read(owner: models.Model, name: str) -> bool:
    return name in getattr(owner, "_prefetched_objects_cache", ())


def _keep(owner: Any, name: str, rows: Iterable[models.Model]) -> None:
    """Do as `prefetch_related_objects` does with rows that were read."""
    found = getattr(owner, name).get_queryset()
    found._result_cache, found._prefetch_done = list(rows), True
    owner.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found
