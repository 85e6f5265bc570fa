"""Tickets over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Permission
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.customers import make_contact, make_site
from tests.factories.tickets import make_policy, make_ticket

Program = Callable[..., Client]
JSON = "application/json"


def test_open_read_answer_resolve_reopen(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        make_policy()
        site = make_site()
    client = program(acme)
    made = client.post(
        "/api/v1/tickets", {"subject": "No heat", "site": site.pk, "priority": 2}, content_type=JSON
    )
    assert made.status_code == 201
    body = made.json()
    assert (body["channel"], body["status"], body["customer"]) == ("api", "new", site.customer_id)
    assert {clock["kpi"] for clock in body["clocks"]} == {"first_response", "arrival", "resolution"}
    explained = client.get(f"/api/v1/tickets/{body['id']}").json()["clocks"][0]["explanation"]
    assert explained[0]["reason"] == "opened"
    url = f"/api/v1/tickets/{body['id']}"
    reply = client.post(f"{url}/reply", {"body": "We come."}, content_type=JSON)
    assert reply.status_code == 201
    after = client.get(url).json()
    assert after["status"] == "open"
    assert after["owner"] is not None, "a program's answer hands the ticket to the desk"
    assert (
        client.post(f"{url}/resolve/", {"resolution": "Fuse"}, content_type=JSON).json()["status"]
        == "resolved"
    )
    assert client.post(f"{url}/reopen", {"reason": "Again"}, content_type=JSON).json()["status"] == "reopened"


def test_waiting_and_what_cannot_be(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
    client = program(acme)
    url = f"/api/v1/tickets/{ticket.pk}"
    waits = client.post(f"{url}/wait", {"waiting_for": "customer"}, content_type=JSON).json()
    assert (waits["status"], waits["waiting_for"]) == ("waiting", "customer")
    assert client.post(f"{url}/continue", {}, content_type=JSON).json()["status"] == "open"
    refused = client.post(f"{url}/close", {}, content_type=JSON)
    assert refused.status_code == 409
    assert refused.json()["code"] == "illegal_transition"
    assert client.post(f"{url}/wait", {"waiting_for": "godot"}, content_type=JSON).status_code == 400


def test_triage_corrects(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        ticket, contact = make_ticket(), make_contact()
    changed = program(acme).patch(
        f"/api/v1/tickets/{ticket.pk}", {"priority": 1, "contact": contact.pk}, content_type=JSON
    )
    assert (changed.json()["priority"], changed.json()["customer"]) == (1, contact.customer_id)


@pytest.mark.parametrize(
    "query", ["q=紙づまり", "status=new", "channel=web", "priority=1", "source=crm", "external_id=9"]
)
def test_filters_narrow(acme: Company, program: Program, query: str) -> None:
    with tenant_active(acme.tenant.pk):
        make_ticket(channel="phone", actor=acme.sora.actor)
        make_ticket(subject="紙づまり", channel="web", priority=1, source="crm", external_id="9")
    found = program(acme).get(f"/api/v1/tickets?{query}").json()["results"]
    assert [row["subject"] for row in found] == ["紙づまり"]


def test_a_rivals_ids_do_not_exist(acme: Company, globex: Company, program: Program) -> None:
    with tenant_active(globex.tenant.pk):
        ticket, site = make_ticket(), make_site()
    client = program(acme)
    assert client.get(f"/api/v1/tickets/{ticket.pk}").status_code == 404
    assert (
        client.post(f"/api/v1/tickets/{ticket.pk}/reply", {"body": "x"}, content_type=JSON).status_code == 404
    )
    refused = client.post("/api/v1/tickets", {"subject": "x", "site": site.pk}, content_type=JSON)
    assert refused.status_code == 400
    assert program(globex).get(f"/api/v1/tickets/{ticket.pk}").status_code == 200


def test_a_token_needs_its_scope(acme: Company, program: Program) -> None:
    client = program(acme, Permission.TICKET_VIEW)
    assert client.get("/api/v1/tickets").status_code == 200
    assert client.post("/api/v1/tickets", {"subject": "x"}, content_type=JSON).status_code == 403


def test_bad_json_and_over_long_text(acme: Company, program: Program) -> None:
    client = program(acme)
    assert client.post("/api/v1/tickets", "{", content_type=JSON).status_code == 400
    long = client.post("/api/v1/tickets", {"subject": "x" * 400}, content_type=JSON)
    assert long.json()["errors"][0]["pointer"] == "/subject"


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_for_every_length(
    acme: Company, program: Program, django_assert_num_queries: Any, rows: int
) -> None:
    client = program(acme)
    with tenant_active(acme.tenant.pk):
        make_policy()
        for _ in range(rows):
            make_ticket(contact_id=make_contact().pk)
    client.get("/api/v1/tickets")
    with django_assert_num_queries(3):
        assert len(client.get("/api/v1/tickets").json()["results"]) == rows
