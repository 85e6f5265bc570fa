"""A promise is broken at 02:00: whoever is on call hears of it at once, by the bell and by mail.

The others are told when their own hours begin. Everybody is told once, and the record says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from channels.models import OutboundMessage
from journal.models import AuditEntry
from journal.services import deliver_all
from notices import services as notices
from tenants.active import tenant_active
from tests.cast import ACME, Company, Person, found_company
from tests.factories.tickets import make_policy, make_ticket
from tickets import services as tickets
from tickets.models import Ticket

SignIn = Callable[[Person], Client]
pytestmark = pytest.mark.django_db(transaction=True)

ROSTER = "/t/acme/settings/on-call/"


class Clock:
    """The story's time: what `core.clock.now` answers, in the company's zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def show(self, *local: int) -> datetime:
        self.at = datetime(*local, tzinfo=self.zone).astimezone(UTC)  # type: ignore[misc,arg-type]
        return self.at


@pytest.fixture
def clock() -> Iterator[Clock]:
    story = Clock(ZoneInfo("Asia/Tokyo"))
    with patch("django.utils.timezone.now", side_effect=lambda: story.at):
        yield story


def the_machine_works() -> None:
    """What workers and beat do every second."""
    for _round in range(3):
        tickets.fire_due_timers(limit=500)
        tickets.fire_due_escalations(limit=500)
        notices.deliver_due(limit=500)
        deliver_all()


def bell(client: Client) -> int:
    """The number that the bell shows."""
    page = client.get("/t/acme/settings/profile/").content.decode()
    found = re.search(r'class="count" aria-hidden="true">(\d+)<', page)
    return int(found.group(1)) if found else 0


def mailed(company: Company) -> list[str]:
    """To whom notices were mailed, in order."""
    with tenant_active(company.tenant.pk):
        letters = OutboundMessage.objects.filter(key__startswith="notice:").order_by("pk")
        return [letter.recipient.partition("@")[0] for letter in letters]


def promise_an_hour(company: Company, signed_in: SignIn, at: datetime) -> None:
    """A first answer within an hour, around the clock; and the usual escalations."""
    with tenant_active(company.tenant.pk):
        policy = make_policy(
            calendar={}, first_response_minutes=60, arrival_minutes=None, resolution_minutes=None, at=at
        )
    usual = f"/t/acme/settings/policies/{policy.pk}/escalations/usual/"
    assert signed_in(company.ada).post(usual).status_code == 303


def put_on_call(company: Company, signed_in: SignIn, person: Person, **times: Any) -> None:
    duty = {"membership_id": person.membership.pk, "every_weeks": "0", **times}
    assert signed_in(company.dirk).post(ROSTER, duty).status_code == 303


def a_ticket_of(company: Company, owner: Person, at: datetime) -> Ticket:
    with tenant_active(company.tenant.pk):
        ticket = make_ticket(at=at)
        return tickets.assign_owner(
            ticket_id=ticket.pk, owner_id=owner.membership.pk, actor=owner.actor, at=at
        )


def test_a_breach_at_two_reaches_only_whoever_is_on_call(
    acme: Company, signed_in: SignIn, clock: Clock
) -> None:
    opened = clock.show(2026, 3, 3, 1, 0)
    promise_an_hour(acme, signed_in, opened)
    put_on_call(acme, signed_in, acme.dora, from_at="2026-03-02T18:00", until_at="2026-03-03T08:00")
    ticket = a_ticket_of(acme, acme.sora, opened)
    sora, dora, dirk = (signed_in(person) for person in (acme.sora, acme.dora, acme.dirk))

    clock.show(2026, 3, 3, 2, 0)
    the_machine_works()
    assert [bell(person) for person in (dora, sora, dirk)] == [1, 0, 0]
    assert mailed(acme) == ["dora"]
    told = dora.get("/t/acme/notices/").content.decode()
    assert "T-1: “First response” is late" in told
    assert "you were on call" in told

    clock.show(2026, 3, 3, 3, 0)
    the_machine_works()
    clock.show(2026, 3, 3, 7, 59)
    the_machine_works()
    assert [bell(person) for person in (dora, sora, dirk)] == [1, 0, 0]
    assert mailed(acme) == ["dora"]

    clock.show(2026, 3, 3, 8, 0)
    the_machine_works()
    the_machine_works()
    assert [bell(person) for person in (dora, sora, dirk)] == [1, 1, 1]
    assert sorted(mailed(acme)) == ["dirk", "dora", "sora"]
    assert "late for 60 minutes" in dirk.get("/t/acme/notices/").content.decode()
    the_record_says_why(acme, ticket)


def the_record_says_why(company: Company, ticket: Ticket) -> None:
    with tenant_active(company.tenant.pk):
        acts = AuditEntry.objects.filter(verb="escalated", object_id=ticket.pk).order_by("pk")
        found = [(act.changes["moment"], act.changes["people"]) for act in acts]
    assert found == [
        ("warn", "Sora Desk"),
        ("breach", "Sora Desk"),
        ("breach", "Dora Dispatcher"),
        ("after", "Dirk Director"),
    ]


def test_without_a_roster_everybody_sleeps(acme: Company, signed_in: SignIn, clock: Clock) -> None:
    """The control: the same breach, and nobody on call."""
    opened = clock.show(2026, 3, 3, 1, 0)
    promise_an_hour(acme, signed_in, opened)
    a_ticket_of(acme, acme.sora, opened)
    clock.show(2026, 3, 3, 2, 0)
    the_machine_works()
    assert [bell(signed_in(person)) for person in (acme.dora, acme.sora, acme.dirk)] == [0, 0, 0]
    assert mailed(acme) == []


def test_an_answer_in_time_wakes_nobody(acme: Company, signed_in: SignIn, clock: Clock) -> None:
    """The control: the same night, and the promise was kept."""
    opened = clock.show(2026, 3, 3, 1, 0)
    promise_an_hour(acme, signed_in, opened)
    put_on_call(acme, signed_in, acme.dora, from_at="2026-03-02T18:00", until_at="2026-03-03T08:00")
    ticket = a_ticket_of(acme, acme.sora, opened)
    clock.show(2026, 3, 3, 1, 40)
    with tenant_active(acme.tenant.pk):
        tickets.reply_to_ticket(ticket_id=ticket.pk, body="We are on it.", actor=acme.sora.actor, at=clock.at)
    clock.show(2026, 3, 3, 8, 0)
    the_machine_works()
    assert [bell(signed_in(person)) for person in (acme.dora, acme.sora, acme.dirk)] == [0, 0, 0]


def test_on_the_night_the_clocks_go_forward(db: None, signed_in: SignIn, clock: Clock) -> None:
    """Berlin, 29 March 2026: 02:00 does not exist. An hour after 01:30 it is 03:30."""
    clock.zone = ZoneInfo("Europe/Berlin")
    opened = clock.show(2026, 3, 29, 0, 30)
    company = found_company("acme", "Acme Service", ACME, time_zone="Europe/Berlin", currency="EUR")
    promise_an_hour(company, signed_in, opened)
    with tenant_active(company.tenant.pk):
        notices.set_own_hours(
            weekly={"sun": [["08:00", "12:00"]]},
            mail="warnings",
            kinds={},
            actor=company.sora.actor,
            at=opened,
        )
    weekly = {"from_at": "2026-03-21T18:00", "until_at": "2026-03-22T08:00", "every_weeks": "1"}
    put_on_call(company, signed_in, company.dora, **weekly)
    a_ticket_of(company, company.sora, clock.show(2026, 3, 29, 1, 30))
    sora, dora = signed_in(company.sora), signed_in(company.dora)

    broken = clock.show(2026, 3, 29, 3, 30)
    assert broken == opened + timedelta(hours=2)
    the_machine_works()
    assert (bell(dora), bell(sora)) == (1, 0)
    clock.at = datetime(2026, 3, 29, 5, 59, 59, tzinfo=UTC)
    the_machine_works()
    assert bell(sora) == 0
    clock.at = datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    the_machine_works()
    assert bell(sora) == 1
    assert mailed(company) == ["dora", "sora"]
