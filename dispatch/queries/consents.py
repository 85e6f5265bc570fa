"""Reads of consent: the questions, what a customer confirmed, how they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from channels import queries as channels
from core.errors import NotFound
from customers import queries as customers
from dispatch.enums import ConsentStatus
from dispatch.models import ConsentRequest, Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.offers import expires_at
from dispatch.rules import Appointment, Window, appointment, window_told
from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Option:
    """A window offered to a customer, with who would come at `at`; `crew` are all of several, the first one leads."""

    start: datetime
    end: datetime
    grade: str
    engineer_id: int
    at: datetime
    is_wished: bool = False
    crew: tuple[int, ...] = ()

    @property
    def engineer_ids(self) -> tuple[int, ...]:
        """All who would come."""
        return self.crew or (self.engineer_id,)

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the row."""
        instants = {"start": self.start, "end": self.end, "at": self.at}
        told = {name: value.isoformat() for name, value in instants.items()}
        who = {"engineer_id": self.engineer_id, "crew": list(self.crew)}
        return {**told, **who, "grade": self.grade, "is_wished": self.is_wished}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Option:
        """From how it is kept."""
        start, end, at = (datetime.fromisoformat(kept[name]) for name in ("start", "end", "at"))
        crew = tuple(kept.get("crew", ()))
        return cls(start, end, kept["grade"], kept["engineer_id"], at, kept["is_wished"], crew)


def options_of(consent: ConsentRequest) -> list[Option]:
    """The windows offered, what we wished first."""
    return [Option.of(kept) for kept in consent.options]


def consents() -> QuerySet[ConsentRequest]:
    """Questions to customers with what a list shows, newest first."""
    return ConsentRequest.objects.select_related(
        "from_engineer",
        "visit__engineer",
        "visit__work_order__site",
        "visit__work_order__customer",
        "visit__work_order__contact",
        "visit__work_order__work_type",
    )


def consents_for(actor: Actor) -> QuerySet[ConsentRequest]:
    """Those this actor may see: a provider's people those of their engineers' visits."""
    found = consents()
    if actor.provider_code:
        return found.filter(visit__engineer__provider__code=actor.provider_code)
    return found


def get_consent(consent_id: int) -> ConsentRequest:
    """One question. Raises `NotFound`."""
    found = consents().filter(pk=consent_id).first()
    if found is None:
        raise NotFound(_("Question %(id)s to a customer: not found.") % {"id": consent_id})
    return found


def open_consent_of(visit_id: int) -> ConsentRequest | None:
    """The question about a visit, or another of its crew, that waits for an answer, or None."""
    crew = Visit.objects.filter(pk=visit_id, crew_key__isnull=False).values("crew_key")
    about = Q(visit_id=visit_id) | Q(visit__crew_key__in=crew)
    return consents().filter(about, status=ConsentStatus.ASKED).first()


def waiting_consents_for(actor: Actor) -> int:
    """How many customers have not answered yet."""
    return consents_for(actor).filter(status=ConsentStatus.ASKED).order_by().count()


def told_of(visit: Visit) -> Window:
    """When the customer is to expect somebody, as their page tells before the trip. `visit.work_order` should be
    loaded."""
    order = visit.work_order
    promised = order.promised_start_at, order.promised_end_at
    return window_told(visit.start_at, promised, visit.told_start_at)


def start_told(visit: Visit, start_at: datetime) -> datetime | None:
    """The start of which the customer was told, once the visit is moved to `start_at`: another one only where they are
    to expect somebody at another time. None while they were told of none."""
    if visit.told_start_at is None or told_of(visit).holds(start_at):
        return visit.told_start_at
    return start_at


def appointment_of(visit: Visit) -> Appointment:
    """What the customer agreed to of a visit. `visit.work_order` should be loaded."""
    order = visit.work_order
    return appointment(
        lock_level=visit.lock_level,
        engineer_id=visit.engineer_id,
        start_at=visit.start_at,
        promised=(order.promised_start_at, order.promised_end_at),
    )


def zone_of(work_order: WorkOrder) -> ZoneInfo:
    """The zone in which the customer reads a time."""
    return work_order.site.zone or work_order.site.tenant.zone


def way_to(work_order: WorkOrder) -> tuple[str, str] | None:
    """By which channel and at which address the customer is reached, as their contact prefers; None when there is
    no way."""
    contact = work_order.contact
    addresses = customers.addresses_of(contact) if contact else {}
    if not addresses and work_order.customer.email:
        addresses = {"email": work_order.customer.email}
    found = channels.find_way_to(prefers=contact.prefers if contact else "", came_by="", addresses=addresses)
    return (found.channel, found.address) if found else None


def answer_by(visit: Visit, policy: Policy, at: datetime) -> datetime:
    """Until when an answer counts: so many business minutes on, and never after the visit begins."""
    minutes = policy.limit("consent_minutes")
    return min(expires_at({"accept_minutes": minutes}, None, at), visit.start_at)
