"""The dialogs of a ticket: what could not be done is said in the dialog, which is shown again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.customers import make_contact, make_customer
from tests.factories.tickets import FOUNDER, make_ticket
from tickets import services
from tickets.models import Ticket, TicketMessage

SignIn = Callable[[Person], Client]


@pytest.fixture
def ticket(acme: Company) -> Ticket:
    with tenant_active(acme.tenant.pk):
        return make_ticket(contact_id=make_contact().pk)


@pytest.fixture
def desk(acme: Company, signed_in: SignIn) -> Client:
    return signed_in(acme.sora)


def asked(desk: Client, ticket: Ticket, act: str, **form: object) -> tuple[int, str]:
    answer = desk.post(f"/t/acme/tickets/{ticket.pk}/{act}/", form)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("number", ["T-99999", "the other one", ""])
def test_a_number_that_is_no_ticket_is_said_in_the_merge_dialog(
    desk: Client, ticket: Ticket, number: str
) -> None:
    status, page = asked(desk, ticket, "merge", target=number, reason="Twice told")
    assert status == 422
    assert 'id="merge" data-opened' in page
    assert "id_target-error" in page
    assert "Twice told" in page
    assert page.count("data-opened") == 1


def test_merging_across_customers_is_refused_in_the_dialog(
    acme: Company, desk: Client, ticket: Ticket
) -> None:
    with tenant_active(acme.tenant.pk):
        stranger = make_contact(make_customer(name="Mori Clinic"), email="m@mori.example", phone="")
        other = make_ticket(contact_id=stranger.pk)
    status, page = asked(desk, ticket, "merge", target=str(other))
    assert status == 409
    assert 'id="merge" data-opened' in page
    assert "are of different customers" in page
    assert asked(desk, ticket, "merge", target=str(other), across_customers="on")[0] == 303


def test_what_cannot_be_split_off_is_said_and_stays_chosen(
    acme: Company, desk: Client, ticket: Ticket
) -> None:
    with tenant_active(acme.tenant.pk):
        services.reply_to_ticket(ticket_id=ticket.pk, body="We come.", actor=FOUNDER, at=AT)
        ids = [str(pk) for pk in TicketMessage.objects.values_list("pk", flat=True)]
    status, page = asked(desk, ticket, "split", message_ids=ids)
    assert status == 422
    assert 'id="split" data-opened' in page
    assert "Leave at least one message" in page
    assert all(f'value="{pk}" checked' in page for pk in ids)
    assert asked(desk, ticket, "split")[0] == 422


def test_waiting_for_nobody_known_is_said_in_the_dialog(desk: Client, ticket: Ticket) -> None:
    status, page = asked(desk, ticket, "wait", waiting_for="godot")
    assert status == 422
    assert 'id="wait" data-opened' in page
    assert "id_waiting_for-error" in page
