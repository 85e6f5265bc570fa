"""Cursor pages of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(acme: Company, program: Callable[..., Client]) -> Client:
    with tenant_active(acme.tenant.pk):
        for number in range(5):
            make_customer(name=f"Customer {number}")
    return program(acme)


def read(api: Client, query: str = "") -> dict[str, Any]:
    response = api.get(f"/api/v1/customers{query}")
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def test_pages_follow_each_other_without_gap_or_repetition(api: Client) -> None:
    seen, query = [], "?limit=2"
    while query:
        page = read(api, query)
        seen += [row["id"] for row in page["results"]]
        assert page["has_more"] is (page["next"] is not None)
        query = f"?{page['next'].partition('?')[2]}" if page["next"] else ""
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


def test_a_page_stays_where_it_is_while_rows_arrive(api: Client, acme: Company) -> None:
    first = read(api, "?limit=2")
    with tenant_active(acme.tenant.pk):
        make_customer(name="Newcomer")
    second = read(api, f"?{first['next'].partition('?')[2]}")
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    assert "Newcomer" not in [row["name"] for row in second["results"]]


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "cD0xMjM%3D", "🦄", "a" * 5000])
def test_a_cursor_that_is_not_ours_is_refused_or_ignored_never_an_error(api: Client, cursor: str) -> None:
    assert api.get(f"/api/v1/customers?cursor={cursor}").status_code in {200, 400, 404}


def test_an_unknown_cursor_says_the_way_out(api: Client) -> None:
    response = api.get("/api/v1/customers?cursor=nonsense")
    assert response.status_code == 404
    assert "without it" in response.json()["detail"]


@pytest.mark.parametrize("limit", ["201", "100000", "0", "-1", "x", "", "9" * 60])
def test_an_odd_limit_is_brought_within_bounds(api: Client, limit: str) -> None:
    assert len(read(api, f"?limit={limit}")["results"]) == 5


def test_no_page_is_longer_than_the_most(api: Client, acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        for number in range(200):
            make_customer(name=f"More {number}")
    page = read(api, "?limit=1000")
    assert len(page["results"]) == 200
    assert page["has_more"] is True
