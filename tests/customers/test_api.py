"""Customers, contacts, sites and assets over REST."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Permission
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.customers import make_asset, make_contact, make_customer, make_site

Program = Callable[..., Client]
JSON = "application/json"


def test_make_and_change_all_four(acme: Company, program: Program) -> None:
    client = program(acme)
    customer = client.post("/api/v1/customers", {"name": "Aoki", "tier": "gold"}, content_type=JSON).json()
    contact = client.post(
        "/api/v1/contacts", {"customer": customer["id"], "name": "Mari"}, content_type=JSON
    ).json()
    site = client.post(
        "/api/v1/sites/",
        {"customer": customer["id"], "name": "HQ", "latitude": 35.6, "longitude": 139.7},
        content_type=JSON,
    ).json()
    asset = client.post("/api/v1/assets", {"site": site["id"], "name": "Copier"}, content_type=JSON)
    assert asset.status_code == 201
    assert asset.json()["parent"] is None
    changed = client.patch(f"/api/v1/contacts/{contact['id']}", {"phone": "03-5555-0142"}, content_type=JSON)
    assert changed.json()["phone"] == "03-5555-0142"
    assert (
        client.patch(f"/api/v1/sites/{site['id']}", {"area": "chiyoda"}, content_type=JSON).json()["area"]
        == "chiyoda"
    )
    found = client.get("/api/v1/contacts?phone=%2B81355550142").json()["results"]
    assert [row["id"] for row in found] == [contact["id"]]


@pytest.mark.parametrize(
    ("resource", "query", "count"),
    [
        ("customers", "q=aoki", 1),
        ("customers", "tier=key", 1),
        ("customers", "source=crm&external_id=7", 1),
        ("customers", "q=nobody", 0),
        ("contacts", "email=MARI@aoki.example", 1),
        ("sites", "q=uchikanda", 1),
        ("sites", "area=nowhere", 0),
        ("assets", "serial=A1", 1),
    ],
)
def test_filters(acme: Company, program: Program, resource: str, query: str, count: int) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer(source="crm", external_id="7", tier="key")
        make_customer(name="Baba")
        make_contact(customer)
        make_asset(make_site(customer), serial="A1")
    assert len(program(acme).get(f"/api/v1/{resource}?{query}").json()["results"]) == count


def test_a_known_external_id_is_a_conflict_that_names_it(acme: Company, program: Program) -> None:
    client = program(acme)
    body = {"name": "Aoki", "source": "crm", "external_id": "7"}
    first = client.post("/api/v1/customers", body, content_type=JSON).json()
    refused = client.post("/api/v1/customers", body, content_type=JSON)
    assert refused.status_code == 409
    assert refused.json()["facts"]["existing_id"] == first["id"]


def test_rivals_ids_do_not_exist(acme: Company, globex: Company, program: Program) -> None:
    with tenant_active(globex.tenant.pk):
        customer, site = make_customer(), make_site()
    client = program(acme)
    assert client.get(f"/api/v1/customers/{customer.pk}").status_code == 404
    assert client.patch(f"/api/v1/sites/{site.pk}", {"name": "x"}, content_type=JSON).status_code == 404
    refused = client.post("/api/v1/contacts", {"customer": customer.pk, "name": "x"}, content_type=JSON)
    assert refused.status_code == 400


def test_reading_needs_its_scope(acme: Company, program: Program) -> None:
    client = program(acme, Permission.CUSTOMER_VIEW)
    assert client.get("/api/v1/customers").status_code == 200
    assert client.post("/api/v1/customers", {"name": "x"}, content_type=JSON).status_code == 403
    assert program(acme, Permission.TICKET_VIEW).get("/api/v1/customers").status_code == 403


def test_lists_cost_the_same_for_every_length(acme: Company, program: Program) -> None:
    client = program(acme)
    costs = []
    for _ in range(3):
        with tenant_active(acme.tenant.pk):
            make_asset()
        one = []
        for resource in ("customers", "contacts", "sites", "assets"):
            client.get(f"/api/v1/{resource}")
            with CaptureQueriesContext(connection) as captured:
                client.get(f"/api/v1/{resource}")
            one.append(len(captured))
        costs.append(one)
    assert costs[0] == costs[1] == costs[2]


def test_an_address_typed_anew_is_one_of_a_person(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        contact = make_contact(email="root@intranet", phone="12")
    client, url = program(acme), f"/api/v1/contacts/{contact.pk}"
    for facts in ({"email": "a@b"}, {"phone": "abc"}):
        refused = client.patch(url, facts, content_type=JSON)
        assert refused.status_code == 400
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{next(iter(facts))}"]
    as_it_was = {"email": "root@intranet", "phone": "12", "role": "Janitor"}
    kept = client.patch(url, as_it_was, content_type=JSON)
    assert kept.status_code == 200 and kept.json()["email"] == "root@intranet"


def test_who_only_has_a_phone_prefers_it(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer()
    facts = {"customer": customer.pk, "name": "Cleo", "phone": "212 555 0142"}
    made = program(acme).post("/api/v1/contacts", facts, content_type=JSON)
    assert made.json()["prefers"] == "phone"
