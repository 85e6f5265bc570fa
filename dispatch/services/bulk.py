"""Many work orders at once: for imports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.enums import Permission
from core.text import clean
from dispatch import events, queries
from dispatch.models import WorkOrder, WorkOrderPart, WorkOrderSkill, WorkType
from journal import services as journal
from tenants.actors import Actor
from tenants.services import next_numbers

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """One work order to be. Skills and duration come from the work type, and so do `parts` {part id: quantity} unless
    given."""

    site_id: int
    customer_id: int
    work_type_id: int
    subject: str
    description: str = ""
    ticket_id: int | None = None
    contact_id: int | None = None
    asset_id: int | None = None
    priority: int = 3
    promised_end_at: datetime | None = None
    source: str = ""
    external_id: str = ""
    parts: Mapping[int, Decimal] | None = None


@transaction.atomic
def create_work_orders_in_bulk(
    *,
    rows: Sequence[NewWork],
    actor: Actor,
    at: datetime,
    source: str = "import",
    work_types: Iterable[WorkType] | None = None,
) -> list[WorkOrder]:
    """Make many work orders in a fixed number of statements per 500; returns those made.

    A row whose (source, external_id) exists already is left out, so that a second import makes nothing.
    `work_types` are those of the rows with their skills and parts, where they are read already.
    """
    actor.require(Permission.WORK_CREATE)
    fresh = _unknown(rows)
    if not fresh:
        return []
    if work_types is None:
        work_types = queries.work_types().prefetch_related("work_type_parts")
    types = {work_type.pk: work_type for work_type in work_types}
    numbers = next_numbers("work_order", len(fresh))
    work_orders = WorkOrder.objects.bulk_create(
        [
            WorkOrder(
                number=number,
                site_id=row.site_id,
                customer_id=row.customer_id,
                work_type_id=row.work_type_id,
                ticket_id=row.ticket_id,
                contact_id=row.contact_id,
                asset_id=row.asset_id,
                subject=clean(row.subject).strip()[:300],
                description=clean(row.description),
                priority=row.priority,
                duration_minutes=types[row.work_type_id].duration_minutes,
                crew_size=types[row.work_type_id].crew_size,
                crew_cover=types[row.work_type_id].crew_cover,
                may_split=types[row.work_type_id].may_split,
                promised_end_at=row.promised_end_at,
                created_at=at,
                source=row.source,
                external_id=row.external_id,
            )
            for number, row in zip(numbers, fresh, strict=True)
        ],
        batch_size=BATCH,
    )
    WorkOrderSkill.objects.bulk_create(
        [
            WorkOrderSkill(work_order=work_order, skill_id=needed.skill_id, level=needed.level)
            for work_order in work_orders
            for needed in types[work_order.work_type_id].work_type_skills.all()
        ],
        batch_size=BATCH,
    )
    told = [{"work_type": types[w.work_type_id].name, "priority": w.priority} for w in work_orders]
    WorkOrderPart.objects.bulk_create(
        [
            WorkOrderPart(work_order=work_order, part_id=part_id, quantity=quantity)
            for work_order, row in zip(work_orders, fresh, strict=True)
            for part_id, quantity in _parts_of(row, types[row.work_type_id]).items()
        ],
        batch_size=BATCH,
    )
    journal.record_many(actor=actor, verb="created", things=work_orders, at=at, source=source, changes=told)
    journal.publish(*(events.WorkOrderCreated(work_order_id=work_order.pk) for work_order in work_orders))
    return work_orders


def _parts_of(row: NewWork, work_type: WorkType) -> Mapping[int, Decimal]:
    if row.parts is not None:
        return row.parts
    return {usual.part_id: usual.quantity for usual in work_type.work_type_parts.all()}


def _unknown(rows: Collection[NewWork]) -> list[NewWork]:
    named = {(row.source, row.external_id) for row in rows if row.external_id}
    known = set(
        WorkOrder.objects.filter(
            source__in={source for source, _id in named}, external_id__in={key for _source, key in named}
        ).values_list("source", "external_id")
    )
    return [row for row in rows if not row.external_id or (row.source, row.external_id) not in known]
