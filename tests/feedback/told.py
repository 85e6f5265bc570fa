"""Visits whose customers were told of them, and what is done with those."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from channels.enums import OutboundStatus
from channels.models import OutboundMessage
from dispatch import services as dispatching
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from feedback import services
from tests.cast import AT
from tests.factories.consents import SYSTEM, local
from tests.factories.customers import make_contact
from tests.factories.dispatch import make_place, make_visit, make_work_order

TEN = local(AT, 1, 10)
MINUTE = timedelta(minutes=1)


def make_told(start_at: datetime = TEN, *, language: str = "en", **facts: Any) -> Visit:
    """A visit whose customer was told of it by a letter that went out."""
    visit = make_sent(start_at, language=language, **facts)
    services.invite_to_track(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
    went_out()
    return visit


def make_sent(
    start_at: datetime = TEN, *, language: str = "en", email: str = "mari@aoki.example", **facts: Any
) -> Visit:
    place = make_place()
    contact = make_contact(place.customer, language=language, email=email)
    order = make_work_order(site=place, contact=contact, **facts)
    return make_visit(start_at, work_order=order, status=VisitStatus.DISPATCHED, sent_at=AT)


def went_out() -> None:
    OutboundMessage.objects.filter(status=OutboundStatus.QUEUED).update(
        status=OutboundStatus.SENT, sent_at=AT, attempts=1, due_at=None
    )


def move(visit: Visit, start_at: datetime) -> None:
    visit.refresh_from_db()
    facts: dict[str, Any] = {"visit_id": visit.pk, "engineer_id": visit.engineer_id, "version": visit.version}
    dispatching.move_visit(start_at=start_at, actor=SYSTEM, at=AT, **facts)
    tell(visit.pk)


def tell(*visit_ids: int) -> None:
    services.tell_changes(visit_ids=visit_ids, actor=SYSTEM, at=AT)


def call_off(visit: Visit) -> None:
    dispatching.cancel_visit(visit_id=visit.pk, reason="Van broke down", actor=SYSTEM, at=AT)
    tell(visit.pk)


def waiting() -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(status=OutboundStatus.QUEUED).order_by("pk"))
