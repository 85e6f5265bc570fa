"""Parts and stock by REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Permission
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.inventory import make_part, make_stock, make_store

Program = Callable[..., Client]
API = "/api/v1"


@pytest.fixture
def erp(acme: Company, program: Program) -> Client:
    return program(acme)


@pytest.fixture
def shelf(acme: Company) -> dict[str, int]:
    with tenant_active(acme.tenant.pk):
        part, store, branch = make_part(code="G-17"), make_store(code="main"), make_store(code="east")
        make_stock(part, store, 5)
    return {"part": part.pk, "store": store.pk, "branch": branch.pk}


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"{API}/{path}", body, content_type="application/json")


def test_a_part_is_made_read_and_changed(erp: Client) -> None:
    made = post(erp, "parts", {"code": "4021-B", "name": "Igniter", "price_minor": 4800})
    assert made.status_code == 201
    url = f"{API}/parts/{made.json()['id']}"
    changed = erp.patch(url, {"price_minor": 5000}, content_type="application/json")
    assert changed.json()["price_minor"] == 5000
    assert erp.get(url + "/").json()["code"] == "4021-B"
    twice = post(erp, "parts", {"code": "4021-B", "name": "Again"})
    assert twice.status_code == 422
    assert erp.get(f"{API}/parts?code=4021-b").json()["results"][0]["id"] == made.json()["id"]


def test_stock_is_received_transferred_and_counted(erp: Client, shelf: dict[str, int]) -> None:
    order = {"part_id": shelf["part"], "location_id": shelf["store"], "quantity": "2", "key": "PO-1"}
    first = post(erp, "stock-levels/receive", order)
    assert first.status_code == 201
    assert post(erp, "stock-levels/receive", order).json() == first.json()
    moved = post(
        erp,
        "stock-levels/transfer",
        {
            "part_id": shelf["part"],
            "from_id": shelf["store"],
            "to_id": shelf["branch"],
            "quantity": "3",
            "key": "T-1",
        },
    )
    assert [row["quantity"] for row in moved.json()] == ["-3.000", "3.000"]
    count = {"part_id": shelf["part"], "location_id": shelf["store"], "counted": "4", "key": "C-1"}
    assert post(erp, "stock-levels/count", count).status_code == 204
    assert (
        post(erp, "stock-levels/count", {**count, "counted": "3", "key": "C-2"}).json()["quantity"]
        == "-1.000"
    )
    levels = erp.get(f"{API}/stock-levels?part_id={shelf['part']}").json()["results"]
    assert {row["location_code"]: row["on_hand"] for row in levels} == {"main": "3.000", "east": "3.000"}
    assert erp.get(f"{API}/stock-levels?is_low=true").json()["results"] == []
    assert len(erp.get(f"{API}/stock-locations").json()["results"]) == 2


def test_too_few_is_a_problem_with_facts(erp: Client, shelf: dict[str, int]) -> None:
    answer = post(
        erp,
        "stock-levels/transfer",
        {
            "part_id": shelf["part"],
            "from_id": shelf["store"],
            "to_id": shelf["branch"],
            "quantity": "6",
            "key": "T",
        },
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_stock")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["facts"]["on_hand"] == "5.000"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": "0"}, "/quantity"),
        ({"quantity": "x"}, "/quantity"),
        ({"key": ""}, "/key"),
        ({"part_id": 10**9}, "/part_id"),
    ],
)
def test_bad_values_are_pointed_at(
    erp: Client, shelf: dict[str, int], change: dict[str, Any], pointer: str
) -> None:
    order = {"part_id": shelf["part"], "location_id": shelf["store"], "quantity": "2", "key": "K", **change}
    answer = post(erp, "stock-levels/receive", order)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_scopes_are_needed(acme: Company, program: Program, shelf: dict[str, int]) -> None:
    reader = program(acme, Permission.STOCK_VIEW)
    assert reader.get(f"{API}/parts").status_code == 200
    assert post(reader, "parts", {"code": "X", "name": "X"}).status_code == 403
    assert program(acme, Permission.TICKET_VIEW).get(f"{API}/stock-levels").status_code == 403
    assert Client().get(f"{API}/parts").status_code == 401


def test_a_rivals_ids_do_not_exist(globex: Company, program: Program, shelf: dict[str, int]) -> None:
    rival = program(globex)
    assert rival.get(f"{API}/parts/{shelf['part']}").status_code == 404
    assert rival.get(f"{API}/stock-levels").json()["results"] == []
    order = {"part_id": shelf["part"], "location_id": shelf["store"], "quantity": "2", "key": "K"}
    answer = post(rival, "stock-levels/receive", order)
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/part_id", "/location_id"}


@pytest.mark.parametrize("path", ["parts", "stock-levels", "stock-locations"])
def test_lists_ask_the_same_number_of_questions_for_one_row_and_three(
    acme: Company, erp: Client, path: str
) -> None:
    counts = []
    for extra in (1, 2):
        with tenant_active(acme.tenant.pk):
            for _ in range(extra):
                make_stock(make_part(), make_store(), 1)
        erp.get(f"{API}/{path}")
        with CaptureQueriesContext(connection) as seen:
            assert erp.get(f"{API}/{path}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
