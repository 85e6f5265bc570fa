"""One act per key: double clicks, retries, lost answers, rivals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from accounts.models import Role
from customers.models import Customer
from journal.middleware import IdempotencyMiddleware
from journal.models import IdempotentAct
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.journal.facts import in_threads

SignIn = Callable[[Person], Client]
Program = Callable[..., Client]
URL = "/api/v1/customers/"


def _roles(company: Company) -> int:
    with tenant_active(company.tenant.pk):
        return Role.objects.filter(name="Night desk").count()


def _customers(company: Company) -> int:
    with tenant_active(company.tenant.pk):
        return Customer.objects.count()


def _post(client: Client, name: str, key: str) -> Any:
    return client.post(URL, {"name": name}, "application/json", headers={"Idempotency-Key": key})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("clicks", [2, 4])
def test_a_double_clicked_form_acts_once_and_goes_to_one_place(
    acme: Company, signed_in: SignIn, clicks: int
) -> None:
    client = signed_in(acme.ada)
    form = {"name": "Night desk", "permissions": ["ticket_view"], "idempotency_key": str(uuid4())}
    answers = in_threads(clicks, lambda: client.post("/t/acme/settings/roles/new/", form))
    assert {a.status_code for a in answers} == {303}
    assert len({a.headers["Location"] for a in answers}) == 1
    assert sum(a.headers.get("Idempotent-Replay") == "true" for a in answers) == clicks - 1
    assert _roles(acme) == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_key_both_clicks_act(acme: Company, signed_in: SignIn) -> None:
    """Negative control: the key is what protects, not the form."""
    client = signed_in(acme.ada)
    in_threads(2, lambda: client.post("/t/acme/settings/roles/new/", {"name": "Night desk"}))
    assert _roles(acme) == 2


def test_a_program_gets_the_first_answer_again(acme: Company, program: Program) -> None:
    client, key = program(acme), str(uuid4())
    first, second = _post(client, "Harbor Cold Storage", key), _post(client, "Harbor Cold Storage", key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotent-Replay" not in first.headers
    assert second.headers["Idempotent-Replay"] == "true"
    assert _customers(acme) == 1


def test_the_same_key_for_something_else_is_refused(acme: Company, program: Program) -> None:
    client, key = program(acme), str(uuid4())
    _post(client, "Harbor Cold Storage", key)
    refused = _post(client, "Gowanus Lofts", key)
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "key_reused"
    assert _customers(acme) == 1


def test_a_form_sent_again_with_other_words_is_refused(acme: Company, signed_in: SignIn) -> None:
    client, key = signed_in(acme.ada), str(uuid4())
    for name in ("Night desk", "Day desk"):
        answer = client.post("/t/acme/settings/roles/new/", {"name": name, "idempotency_key": key})
    assert answer.status_code == 422
    assert _roles(acme) == 1


def test_a_rivals_same_key_is_another_key(acme: Company, globex: Company, program: Program) -> None:
    key = str(uuid4())
    ours, theirs = _post(program(acme), "Ours", key), _post(program(globex), "Theirs", key)
    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert theirs.json()["name"] == "Theirs"


def test_another_persons_same_key_is_another_key(acme: Company, signed_in: SignIn) -> None:
    key = str(uuid4())
    for person in (acme.ada, acme.sora):
        form = {"name": "Key Hotel", "tier": "standard", "idempotency_key": key}
        signed_in(person).post("/t/acme/customers/new/", form)
    assert _customers(acme) == 2


def test_a_failed_first_try_may_be_repaired(acme: Company, program: Program) -> None:
    client, key = program(acme), str(uuid4())
    assert _post(client, "", key).status_code == 400
    assert _post(client, "Harbor Cold Storage", key).status_code == 201
    assert _customers(acme) == 1


def test_a_first_try_that_broke_leaves_nothing_and_may_be_repeated(
    acme: Company, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, key = program(acme), str(uuid4())
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("customers.services.records.journal.record", _break)
        assert _post(client, "Harbor Cold Storage", key).status_code == 500
    assert _customers(acme) == 0
    assert _post(client, "Harbor Cold Storage", key).status_code == 201


def _break(**_facts: Any) -> None:
    raise RuntimeError("the disk is full")


@pytest.mark.parametrize("key", ["x" * 5000, "a\x00b", "ключ", "鍵" * 300])
def test_any_key_will_do(acme: Company, signed_in: SignIn, key: str) -> None:
    client = signed_in(acme.ada)
    form = {"name": "Night desk", "idempotency_key": key}
    answers = [client.post("/t/acme/settings/roles/new/", form) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    assert _roles(acme) == 1


def test_long_keys_that_begin_alike_stay_apart(acme: Company, program: Program) -> None:
    client = program(acme)
    assert _post(client, "One", "k" * 300 + "1").status_code == 201
    assert _post(client, "Two", "k" * 300 + "2").json()["name"] == "Two"


def _through(answer: HttpResponse) -> tuple[Any, list[int]]:
    calls: list[int] = []

    def view(_request: HttpRequest) -> HttpResponse:
        calls.append(1)
        return answer

    return IdempotencyMiddleware(view), calls


def _request(**parts: Any) -> HttpRequest:
    return RequestFactory().post("/t/acme/x/", headers={"Idempotency-Key": "k"}, **parts)


@pytest.mark.parametrize("kind", ["large", "streaming"])
def test_an_answer_too_long_to_keep_is_not_an_act_that_repeats(in_acme: Company, kind: str) -> None:
    long: Any = HttpResponse(b"x" * 300_000) if kind == "large" else StreamingHttpResponse([b"x"])
    middleware, calls = _through(long)
    assert middleware(_request()).status_code == 200
    again = middleware(_request())
    assert again.status_code == 409
    assert b"already" in again.content
    assert len(calls) == 1


def test_another_file_of_the_same_size_is_other_input(in_acme: Company) -> None:
    middleware, calls = _through(HttpResponse(b"ok"))

    def send(content: bytes) -> int:
        return int(middleware(_request(data={"photo": SimpleUploadedFile("a.jpg", content)})).status_code)

    assert [send(b"one"), send(b"one"), send(b"two")] == [200, 200, 422]
    assert len(calls) == 1


def test_reading_needs_no_key_and_keeps_nothing(acme: Company, program: Program) -> None:
    answer = program(acme).get(URL, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 200
    with tenant_active(acme.tenant.pk):
        assert not IdempotentAct.objects.exists()


def test_answers_are_kept_as_they_were(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.ada)
    form = {"name": "Night desk", "idempotency_key": "k"}
    client.post("/t/acme/settings/roles/new/", form)
    with tenant_active(acme.tenant.pk):
        act = IdempotentAct.objects.get()
    assert act.headers["Location"] == "/t/acme/settings/roles/"
    assert "Set-Cookie" not in json.dumps(act.headers)
