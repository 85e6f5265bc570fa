"""Contracts: noted, changed, refused, and what they do to running clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from core.errors import BadInput, Conflict
from customers import queries, services
from customers.models import Contract
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.customers import make_customer
from tests.factories.tickets import FOUNDER, make_policy, make_ticket
from tickets.models import SlaClock

JSON = "application/json"


def make_contract(customer_id: int, **facts: object) -> Contract:
    values = {"number": "C-1", "name": "Full care", "starts_on": date(2026, 4, 1), **facts}
    return services.add_contract(customer_id=customer_id, actor=FOUNDER, at=AT, **values)


def test_a_number_is_given_once_and_dates_are_in_order(in_acme: Company) -> None:
    customer = make_customer()
    make_contract(customer.pk)
    with pytest.raises(Conflict, match="C-1 already"):
        make_contract(customer.pk)
    with pytest.raises(BadInput, match="before it starts"):
        make_contract(customer.pk, number="C-2", ends_on=date(2026, 3, 31))
    with pytest.raises(BadInput, match="time_zone"):
        make_contract(customer.pk, number="C-2", time_zone="Mars/Base")


def test_contracts_in_force_come_newest_first(in_acme: Company) -> None:
    customer = make_customer()
    old = make_contract(customer.pk, ends_on=date(2026, 12, 31))
    new = make_contract(customer.pk, number="C-2", starts_on=date(2026, 6, 1))
    assert queries.contracts_in_force([customer.pk], date(2026, 7, 1)) == {customer.pk: [new, old]}
    assert queries.contracts_in_force([customer.pk], date(2027, 1, 1)) == {customer.pk: [new]}


@pytest.mark.django_db(transaction=True)
def test_a_changed_zone_moves_the_customers_clocks(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer()
        contract = make_contract(customer.pk)
        make_policy()
        ticket = make_ticket(customer_id=customer.pk)
        services.update_contract(contract_id=contract.pk, time_zone="America/New_York", actor=FOUNDER, at=AT)
    journal.deliver_all()
    with tenant_active(acme.tenant.pk):
        assert set(SlaClock.objects.filter(ticket=ticket).values_list("zone", flat=True)) == {
            "America/New_York"
        }


def test_pages_and_api_keep_contracts(acme: Company, client: Client, program: Callable[..., Client]) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer()
    client.force_login(acme.ada.user)
    sent = {"number": "C-7", "name": "Full care", "starts_on": "2026-04-01"}
    assert client.post(f"/t/acme/customers/{customer.pk}/contracts/new/", sent).status_code == 303
    assert "C-7" in client.get(f"/t/acme/customers/{customer.pk}/").content.decode()
    api = program(acme)
    made = api.post(
        "/api/v1/contracts", {**sent, "number": "C-8", "customer": customer.pk}, content_type=JSON
    )
    assert made.status_code == 201
    where = f"/api/v1/contracts/{made.json()['id']}"
    assert api.patch(where, {"ends_on": "2027-03-31"}, content_type=JSON).json()["ends_on"] == "2027-03-31"
    assert api.patch(where, {"ends_on": "2025-03-31"}, content_type=JSON).status_code == 422
    assert len(api.get(f"/api/v1/contracts?customer={customer.pk}").json()["results"]) == 2
