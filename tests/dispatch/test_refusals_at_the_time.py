"""What another time would mend is told at the time field; a ticket's work form proposes the place that is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from core.clock import now
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.consents import local
from tests.factories.customers import make_customer
from tests.factories.dispatch import make_place, make_visit, make_work_type
from tests.factories.tickets import make_ticket
from tests.factories.workforce import make_engineer

SignedIn = Callable[[Person], Client]


@pytest.fixture
def dora(acme: Company, signed_in: SignedIn) -> Client:
    return signed_in(acme.dora)


def test_a_refused_move_is_told_at_the_time_and_the_box_leads_there(acme: Company, dora: Client) -> None:
    tomorrow = local(now(), 1, 10)
    with tenant_active(acme.tenant.pk):
        engineer = make_engineer("Kenji")
        make_visit(tomorrow + timedelta(hours=3), engineer=engineer)
        visit = make_visit(tomorrow, engineer=engineer)
    answer = dora.post(
        f"/t/acme/board/visits/{visit.pk}/move/",
        {
            "engineer": engineer.pk,
            "start_at": f"{tomorrow + timedelta(hours=3):%Y-%m-%dT%H:%M}",
            "version": visit.version,
        },
    )
    page = answer.content.decode()
    assert answer.status_code in (409, 422)
    box, field = page.split('id="id_start_at-error"')
    assert 'href="#id_start_at"' in box
    assert "Kenji has" in field.split("</p>")[0].split("</div>")[0]


def test_the_form_of_work_proposes_what_is_known_of_the_place(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_work_type()
        unknown = make_customer(name="New", billing_address="1 Main St")
        by_mail = make_ticket(customer_id=unknown.pk)
        site = make_place("Ueno")
        known = make_ticket(customer_id=site.customer_id)
    form = dora.get(f"/t/acme/tickets/{by_mail.pk}/work/").content.decode()
    assert 'value="1 Main St"' in form
    form = dora.get(f"/t/acme/tickets/{known.pk}/work/").content.decode()
    assert f'<option value="{site.pk}" selected>' in form


def test_a_ticket_taken_by_hand_is_a_call_unless_said_otherwise(acme: Company, signed_in: SignedIn) -> None:
    page = signed_in(acme.sora).get("/t/acme/tickets/new/").content.decode()
    channel = page.split('name="channel"')[1].split("</select>")[0]
    assert '<option value="phone" selected>' in channel
