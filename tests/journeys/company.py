"""What a company has before a story begins: a kind of work, an engineer with a van, prices and promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from billing import services as billing
from billing.enums import ChargeKind
from delivery import services as delivery
from dispatch import services as dispatch
from dispatch.enums import Strategy
from dispatch.models import WorkType
from inventory import services as inventory
from inventory.enums import LocationKind
from inventory.models import Part, StockLocation
from tenants.active import tenant_active
from tests.cast import AT, Company
from tickets import services as tickets
from workforce import services as workforce
from workforce.models import Engineer

STEPS: list[dict[str, Any]] = [
    {"kind": "check", "label": "Work area is safe"},
    {
        "kind": "reading",
        "label": "Supply pressure",
        "minimum": Decimal("0.8"),
        "maximum": Decimal("2.5"),
        "unit": "bar",
    },
    {"kind": "photo", "label": "Photo after the work"},
]


@dataclass(frozen=True)
class Furnished:
    """What the story speaks of."""

    work_type: WorkType
    engineer: Engineer
    part: Part
    van: StockLocation


def furnish(company: Company) -> Furnished:
    """Tom is the engineer: gas at level 3, on shift around the clock, three igniters in the van."""
    ada = company.ada.actor
    with tenant_active(company.tenant.pk):
        gas = workforce.create_skill(code="gas", name="Gas", actor=ada, at=AT)
        tom = workforce.create_engineer(
            name="Tom Engineer", membership_id=company.tom.membership.pk, actor=ada, at=AT
        )
        held = [workforce.Held(gas.pk, 3)]
        workforce.set_engineer_skills(engineer_id=tom.pk, skills=held, actor=ada, at=AT)
        day = [(time(0, 0), time(12, 0)), (time(12, 0), time(0, 0))]
        workforce.set_shifts(engineer_id=tom.pk, weekly=dict.fromkeys(range(7), day), actor=ada, at=AT)
        work_type = dispatch.create_work_type(
            code="no-heat", name="No heat", duration_minutes=60, skills={gas.pk: 2}, actor=ada, at=AT
        )
        delivery.create_checklist(work_type_id=work_type.pk, name="No heat", items=STEPS, actor=ada, at=AT)
        dispatch.create_rule(name="Field work", strategy=Strategy.EARLIEST, actor=ada, at=AT)
        tickets.create_policy(
            name="Standard",
            first_response_minutes=60,
            arrival_minutes=480,
            resolution_minutes=960,
            actor=ada,
            at=AT,
        )
        _prices(company)
        part = inventory.create_part(code="IGN-4021", name="Igniter", price_minor=4200, actor=ada, at=AT)
        van = inventory.create_location(
            code="van-tom", name="Tom's van", kind=LocationKind.VAN, engineer_id=tom.pk, actor=ada, at=AT
        )
        inventory.receive_stock(
            part_id=part.pk, location_id=van.pk, quantity=Decimal(3), key="opening", actor=ada, at=AT
        )
    return Furnished(work_type, tom, part, van)


def _prices(company: Company) -> None:
    for kind, amount in ((ChargeKind.LABOUR, 18_000), (ChargeKind.TRAVEL, 6_000)):
        billing.set_price(
            kind=kind,
            name=str(kind.label),
            unit_price_minor=amount,
            valid_from=date(2026, 1, 1),
            actor=company.ada.actor,
            at=AT,
        )
