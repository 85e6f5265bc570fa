"""Visits ready to be carried out, inside the active tenant."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from PIL import Image

from core.clock import now
from customers.models import Contact, Customer, Site
from delivery import services
from delivery.models import Checklist
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder, WorkType
from tenants.actors import Actor
from tests.cast import AT, Person
from workforce.models import Engineer

ADMIN = Actor.system("factory")
_numbers = count(1)

STEPS: list[dict[str, Any]] = [
    {"kind": "check", "label": "Gas valve closed"},
    {"kind": "reading", "label": "CO in flue gas", "unit": "ppm", "minimum": 0, "maximum": 100},
    {"kind": "text", "label": "Anything else", "is_required": False},
]


def make_work_type(**facts: Any) -> WorkType:
    """A kind of work without a checklist."""
    number = next(_numbers)
    return WorkType.objects.create(**{"code": f"work-{number}", "name": f"Work {number}", **facts})


def make_checklist(work_type: WorkType, items: Sequence[dict[str, Any]] = STEPS, **facts: Any) -> Checklist:
    """The next published version for this kind of work."""
    given = {"name": "Boiler check", "actor": ADMIN, "at": AT, **facts}
    return services.create_checklist(work_type_id=work_type.pk, items=items, **given)


def make_engineer(person: Person | None = None, **facts: Any) -> Engineer:
    """An engineer, who is this person when one is given."""
    membership = person.membership if person else None
    name = str(membership) if membership else f"Engineer {next(_numbers)}"
    return Engineer.objects.create(**{"name": name, "membership": membership, **facts})


def make_visit(engineer: Engineer, status: str = VisitStatus.DISPATCHED, **facts: Any) -> Visit:
    """A visit sent to the engineer: `work_type=`, `subject=`, `site=` shape its work; the rest the visit."""
    number = next(_numbers)
    customer = Customer.objects.create(name=f"Customer {number}")
    contact = Contact.objects.create(customer=customer, name="Mrs. Alvarez", phone="+1 212 555 0142")
    site = facts.pop("site", None) or Site.objects.create(
        customer=customer, name=f"Riverside {number}", address="88 Riverside Dr", area="Harlem"
    )
    order = WorkOrder.objects.create(
        number=number,
        customer=customer,
        contact=contact,
        site=site,
        work_type=facts.pop("work_type", None) or make_work_type(),
        subject=facts.pop("subject", "No heat on floors 6–9"),
        created_at=AT,
        **{
            name: facts.pop(name)
            for name in ("asset", "promised_end_at", "follow_up_reason")
            if name in facts
        },
    )
    start_at = facts.pop("start_at", AT)
    return Visit.objects.create(
        **{
            "work_order": order,
            "engineer": engineer,
            "start_at": start_at,
            "end_at": start_at + timedelta(hours=1),
            "status": status,
            "sent_at": AT,
            **facts,
        }
    )


def make_visit_on_site(person: Person) -> Visit:
    """A visit with a checklist whose engineer is this person, who is there."""
    work_type = make_work_type(name="Burner tune")
    make_checklist(work_type)
    visit = make_visit(make_engineer(person, name="Tom"), work_type=work_type, start_at=now())
    return arrive(visit, person.actor)


def arrive(visit: Visit, actor: Actor) -> Visit:
    """Tap through to being on site, a minute for each tap."""
    taps = (services.accept_visit, services.start_travel, services.arrive)
    for minute, tap in enumerate(taps):
        tap(visit_id=visit.pk, actor=actor, at=AT + timedelta(minutes=minute))
    visit.refresh_from_db()
    return visit


def picture(width: int = 64, height: int = 48, kind: str = "JPEG", color: str = "teal", **save: Any) -> bytes:
    """An image file."""
    held = io.BytesIO()
    Image.new("RGB", (width, height), color).save(held, kind, **save)
    return held.getvalue()
