"""REST: charges and invoices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Permission
from billing.models import Charge, Invoice
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories import billing as make

Program = Callable[..., Client]
JSON = "application/json"


def test_charges_are_listed_filtered_and_changed(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make.make_priced_visit()
        make.make_priced_visit()
        charge = Charge.objects.get(visit=visit)
    client = program(acme)

    (one,) = client.get(f"/api/v1/charges?work_order={visit.work_order_id}").json()["results"]
    assert (one["kind"], one["quantity"], one["amount_minor"]) == ("labour", "1.500", 27000)
    assert [step["code"] for step in one["explanation"]] == ["measured", "rounded", "list_price"]
    assert client.get("/api/v1/charges?is_blocked=true").json()["results"] == []
    path = f"/api/v1/charges/{charge.pk}/"
    changed = client.patch(path, {"unit_price_minor": 0, "reason": "Goodwill"}, content_type=JSON)
    assert (changed.status_code, changed.json()["amount_minor"]) == (200, 0)
    assert client.patch(path, {"unit_price_minor": 0}, content_type=JSON).status_code == 400


def test_read_only_values_stay(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        charge = Charge.objects.get(visit=make.make_priced_visit())
    body = {"reason": "x", "amount_minor": 1, "currency": "USD", "key": "mine", "tenant": 1, "blocked_by": ""}
    program(acme).patch(f"/api/v1/charges/{charge.pk}/", body, content_type=JSON)
    with tenant_active(acme.tenant.pk):
        after = Charge.objects.get()
    assert (after.amount_minor, after.currency, after.key) == (27000, "JPY", charge.key)


def test_an_invoice_is_issued_paid_and_reversed(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make.make_priced_visit()
    client = program(acme)

    issued = client.post("/api/v1/invoices", {"work_order": visit.work_order_id}, content_type=JSON)
    assert issued.status_code == 201
    body = issued.json()
    assert (body["number"], body["total_minor"], body["lines"][0]["amount_minor"]) == (1, 29700, 27000)
    assert body["taxes"] == [{"rate_percent": "10.00", "net_minor": 27000, "tax_minor": 2700}]
    again = client.post("/api/v1/invoices", {"work_order": visit.work_order_id}, content_type=JSON)
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    path = f"/api/v1/invoices/{body['id']}"
    money = {"amount_minor": 9700, "received_on": make.today(acme)}
    assert client.post(f"{path}/payments/", money, content_type=JSON).json()["paid_minor"] == 9700
    over = client.post(f"{path}/payments/", {**money, "amount_minor": 20001}, content_type=JSON)
    assert over.status_code == 422 and "¥20,000" in over.json()["detail"]
    back = client.post(f"{path}/reverse/", {"reason": "Wrong branch"}, content_type=JSON)
    assert (back.status_code, back.json()["status"]) == (200, "reversed")


@pytest.mark.parametrize(
    ("scopes", "path", "body"),
    [
        ([Permission.SETTLEMENT_VIEW], "invoices/", {"work_order": 1}),
        ([Permission.SETTLEMENT_VIEW, Permission.INVOICE_ISSUE], "invoices/1/payments/", {}),
        ([Permission.SETTLEMENT_VIEW, Permission.PAYMENT_RECORD], "invoices/1/reverse/", {}),
    ],
)
def test_every_act_needs_its_scope(
    acme: Company, program: Program, scopes: list[Permission], path: str, body: dict[str, Any]
) -> None:
    answer = program(acme, *scopes).post(f"/api/v1/{path}", body, content_type=JSON)
    assert answer.status_code == 403


def test_a_rivals_things_do_not_exist(acme: Company, globex: Company, program: Program) -> None:
    with tenant_active(globex.tenant.pk):
        invoice = make.make_invoice()
        visit = make.make_priced_visit()
        charge = Charge.objects.get(visit=visit)
    client = program(acme)

    assert client.get(f"/api/v1/invoices/{invoice.pk}").status_code == 404
    assert (
        client.post(f"/api/v1/invoices/{invoice.pk}/reverse", {"reason": "x"}, content_type=JSON).status_code
        == 404
    )
    assert client.patch(f"/api/v1/charges/{charge.pk}", {"reason": "x"}, content_type=JSON).status_code == 404
    answer = client.post("/api/v1/invoices/", {"work_order": visit.work_order_id}, content_type=JSON)
    assert answer.status_code == 400 and "does not exist" in answer.content.decode()
    with tenant_active(globex.tenant.pk):
        assert Invoice.objects.count() == 1


@pytest.mark.parametrize("query", ["status=nope", "due_before=x", "customer=abc"])
def test_a_filter_that_makes_no_sense_is_named(acme: Company, program: Program, query: str) -> None:
    answer = program(acme).get(f"/api/v1/invoices?{query}")
    assert answer.status_code == 400 and query.partition("=")[0] in answer.content.decode()


@pytest.mark.parametrize(("path", "queries"), [("charges", 2), ("invoices", 4)])
@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_rows(
    acme: Company, program: Program, django_assert_num_queries: Any, *, path: str, queries: int, rows: int
) -> None:
    with tenant_active(acme.tenant.pk):
        for _ in range(rows):
            make.make_invoice()
    client = program(acme)
    client.get(f"/api/v1/{path}")
    with django_assert_num_queries(queries):
        client.get(f"/api/v1/{path}")
