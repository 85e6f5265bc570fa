"""Pages of customers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Asset, Contact, Customer, Site
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.customers import make_asset, make_contact, make_customer, make_site
from tests.factories.tickets import make_ticket

SignIn = Callable[[Person], Client]


@pytest.fixture
def desk(acme: Company, signed_in: SignIn) -> Client:
    return signed_in(acme.sora)


def test_from_nothing_to_a_whole_customer(acme: Company, desk: Client) -> None:
    assert "No customer yet" in desk.get("/t/acme/customers/").content.decode()
    made = desk.post("/t/acme/customers/new/", {"name": "Aoki", "tier": "gold"})
    assert made.status_code == 303
    with tenant_active(acme.tenant.pk):
        customer = Customer.objects.get()
    base = f"/t/acme/customers/{customer.pk}"
    desk.post(f"{base}/contacts/new/", {"name": "Mari", "phone": "03-5555-0142", "prefers": "phone"})
    desk.post(f"{base}/sites/new/", {"name": "Head office", "address": "Uchikanda"})
    with tenant_active(acme.tenant.pk):
        contact, site = Contact.objects.get(), Site.objects.get()
    desk.post(f"/t/acme/sites/{site.pk}/assets/new/", {"name": "Copier", "installed_on": "2023-04-01"})
    text = desk.get(f"{base}/").content.decode()
    for expected in ("Mari", "Head office", "Copier"):
        assert expected in text
    with tenant_active(acme.tenant.pk):
        asset = Asset.objects.get()
    for url in (
        f"{base}/edit/",
        f"/t/acme/contacts/{contact.pk}/edit/",
        f"/t/acme/sites/{site.pk}/edit/",
        f"/t/acme/assets/{asset.pk}/edit/",
    ):
        assert desk.get(url).status_code == 200
    values = {"name": "Copier 3F", "model": "C360i"}
    assert desk.post(f"/t/acme/assets/{asset.pk}/edit/", values).status_code == 303
    assert "C360i" in desk.get(f"{base}/").content.decode()


def test_a_form_that_cannot_be_saved_is_shown_again(desk: Client) -> None:
    answer = desk.post("/t/acme/customers/new/", {"name": "", "tier": "gold"})
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()


def test_search_narrows(acme: Company, desk: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_customer(name="Aoki")
        make_customer(name="Baba", tier="key")
    assert "Baba" not in desk.get("/t/acme/customers/?q=aok").content.decode()
    assert "Aoki" not in desk.get("/t/acme/customers/?tier=key").content.decode()
    assert "Nobody fits" in desk.get("/t/acme/customers/?q=zzz").content.decode()


def test_the_tickets_of_a_customer_are_a_card_and_a_page(acme: Company, desk: Client) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer()
        make_ticket(customer_id=customer.pk)
    url = f"/t/acme/customers/{customer.pk}/tickets/"
    fragment = desk.get(url, headers={"HX-Request": "true"}).content.decode()
    assert fragment.startswith("<section")
    assert fragment.strip() in desk.get(url).content.decode()


def test_those_who_only_see_cannot_change(acme: Company, signed_in: SignIn) -> None:
    clerk = signed_in(acme.cora)
    assert clerk.get("/t/acme/customers/").status_code == 200
    assert clerk.post("/t/acme/customers/new/", {"name": "x"}).status_code == 403
    assert signed_in(acme.tom).get("/t/acme/customers/").status_code == 403


def test_pages_cost_the_same_for_every_length(acme: Company, desk: Client) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer()
    costs = []
    for number in range(3):
        with tenant_active(acme.tenant.pk):
            make_customer(name=f"Customer {number}")
            make_contact(customer)
            make_asset(make_site(customer))
        both = []
        for url in ("/t/acme/customers/", f"/t/acme/customers/{customer.pk}/"):
            desk.get(url)
            with CaptureQueriesContext(connection) as captured:
                assert desk.get(url).status_code == 200
            both.append(len(captured))
        costs.append(both)
    assert costs[0] == costs[1] == costs[2]
