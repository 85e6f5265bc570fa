"""Finished visits, prices and invoices for tests, inside the active tenant.

Visits are made through the models, so that a test says exactly when things happened.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from billing import services
from billing.enums import ChargeKind
from billing.models import Invoice, PriceItem
from core.clock import now
from customers.models import Site
from delivery.enums import TimeKind
from delivery.models import PartUse, TimeEntry
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder, WorkType
from inventory import services as inventory
from inventory.models import Part
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.customers import make_contact, make_site
from tests.factories.inventory import make_stock, make_store
from workforce.models import Engineer

CLERK = Actor.system("factory")
_numbers = count(1)


def today(company: Company) -> str:
    """The company's day at this moment, as a form or a program sends it."""
    return f"{now().astimezone(company.tenant.zone).date()}"


def make_work_type(**facts: Any) -> WorkType:
    number = next(_numbers)
    return WorkType.objects.create(**{"code": f"repair-{number}", "name": "Repair", **facts})


def make_engineer(**facts: Any) -> Engineer:
    return Engineer.objects.create(**{"name": "Tom Sato", **facts})


def make_work_order(site: Site | None = None, **facts: Any) -> WorkOrder:
    """A work order that is done, with a contact who has an e-mail address."""
    site = site or make_site()
    if "work_type" not in facts:
        facts["work_type"] = make_work_type()
    if "contact" not in facts:
        facts["contact"] = make_contact(site.customer)
    given = {
        "number": 1000 + next(_numbers),
        "site": site,
        "customer": site.customer,
        "subject": "The copier jams",
        "status": WorkOrderStatus.DONE,
        "created_at": AT - timedelta(days=1),
        **facts,
    }
    return WorkOrder.objects.create(**given)


def make_visit(
    order: WorkOrder | None = None,
    *,
    work: int = 0,
    travel: int = 0,
    start_at: datetime = AT,
    engineer: Engineer | None = None,
    **facts: Any,
) -> Visit:
    """A done visit: `travel` minutes until `start_at`, then `work` minutes."""
    end_at = start_at + timedelta(minutes=max(work, 1))
    visit = Visit.objects.create(
        **{
            "work_order": order or make_work_order(),
            "engineer": engineer or make_engineer(),
            "start_at": start_at,
            "end_at": end_at,
            "status": VisitStatus.DONE,
            "arrived_at": start_at,
            "ended_at": end_at,
            **facts,
        }
    )
    stretches = (
        (TimeKind.TRAVEL, start_at - timedelta(minutes=travel), start_at),
        (TimeKind.WORK, start_at, end_at),
    )
    for kind, begin, end in stretches:
        if end > begin:
            TimeEntry.objects.create(
                visit=visit, engineer=visit.engineer, kind=kind, start_at=begin, end_at=end
            )
    return visit


def make_part_use(visit: Visit, *, used: int = 1, billed: int | None = None, **part: Any) -> PartUse:
    """So many of a new part, used at the visit."""
    number = next(_numbers)
    item = Part.objects.create(**{"code": f"X-{number}", "name": "Roller kit", "price_minor": 25000, **part})
    place = make_store()
    make_stock(item, place, used)
    movement = inventory.use_part(
        part_id=item.pk,
        location_id=place.pk,
        quantity=Decimal(used),
        key=f"use-{number}",
        actor=CLERK,
        at=AT,
    )
    return PartUse.objects.create(
        visit=visit,
        part=item,
        movement=movement,
        quantity_used=Decimal(used),
        quantity_billed=Decimal(used if billed is None else billed),
        at=AT,
    )


def make_price(kind: ChargeKind = ChargeKind.LABOUR, amount: int = 18000, **facts: Any) -> PriceItem:
    """A list price from the year's first day on."""
    given = {"name": f"{kind.label} 2026", "valid_from": date(2026, 1, 1), **facts}
    return services.set_price(kind=kind, unit_price_minor=amount, actor=CLERK, at=AT, **given)


def make_priced_visit(order: WorkOrder | None = None, **facts: Any) -> Visit:
    """A done visit of 90 minutes with every price there, priced: ¥27,000 of labour before tax."""
    if not PriceItem.objects.exists():
        make_price()
    visit = make_visit(order, **{"work": 90, **facts})
    services.price_visit(visit_id=visit.pk, actor=CLERK, at=AT)
    return visit


def make_invoice(order: WorkOrder | None = None) -> Invoice:
    """The invoice of a priced visit: ¥29,700 with 10 % tax."""
    visit = make_priced_visit(order)
    return services.issue_invoice(work_order_id=visit.work_order_id, actor=CLERK, at=AT)
