"""A letter about a visit is a first response; a later one answers nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatch.models import Visit
from feedback import services
from tests.cast import AT, Company
from tests.factories.consents import HOUR, SYSTEM
from tests.factories.dispatch import make_ticket
from tests.factories.tickets import make_policy
from tests.feedback.told import make_sent, move, tell, went_out
from tickets import services as tickets
from tickets.enums import ClockState, SlaKpi, TicketStatus
from tickets.models import SlaClock, Ticket

LATER = AT + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def promise(in_acme: Company) -> None:
    make_policy(calendar={}, next_response_minutes=60)


def sent_for(ticket: Ticket, **facts: Any) -> Visit:
    return make_sent(ticket=ticket, **facts)


def state(ticket: Ticket, kpi: str = SlaKpi.FIRST_RESPONSE) -> str:
    return SlaClock.objects.get(ticket=ticket, kpi=kpi).state


def invite(*visits: Visit) -> None:
    services.invite_to_track(visit_ids=[visit.pk for visit in visits], actor=SYSTEM, at=LATER)


def test_the_letter_that_tells_when_somebody_comes_is_the_first_response() -> None:
    ticket = make_ticket()
    visit = sent_for(ticket)
    assert state(ticket) == ClockState.RUNNING, "planning and sending tell the customer nothing"
    invite(visit)
    ticket.refresh_from_db()
    assert (state(ticket), ticket.first_response_at) == (ClockState.MET, LATER)
    assert ticket.status == TicketStatus.WAITING


def test_without_an_address_nobody_was_told() -> None:
    ticket = make_ticket()
    invite(sent_for(ticket, email=""))
    ticket.refresh_from_db()
    assert (state(ticket), ticket.first_response_at) == (ClockState.RUNNING, None)


def test_a_letter_about_another_time_does_not_answer_what_was_asked() -> None:
    ticket = make_ticket()
    visit = sent_for(ticket)
    invite(visit)
    went_out()
    tickets.receive_reply(
        ticket_id=ticket.pk, body="Lift?", author_label="Mari", channel="email", actor=SYSTEM, at=LATER
    )
    move(visit, visit.start_at + 3 * HOUR)
    tell(visit.pk)
    ticket.refresh_from_db()
    assert (state(ticket, SlaKpi.NEXT_RESPONSE), ticket.first_response_at) == (ClockState.RUNNING, LATER)


def test_a_letter_about_a_merged_ticket_is_the_response_of_the_one_it_goes_on_in(in_acme: Company) -> None:
    source, target = make_ticket(), make_ticket()
    visit = sent_for(source)
    tickets.merge_tickets(
        target_id=target.pk, source_id=source.pk, across_customers=True, actor=in_acme.sora.actor, at=AT
    )
    invite(visit)
    assert state(target) == ClockState.MET


def test_many_letters_take_a_fixed_number_of_statements() -> None:
    def statements(number: int) -> int:
        visits = [sent_for(make_ticket()) for _n in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            invite(*visits)
        assert set(SlaClock.objects.filter(kpi=SlaKpi.FIRST_RESPONSE).values_list("state", flat=True)) == {
            "met"
        }
        return len(asked)

    statements(1)
    assert statements(2) == statements(9)
