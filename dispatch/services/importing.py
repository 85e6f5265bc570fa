"""Service requests of a file become tickets, sites, customers and field work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotFound
from customers import services as customers
from customers.models import Site
from dispatch import queries
from dispatch.imports.mapping import FileMapping, Request, TopicPlan
from dispatch.models import WorkType
from dispatch.services.bulk import NewWork, create_work_orders_in_bulk
from dispatch.services.catalogue import create_work_type
from inventory import queries as inventory
from tenants.actors import Actor
from tickets import services as tickets
from tickets.enums import SlaKpi
from tickets.models import SlaClock, Ticket, Topic
from workforce import queries as workforce
from workforce import services as staff


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a batch: requests that are new, those known already, and how many are field work."""

    created: int
    duplicates: int
    field_work: int


@transaction.atomic
def import_requests(
    *, requests: Sequence[Request], mapping: FileMapping, actor: Actor, at: datetime
) -> Loaded:
    """Write a batch: what is known by (source, id) is left alone, the rest becomes tickets, all or nothing.

    Topics, skills and work types that the mapping names are made when missing. A request that is field
    work gets
    its work order in the same transaction; its promise is the ticket's arrival clock, which starts now.
    """
    actor.require(Permission.TICKET_OPEN)
    fresh = _unknown(requests, mapping.source)
    types = _catalogue(mapping, {r.topic.work_type for r in fresh}, actor, at)
    topics = _topics([r.topic for r in fresh], actor, at)
    sites = _sites(fresh, mapping, actor, at)
    opened = tickets.open_tickets_in_bulk(
        rows=[_ticket(r, sites[r.site_key], topics[r.topic.code], mapping) for r in fresh],
        actor=actor,
        at=at,
    )
    by_id = {request.external_id: request for request in fresh}
    field_work = [ticket for ticket in opened if by_id[ticket.external_id].topic.work_type in types]
    promises = _promises(field_work)
    parts = _part_ids({code for request in fresh for code in request.parts or ()})
    work_orders = create_work_orders_in_bulk(
        rows=[
            _work(
                ticket,
                types[by_id[ticket.external_id].topic.work_type],
                promises.get(ticket.pk),
                _expected(by_id[ticket.external_id], parts),
            )
            for ticket in field_work
        ],
        actor=actor,
        at=at,
        source=mapping.source,
    )
    return Loaded(len(opened), len(requests) - len(opened), len(work_orders))


def _unknown(requests: Sequence[Request], source: str) -> list[Request]:
    """The first of each id that is not in the house yet."""
    first = {request.external_id: request for request in reversed(requests)}
    known = set(
        Ticket.objects.filter(source=source, external_id__in=first).values_list("external_id", flat=True)
    )
    return [request for key, request in reversed(first.items()) if key not in known]


def _catalogue(
    mapping: FileMapping, wanted: Collection[str], actor: Actor, at: datetime
) -> dict[str, WorkType]:
    """The work types of this batch by code; what the mapping defines and the tenant lacks is made."""
    found = {work_type.code: work_type for work_type in queries.work_types()}
    missing = [code for code in mapping.work_types if code in wanted and code not in found]
    if missing:
        skills = _skills(mapping, missing, actor, at)
        parts = _part_ids({part for code in missing for part in mapping.usual_parts(code)})
        for code in missing:
            plan = mapping.work_types[code]
            found[code] = create_work_type(
                code=code,
                name=plan["name"],
                duration_minutes=int(plan.get("minutes", 60)),
                may_split=bool(plan.get("may_split", False)),
                skills={skills[skill]: level for skill, level in plan.get("skills", {}).items()},
                parts=_by_id(mapping.usual_parts(code), parts),
                actor=actor,
                at=at,
            )
    return found


def _skills(mapping: FileMapping, codes: Collection[str], actor: Actor, at: datetime) -> dict[str, int]:
    ids = dict(workforce.skills().values_list("code", "id"))
    for skill in sorted({s for code in codes for s in mapping.work_types[code].get("skills", {})}):
        if skill not in ids:
            name = mapping.skills.get(skill, skill)
            ids[skill] = staff.create_skill(code=skill, name=name, actor=actor, at=at).pk
    return ids


def _part_ids(codes: Collection[str]) -> dict[str, int]:
    """Ids by part number. Raises `NotFound` for one that is not in the catalogue."""
    if not codes:
        return {}
    found = dict(inventory.parts().filter(code__in=codes).values_list("code", "id"))
    if missing := sorted(set(codes) - found.keys()):
        raise NotFound(_("There is no part %(code)s.") % {"code": missing[0]})
    return found


def _by_id(parts: Mapping[str, Decimal], ids: Mapping[str, int]) -> dict[int, Decimal]:
    return {ids[code]: quantity for code, quantity in parts.items()}


def _expected(request: Request, ids: Mapping[str, int]) -> dict[int, Decimal] | None:
    return None if request.parts is None else _by_id(request.parts, ids)


def _topics(plans: Sequence[TopicPlan], actor: Actor, at: datetime) -> dict[str, Topic]:
    wanted = {plan.code: plan for plan in plans}
    found = {topic.code: topic for topic in Topic.objects.filter(code__in=wanted)}
    for code, plan in wanted.items():
        if code not in found:
            found[code] = tickets.create_topic(
                code=code, name=plan.name, default_priority=plan.priority, actor=actor, at=at
            )
    return found


def _sites(requests: Sequence[Request], mapping: FileMapping, actor: Actor, at: datetime) -> dict[str, Site]:
    rows = [
        customers.NewSite(
            customer=request.customer,
            name=request.site_name,
            external_id=request.site_key,
            address=request.address,
            postal_code=request.postal_code,
            city=request.city,
            area=request.area,
            latitude=request.latitude,
            longitude=request.longitude,
            time_zone=mapping.zone.key,
        )
        for request in requests
    ]
    return customers.add_sites_in_bulk(rows=rows, source=mapping.source, actor=actor, at=at)


def _ticket(request: Request, site: Site, topic: Topic, mapping: FileMapping) -> tickets.NewTicket:
    return tickets.NewTicket(
        subject=request.subject,
        description=request.description,
        channel=request.channel,
        priority=request.topic.priority,
        topic_id=topic.pk,
        customer_id=site.customer_id,
        site_id=site.pk,
        source=mapping.source,
        external_id=request.external_id,
        author_label=mapping.source,
        opened_at=request.opened_at,
    )


def _promises(opened: Sequence[Ticket]) -> dict[int, datetime]:
    clocks = SlaClock.objects.filter(ticket__in=opened, kpi=SlaKpi.ARRIVAL, due_at__isnull=False)
    return {ticket: due for ticket, due in clocks.values_list("ticket_id", "due_at") if due is not None}


def _work(
    ticket: Ticket,
    work_type: WorkType,
    promised_end_at: datetime | None,
    parts: Mapping[int, Decimal] | None,
) -> NewWork:
    return NewWork(
        site_id=ticket.site_id or 0,
        customer_id=ticket.customer_id or 0,
        work_type_id=work_type.pk,
        subject=ticket.subject,
        description=ticket.description,
        ticket_id=ticket.pk,
        priority=ticket.priority,
        promised_end_at=promised_end_at,
        source=ticket.source,
        external_id=ticket.external_id,
        parts=parts,
    )
