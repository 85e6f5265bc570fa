"""REST: ratings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Permission
from feedback.models import Response
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.billing import make_visit
from tests.factories.feedback import make_response

Program = Callable[..., Client]


def test_ratings_are_listed_and_filtered(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        low = make_response(score=2)
        make_response(score=5)
    client = program(acme, Permission.RESPONSE_VIEW)

    assert len(client.get("/api/v1/responses/").json()["results"]) == 2
    (one,) = client.get("/api/v1/responses?score_at_most=2").json()["results"]
    assert (one["id"], one["visit"], one["score"]) == (low.pk, low.visit_id, 2)
    assert client.get(f"/api/v1/responses/{low.pk}").json()["flags"] == []


def test_a_rating_is_taken_down_for_a_customer(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    client = program(acme, Permission.RESPONSE_VIEW, Permission.RESPONSE_RECORD)

    answer = client.post(
        "/api/v1/responses/",
        {"visit": visit.pk, "score": 4, "reasons": ["fixed"]},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["reasons"]) == (201, ["fixed"])


def test_it_needs_the_scope(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    client = program(acme, Permission.RESPONSE_VIEW)
    body = {"visit": visit.pk, "score": 4}
    assert client.post("/api/v1/responses/", body, content_type="application/json").status_code == 403


@pytest.mark.parametrize("body", [{"score": 6}, {"score": "x"}, {}, {"score": 3, "reasons": ["free text"]}])
def test_bad_input_is_named(acme: Company, program: Program, body: dict[str, Any]) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    answer = program(acme).post(
        "/api/v1/responses/", {"visit": visit.pk, **body}, content_type="application/json"
    )
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"


def test_a_rivals_visit_does_not_exist(acme: Company, globex: Company, program: Program) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make_response()
        visit = make_visit()
    client = program(acme)

    assert client.get(f"/api/v1/responses/{theirs.pk}").status_code == 404
    answer = client.post(
        "/api/v1/responses/", {"visit": visit.pk, "score": 1}, content_type="application/json"
    )
    assert answer.status_code == 400 and "does not exist" in answer.content.decode()
    with tenant_active(globex.tenant.pk):
        assert Response.objects.count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_rows(
    acme: Company, program: Program, rows: int, django_assert_num_queries: Any
) -> None:
    with tenant_active(acme.tenant.pk):
        for _ in range(rows):
            make_response()
    client = program(acme)
    client.get("/api/v1/responses/")
    with django_assert_num_queries(2):
        client.get("/api/v1/responses/")
