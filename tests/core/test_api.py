"""What every REST resource shares: problems, pages, names of requests. Customers stand for all."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.enums import Permission
from core import errors
from core.api.kinds import KINDS
from core.api.problems import CONTENT_TYPE
from customers import services as customers
from customers.models import Customer
from tenants.active import tenant_active
from tests.cast import AT, Company

Program = Callable[..., Client]
URL = "/api/v1/customers/"
CODES = {kind.code: kind for kind in KINDS}


def _problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, after checking what all refusals share."""
    assert answer.status_code == status, answer.content[:500]
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/api/v1/problems/#{code}"
    assert body["title"]
    assert body["detail"]
    assert CODES[code].status == status
    return body


def _post(client: Client, body: Any, kind: str = "application/json") -> Any:
    return client.post(URL, body if isinstance(body, str) else json.dumps(body), kind)


def _customers(company: Company, count: int) -> list[int]:
    with tenant_active(company.tenant.pk):
        return [
            customers.create_customer(name=f"C{n}", actor=next(iter(company.people.values())).actor, at=AT).pk
            for n in range(count)
        ]


@pytest.mark.parametrize("body", ["", "{", '{"name": }', "nonsense", '{"name": NaN}', "[" * 200_000])
def test_a_malformed_body(acme: Company, program: Program, body: str) -> None:
    code = "parse_error" if body else "invalid"
    _problem(_post(program(acme), body), 400, code)


def test_a_body_larger_than_the_server_reads(acme: Company, program: Program, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    body = _problem(_post(program(acme), "x" * (2**20 + 1)), 413, "too_large")
    assert "1 MB" in body["detail"]


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_json_that_is_no_object(acme: Company, program: Program, body: Any) -> None:
    _problem(program(acme).post(URL, json.dumps(body), "application/json"), 400, "invalid")


@pytest.mark.parametrize(
    "name", ["", "x" * 10_000, "a\x00b", "\ud800", None, ["x"], {"x": 1}], ids=lambda v: repr(v)[:12]
)
def test_a_value_that_cannot_be_used_is_pointed_at(acme: Company, program: Program, name: Any) -> None:
    body = _problem(_post(program(acme), {"name": name}), 400, "invalid")
    assert [error["pointer"] for error in body["errors"]] == ["/name"]
    assert body["errors"][0]["detail"]
    with tenant_active(acme.tenant.pk):
        assert not Customer.objects.exists()


def test_an_unreadable_content_type(acme: Company, program: Program) -> None:
    _problem(_post(program(acme), "<x/>", "application/xml"), 415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_method_that_the_address_does_not_know(acme: Company, program: Program, method: str) -> None:
    answer = getattr(program(acme), method)(URL)
    _problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_without_a_token(db: None) -> None:
    answer = Client().get(URL)
    _problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("secret", ["wrong", "fsm_" + "x" * 43, "\u00e9", ""])
def test_with_a_bad_token(db: None, secret: str) -> None:
    answer = Client(headers={"Authorization": f"Bearer {secret}"}).get(URL)
    _problem(answer, 401, "authentication_failed")


def test_a_session_is_no_token(acme: Company) -> None:
    client = Client()
    client.force_login(acme.ada.user)
    _problem(client.get(URL), 401, "not_authenticated")


def test_without_the_scope(acme: Company, program: Program) -> None:
    reader = program(acme, Permission.CUSTOMER_VIEW)
    assert reader.get(URL).status_code == 200
    body = _problem(_post(reader, {"name": "X"}), 403, "not_allowed")
    assert "customer_edit" in body["detail"]


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_rivals_id_answers_exactly_as_one_of_nobody(
    acme: Company, globex: Company, program: Program, method: str
) -> None:
    (rivals,) = _customers(globex, 1)
    client = program(acme)

    def ask(pk: int) -> Any:
        return getattr(client, method)(f"{URL}{pk}/", {"name": "x"}, content_type="application/json")

    answers = [ask(rivals), ask(987_654_321), ask(10**30)]
    for answer in answers:
        _problem(answer, 404, "not_found")
    assert len({answer.content for answer in answers}) == 1
    headers = [{k: v for k, v in a.headers.items() if k != "X-Request-Id"} for a in answers]
    assert headers[0] == headers[1] == headers[2]


@pytest.mark.parametrize("pk", [987_654_321, 10**30, -1, "x", True])
def test_a_foreign_id_in_a_body_answers_as_one_of_nobody(
    acme: Company, globex: Company, program: Program, pk: Any
) -> None:
    (rivals,) = _customers(globex, 1)

    def ask(customer: Any) -> dict[str, Any]:
        body = json.dumps({"customer": customer, "name": "x"})
        answer = program(acme).post("/api/v1/contacts/", body, "application/json")
        return _problem(answer, 400, "invalid")

    with_rivals, with_nobodys = ask(rivals), ask(pk)
    assert [e["pointer"] for e in with_rivals["errors"]] == ["/customer"]
    if isinstance(pk, int) and not isinstance(pk, bool):
        told = json.dumps(with_rivals).replace(f'\\"{rivals}\\"', "ID")
        assert told == json.dumps(with_nobodys).replace(f'\\"{pk}\\"', "ID")


def test_an_unknown_address_under_the_api(acme: Company, program: Program) -> None:
    _problem(program(acme).get("/api/v1/teapots/"), 404, "not_found")
    _problem(Client().get("/api/v1/teapots/"), 404, "not_found")


def test_both_spellings_of_an_address(acme: Company, program: Program) -> None:
    client = program(acme)
    assert client.get("/api/v1/customers").json() == client.get("/api/v1/customers/").json()


def test_what_breaks_says_so_without_a_trace(
    acme: Company, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(**_facts: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("customers.services.create_customer", break_down)
    client = program(acme)
    client.raise_request_exception = False
    answer = _post(client, {"name": "x"})
    _problem(answer, 500, "server_error")
    assert b"secret" not in answer.content


def test_pages_follow_without_gap_or_repetition_while_rows_arrive(acme: Company, program: Program) -> None:
    made = _customers(acme, 7)
    client, seen, url = program(acme), [], f"{URL}?limit=3"
    while url:
        page = client.get(url).json()
        assert page["has_more"] == (page["next"] is not None)
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
        _customers(acme, 1)
    assert seen == made[::-1]


def test_a_page_back_is_the_page_that_was(acme: Company, program: Program) -> None:
    _customers(acme, 5)
    client = program(acme)
    first = client.get(f"{URL}?limit=2").json()
    second = client.get(first["next"]).json()
    assert client.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [("?limit=1", 1), ("?limit=0", 3), ("?limit=-4", 3), ("?limit=x", 3), ("?limit=9999", 3)],
)
def test_any_limit_will_do(acme: Company, program: Program, query: str, rows: int) -> None:
    _customers(acme, 3)
    assert len(program(acme).get(URL + query).json()["results"]) == rows


@pytest.mark.parametrize("cursor", ["x", "bz0xMDAw%00", "%FF", "cD0x" * 500])
def test_a_cursor_that_is_not_ours(acme: Company, program: Program, cursor: str) -> None:
    answer = program(acme).get(f"{URL}?cursor={cursor}")
    assert answer.status_code in {200, 404}, "never our fault"
    if answer.status_code == 404:
        _problem(answer, 404, "not_found")


@pytest.mark.parametrize("query", ["?q=%00", "?tier=nonsense", "?created_at=never", "?unknown=1"])
def test_odd_filters_are_never_our_fault(acme: Company, program: Program, query: str) -> None:
    answer = program(acme).get(URL + query)
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        _problem(answer, 400, "invalid")


def test_every_answer_has_a_name_and_the_logs_have_it_too(
    acme: Company, program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (Client().get("/healthz").headers["X-Request-Id"] for _ in range(2))
    assert first != second
    kept = Client().get("/healthz", headers={"X-Request-Id": "proxy-12345678"})
    assert kept.headers["X-Request-Id"] == "proxy-12345678"
    forged = Client().get("/healthz", headers={"X-Request-Id": 'x"\n{"forged": 1}'})
    assert forged.headers["X-Request-Id"].isalnum()
    with caplog.at_level(logging.INFO):
        _post(program(acme), {"name": "canary-7f3a"})
    assert "canary-7f3a" not in caplog.text, "logs hold no bodies"


def test_every_code_of_a_refusal_is_explained(db: None) -> None:
    def kinds(of: type[errors.Refusal]) -> set[str]:
        return {of.code}.union(*(kinds(sub) for sub in of.__subclasses__()))

    assert kinds(errors.Refusal) <= set(CODES)
    text = Client().get("/api/v1/problems/").content.decode()
    assert all(f'id="{code}"' in text for code in CODES)


def test_the_description_names_every_resource(db: None) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    wanted = "tickets work-orders visits engineers skills customers contacts sites assets parts".split()  # noqa: SIM905
    wanted += ["stock-levels", "charges", "invoices", "responses"]
    assert {f"/api/v1/{name}" for name in wanted} <= {path.rstrip("/?") for path in document["paths"]}


def test_the_reference_shows_it_within_the_security_policy(page: Page, acme: Company) -> None:
    page.goto("/api/v1/docs/")
    page.get_by_role("link", name="work-orders", exact=True).click(timeout=30_000)
    expect(page.get_by_text("/api/v1/work-orders", exact=False).first).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Kinds of problems").click()
    expect(page.get_by_role("heading", name="Kinds of problems")).to_be_visible()
