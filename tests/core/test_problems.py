"""Errors of the API are problem+json with the way out; nothing a program sends becomes a 500."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.enums import Permission
from customers.models import Customer
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.customers import make_customer, make_site
from tests.routes import Route, all_routes
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
Program = Callable[..., Client]


@pytest.fixture
def api(acme: Company, program: Program) -> Client:
    """A program of Acme that may do everything."""
    return program(acme)


def send(client: Client, method: str, path: str, body: object, **headers: str) -> HttpResponse:
    text = body if isinstance(body, str) else json.dumps(body)
    send_it = getattr(client, method)
    return send_it(path, text, content_type="application/json", headers=headers)  # type: ignore[no-any-return]


def problem_of(response: Any, status: int, code: str) -> dict[str, Any]:
    """The body, after checking what every problem has."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"].endswith(f"#{code}")
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("text", ['{"subject": ', "[1, 2", "no json at all", '{"subject": "\\ud800"', "\x00"])
def test_malformed_json_is_a_bad_request(api: Client, text: str) -> None:
    body = problem_of(send(api, "post", "/api/v1/tickets", text), 400, "parse_error")
    assert "JSON" in body["detail"]


@pytest.mark.parametrize("body", [[], [{"subject": "x"}], "text", 7, None, True])
def test_json_that_is_no_object_is_refused(api: Client, body: object) -> None:
    assert send(api, "post", "/api/v1/tickets", body).status_code == 400


def test_another_media_type_is_refused(api: Client) -> None:
    response = api.post("/api/v1/tickets", "<ticket/>", content_type="application/xml")
    problem_of(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_wrong_method_says_which_are_right(api: Client, method: str) -> None:
    response = send(api, method, "/api/v1/tickets", {})
    problem_of(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= {part.strip() for part in response.headers["Allow"].split(",")}


def test_a_rivals_id_answers_as_an_unknown_one(api: Client, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make_customer().pk
    rival = problem_of(api.get(f"/api/v1/customers/{theirs}"), 404, "not_found")
    unknown = problem_of(api.get("/api/v1/customers/987654321"), 404, "not_found")
    assert rival == unknown


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999", "9223372036854775808"])
def test_an_id_beyond_every_number_is_not_found(api: Client, pk: str) -> None:
    problem_of(api.get(f"/api/v1/tickets/{pk}"), 404, "not_found")


def test_an_unknown_path_is_not_found(api: Client) -> None:
    problem_of(api.get("/api/v1/unicorns"), 404, "not_found")


def test_overlong_text_names_its_field(api: Client) -> None:
    body = problem_of(send(api, "post", "/api/v1/tickets", {"subject": "x" * 301}), 400, "invalid")
    assert [(error["pointer"], error["code"]) for error in body["errors"]] == [("/subject", "max_length")]


def test_every_wrong_field_is_named_at_once(api: Client) -> None:
    body = problem_of(send(api, "post", "/api/v1/tickets", {"priority": 9, "site": "x"}), 400, "invalid")
    assert {error["pointer"] for error in body["errors"]} == {"/subject", "/priority", "/site"}


def test_a_rivals_id_in_a_body_does_not_exist(api: Client, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make_site().pk
    answers = [
        problem_of(send(api, "post", "/api/v1/tickets", {"subject": "x", "site": pk}), 400, "invalid")
        for pk in (theirs, 987_654_321)
    ]
    assert [a["errors"][0]["code"] for a in answers] == ["does_not_exist"] * 2
    texts = [answer["errors"][0]["detail"] for answer in answers]
    assert texts[0].replace(str(theirs), "?") == texts[1].replace("987654321", "?")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer fsm_unknown"}, {"Authorization": "Basic x"}]
)
def test_without_a_good_token_the_answer_says_how_to_get_one(acme: Company, headers: dict[str, str]) -> None:
    response = Client(headers=headers).get("/api/v1/tickets")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "oken" in response.json()["detail"]


def test_a_token_without_the_scope_is_told_which(acme: Company, program: Program) -> None:
    reader = program(acme, Permission.CUSTOMER_VIEW)
    body = problem_of(reader.get("/api/v1/tickets"), 403, "not_allowed")
    assert "See tickets" in body["detail"] or "ticket_view" in body["detail"]
    problem_of(send(reader, "post", "/api/v1/customers", {"name": "x"}), 403, "not_allowed")


def test_the_same_key_gives_the_same_answer_and_acts_once(api: Client, acme: Company) -> None:
    key = {"Idempotency-Key": "one"}
    first = send(api, "post", "/api/v1/customers", {"name": "Sato"}, **key)
    again = send(api, "post", "/api/v1/customers", {"name": "Sato"}, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotent-Replay"] == "true"
    problem_of(send(api, "post", "/api/v1/customers", {"name": "Suzuki"}, **key), 422, "key_reused")
    with tenant_active(acme.tenant.pk):
        assert Customer.objects.filter(name__in=["Sato", "Suzuki"]).count() == 1


def test_a_refused_act_leaves_its_key_free(api: Client) -> None:
    key = {"Idempotency-Key": "two"}
    assert send(api, "post", "/api/v1/customers", {"name": ""}, **key).status_code == 400
    assert send(api, "post", "/api/v1/customers", {"name": "Sato"}, **key).status_code == 201


POSTS = [
    (route, method)
    for route in all_routes()
    if route.door == "api" and not route.slots and hasattr(route.callback, "actions")
    for method in route.methods
    if method == "post"
]


@pytest.mark.parametrize(("route", "method"), POSTS, ids=str)
def test_odd_bodies_never_break_anything(route: Route, method: str, api: Client) -> None:
    """NUL bytes, lone surrogates, endless digits and wrong types in every field that the document names."""
    path = route.path("acme")
    odd: Any
    for odd in ("a\x00b", "\ud800", "9" * 400, -(10**30), 1e308, [], {}, None, True):
        body = dict.fromkeys(_fields(route), odd)
        response = send(api, "post", path, body)
        assert response.status_code < 500, (odd, response.content)


def _fields(route: Route) -> list[str]:
    names: set[str] = set()
    for part in ("name", "subject", "code", "description", "quantity", "counted", "key", "reason", "source"):
        names.add(part)
    names |= {
        "customer",
        "site",
        "part_id",
        "location_id",
        "from_id",
        "to_id",
        "work_order",
        "visit",
        "score",
    }
    names |= {"engineer", "start_at", "end_at", "email", "phone", "latitude", "serial", "price_minor", "unit"}
    return sorted(names)


def test_nul_bytes_are_taken_out_or_refused_never_stored(api: Client, acme: Company) -> None:
    response = send(api, "post", "/api/v1/tickets", {"subject": "a\x00b"})
    assert response.status_code in {201, 400}
    with tenant_active(acme.tenant.pk):
        assert not [t for t in Ticket.objects.all() if "\x00" in t.subject]
