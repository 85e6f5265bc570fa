"""Confirmed visits and questions about them, inside the active tenant."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from customers.models import Contact, ContactAddress
from dispatch import services
from dispatch.enums import LockLevel
from dispatch.models import ConsentRequest, Visit
from tenants.actors import Actor
from tests.cast import AT
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer

SYSTEM = Actor.system("factory")
TOKYO = ZoneInfo("Asia/Tokyo")
HOUR = timedelta(hours=1)


def local(at: datetime, days: int, hour: int) -> datetime:
    """That hour of a later day in Tokyo."""
    day = at.astimezone(TOKYO).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), tzinfo=TOKYO)


def make_appointment(
    at: datetime = AT, *, hour: int = 10, email: str = "sato@ginza.example", **facts: Any
) -> Visit:
    """A visit that Sushi Ginza confirmed for the next day, with the window of two hours it lies in."""
    site = facts.pop("site", None) or make_place()
    contact = Contact.objects.create(
        customer=site.customer, name="Sato", email=email, language=facts.pop("language", "en")
    )
    if line := facts.pop("line", ""):
        ContactAddress.objects.create(contact=contact, channel="line", address=line)
    opens = local(at, facts.pop("days", 1), hour)
    work_order = make_work_order(
        site=site, contact=contact, promised_start_at=opens, promised_end_at=opens + 2 * HOUR
    )
    engineer = facts.pop("engineer", None) or make_engineer("Kenji")
    facts = {"lock_level": LockLevel.CONFIRMED, **facts}
    return make_visit(opens, engineer=engineer, work_order=work_order, **facts)


def make_question(visit: Visit | None = None, at: datetime = AT, **facts: Any) -> ConsentRequest:
    """The customer of a visit is asked."""
    visit = visit or make_appointment(at)
    return services.ask_consent(visit_id=visit.pk, actor=SYSTEM, at=at, **facts)
