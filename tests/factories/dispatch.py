"""Work and visits, inside the active tenant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from customers.models import Customer, Site
from dispatch.models import DispatchRule, Visit, WorkOrder, WorkOrderSkill, WorkType, WorkTypeSkill
from dispatch.services.following import follow_visits
from tenants.actors import Actor
from tenants.services import next_number
from tests.cast import AT
from tests.factories.workforce import make_engineer, make_skill
from tickets import services as tickets
from tickets.models import Ticket
from workforce.models import Engineer, Provider

_numbers = count(1)


def make_work_type(code: str = "", *, skills: Mapping[str, int] | None = None, **facts: Any) -> WorkType:
    """A kind of work of 60 minutes; `skills` maps codes to levels."""
    code = code or f"work-{next(_numbers)}"
    work_type = WorkType.objects.create(**{"code": code, "name": code.title(), **facts})
    for skill, level in (skills or {}).items():
        WorkTypeSkill.objects.create(work_type=work_type, skill=make_skill(skill), level=level)
    return work_type


def make_place(area: str = "Chiyoda", **facts: Any) -> Site:
    """A site in Tokyo, of a customer of its own unless one is given."""
    number = next(_numbers)
    if "customer" not in facts:
        facts["customer"] = Customer.objects.create(name=f"Customer {number}")
    defaults = {"name": f"Site {number}", "area": area, "latitude": 35.69, "longitude": 139.75}
    return Site.objects.create(**{**defaults, **facts})


def make_work_order(**facts: Any) -> WorkOrder:
    """Unscheduled work of its type's skills and duration."""
    work_type: WorkType = facts.pop("work_type", None) or make_work_type()
    site: Site = facts.pop("site", None) or make_place()
    number = next_number("work_order")
    defaults = {
        "subject": f"Work {number}",
        "customer_id": site.customer_id,
        "duration_minutes": work_type.duration_minutes,
        "created_at": AT,
    }
    work_order = WorkOrder.objects.create(
        number=number, site=site, work_type=work_type, **{**defaults, **facts}
    )
    for needed in work_type.work_type_skills.all():
        WorkOrderSkill.objects.create(work_order=work_order, skill_id=needed.skill_id, level=needed.level)
    return work_order


def make_visit(
    start_at: datetime = AT + timedelta(hours=1),
    *,
    engineer: Engineer | None = None,
    work_order: WorkOrder | None = None,
    minutes: int = 60,
    **facts: Any,
) -> Visit:
    """A planned visit, written past the evaluator; its work order follows."""
    visit = Visit.objects.create(
        engineer=engineer or make_engineer(),
        work_order=work_order or make_work_order(),
        start_at=start_at,
        end_at=start_at + timedelta(minutes=minutes),
        **facts,
    )
    follow_visits(visit.work_order, at=start_at)
    return visit


def make_rule(name: str = "", **facts: Any) -> DispatchRule:
    """An enabled rule for any work."""
    number = next(_numbers)
    return DispatchRule.objects.create(**{"name": name or f"Rule {number}", "position": number, **facts})


def make_ticket(**facts: Any) -> Ticket:
    """A ticket for a place, opened as the desk does."""
    site = make_place()
    return tickets.open_ticket(
        subject="No heat",
        description="Cold since Sunday",
        channel="phone",
        customer_id=site.customer_id,
        site_id=site.pk,
        actor=Actor.system("tests"),
        at=AT,
        **facts,
    )


def make_provider(code: str = "partnerworks", **facts: Any) -> Provider:
    """A provider without bounds that answers within half an hour."""
    return Provider.objects.create(code=code, **{"name": code.title(), "accept_minutes": 30, **facts})
