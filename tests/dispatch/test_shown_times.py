"""A visit is shown when it really was: on its ticket, in lists and on the phone, by one pair of times."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dispatch.enums import VisitStatus
from dispatch.models import Visit
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_ticket, make_visit, make_work_order
from tests.factories.workforce import make_engineer

SignIn = Callable[[Person], Client]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TOMORROW = AT + 24 * HOUR
V = VisitStatus


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hours after the day began, Monday 23 November 2026, 12:00 in Tokyo."""
    monkeypatch.setattr(timezone, "now", lambda: AT + 3 * HOUR)


@pytest.mark.parametrize(
    ("status", "arrived_at", "ended_at", "begins", "ends"),
    [
        (V.ACCEPTED, None, None, TOMORROW, TOMORROW + HOUR),
        (V.TRAVELLING, None, None, TOMORROW, TOMORROW + HOUR),
        (V.ON_SITE, AT + 2 * HOUR, None, AT + 2 * HOUR, AT + 3 * HOUR),
        (V.DONE, AT + HOUR, AT + 2 * HOUR, AT + HOUR, AT + 2 * HOUR),
        (V.NO_SHOW, None, AT + 2 * HOUR, AT + 2 * HOUR, AT + 2 * HOUR),
        (V.DONE, None, None, TOMORROW, TOMORROW + HOUR),
        (V.CANCELLED, None, AT, TOMORROW, TOMORROW + HOUR),
    ],
)
def test_when_a_visit_is_shown(
    status: str, arrived_at: datetime | None, ended_at: datetime | None, begins: datetime, ends: datetime
) -> None:
    visit = Visit(
        tenant_id=1,
        status=status,
        start_at=TOMORROW,
        end_at=TOMORROW + HOUR,
        arrived_at=arrived_at,
        ended_at=ended_at,
    )
    assert (visit.shown_start_at, visit.shown_end_at) == (begins, ends)


def test_work_done_before_its_time_is_shown_when_it_was_done(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
        order = make_work_order(ticket=ticket)
        make_visit(
            TOMORROW,
            work_order=order,
            engineer=make_engineer("Tom", membership=acme.tom.membership),
            status=V.DONE,
            arrived_at=AT + HOUR,
            ended_at=AT + 2 * HOUR + 5 * MINUTE,
        )
    desk = signed_in(acme.sora)
    really = "Mon 23 Nov 2026 10:00–11:05"
    assert really in desk.get(f"/t/acme/tickets/{ticket.pk}/work/").content.decode()
    row = signed_in(acme.dora).get("/t/acme/work-orders/").content.decode()
    assert really in row and "24 Nov" not in row
    phone = signed_in(acme.tom)
    today = phone.get("/t/acme/my-visits/").content.decode()
    assert re.search(r'class="is-done"><span class="at">10:00<', today), (
        "it was today, whenever it was planned"
    )
