"""Who did what, for people."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts import services as accounts
from accounts.enums import RoleCode
from accounts.models import Role
from journal import registry, services
from journal.models import AuditEntry, OutboxEvent
from journal.wording import FIELDS, VERBS, line_of
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person

SignIn = Callable[[Person], Client]
QUERIES_OF_UNDELIVERED = 8


def _read(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def _parked(company: Company, **facts: Any) -> OutboxEvent:
    with tenant_active(company.tenant.pk):
        return OutboxEvent.objects.create(
            **{"name": "tickets.TicketOpened", "payload": {}, "occurred_at": AT, "attempts": 8}
            | {"parked_at": AT, "last_error": "on_ticket_opened: RuntimeError: the pump is unknown"}
            | facts
        )


def test_a_fact_that_nobody_could_deal_with_is_shown_and_tried_again(
    acme: Company, signed_in: SignIn
) -> None:
    fact, client = _parked(acme), signed_in(acme.ada)
    text = _read(client, "/t/acme/settings/undelivered/")
    assert "the pump is unknown" in text
    retry = f"/t/acme/settings/undelivered/{fact.pk}/retry/"
    assert client.post(retry).status_code == 303
    assert "Everything was delivered" in _read(client, "/t/acme/settings/undelivered/")
    with tenant_active(acme.tenant.pk):
        fact.refresh_from_db()
        assert (fact.parked_at, fact.attempts) == (None, 0)
        assert AuditEntry.objects.filter(verb="retried", object_id=fact.pk).count() == 1
    assert client.post(retry).status_code == 409


def test_only_who_manages_the_company_may_try_again(acme: Company, signed_in: SignIn) -> None:
    fact = _parked(acme)
    client = signed_in(acme.dora)
    assert client.get("/t/acme/settings/undelivered/").status_code == 403
    assert client.post(f"/t/acme/settings/undelivered/{fact.pk}/retry/").status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_undelivered_facts_costs_the_same_for_every_length(
    acme: Company, signed_in: SignIn, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        _parked(acme)
    client = signed_in(acme.ada)
    client.get("/t/acme/settings/undelivered/")
    with django_assert_num_queries(QUERIES_OF_UNDELIVERED):
        client.get("/t/acme/settings/undelivered/")


@pytest.fixture
def moved(acme: Company) -> Person:
    """Dora was made a storekeeper by Ada."""
    with tenant_active(acme.tenant.pk):
        accounts.change_role(
            membership_id=acme.dora.membership.pk,
            role_code=RoleCode.STOREKEEPER,
            actor=acme.ada.actor,
            at=AT + timedelta(hours=1),
        )
    return acme.dora


def test_the_page_tells_who_did_what_and_what_changed(
    acme: Company, moved: Person, signed_in: SignIn
) -> None:
    text = _read(signed_in(acme.dirk), f"/t/acme/audit/accounts.membership/{moved.membership.pk}/")
    assert "Ada Admin" in text
    assert "changed" in text
    assert text.index("Dispatcher") < text.index("Storekeeper")
    assert "10:00" in text, "in the tenant's zone"


def test_filters_narrow_and_keep_their_choice(acme: Company, moved: Person, signed_in: SignIn) -> None:
    client = signed_in(acme.dirk)
    everything = _read(client, "/t/acme/audit/")
    assert everything.count("<li>") > 10
    by_ada = _read(client, "/t/acme/audit/?person=Ada+Admin&verb=changed&type=accounts.membership")
    assert by_ada.count("<li>") == 1
    assert '<option value="Ada Admin" selected>' in by_ada
    assert "Nothing like this was done" in _read(client, "/t/acme/audit/?person=Nobody")


def test_older_acts_follow_without_gap_or_repetition(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        role = Role.objects.earliest("id")
        for number in range(120):
            services.record(actor=Actor.system("x"), verb=f"n{number}", thing=role, at=AT)
        wanted = list(AuditEntry.objects.order_by("-id").values_list("pk", flat=True))
    client, seen, url = signed_in(acme.dirk), [], "/t/acme/audit/"
    while url:
        context: Any = client.get(url).context
        seen += [item["line"].entry.pk for item in context["lines"]]
        url = f"/t/acme/audit/?before={context['older']}" if context["older"] else ""
    assert seen == wanted


@pytest.mark.parametrize("rows", [1, 30])
def test_the_number_of_queries_does_not_grow(
    acme: Company, signed_in: SignIn, django_assert_num_queries: Any, rows: int
) -> None:
    with tenant_active(acme.tenant.pk):
        role = Role.objects.earliest("id")
        for _ in range(rows):
            services.record(actor=acme.ada.actor, verb="changed", thing=role, at=AT)
    client = signed_in(acme.dirk)
    client.get("/t/acme/audit/")
    with django_assert_num_queries(10):
        client.get("/t/acme/audit/")


def test_the_export_is_safe_in_a_spreadsheet(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        role = accounts.create_role(name="=cmd()", permissions=[], actor=acme.ada.actor, at=AT)
        services.record(actor=Actor.system("+1"), verb="changed", thing=role, at=AT, reason='@x, "y"\nz')
    answer = signed_in(acme.dirk).get("/t/acme/audit/?format=csv&type=accounts.role")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    latest = dict(zip(rows[0], rows[1], strict=True))
    assert latest["who"] == "'+1"
    assert latest["thing"] == "'=cmd()"
    assert latest["reason"] == '\'@x, "y"\nz'


@pytest.mark.parametrize("url", ["/t/acme/audit/", "/t/acme/audit/accounts.role/1/"])
def test_only_those_who_may_see_it(acme: Company, signed_in: SignIn, url: str) -> None:
    assert signed_in(acme.sora).get(url).status_code == 403
    assert signed_in(acme.tom).get(url).status_code == 403


def test_a_rivals_thing_looks_like_one_that_nobody_touched(
    acme: Company, globex: Company, signed_in: SignIn
) -> None:
    client = signed_in(acme.ada)
    rivals, nobodys = globex.greg.membership.pk, 987654321
    answers = [
        _read(client, f"/t/acme/audit/accounts.membership/{pk}/").replace(str(pk), "ID")
        for pk in (rivals, nobodys)
    ]
    first, second = ("".join(a.split('name="csrf-token"')[0]) for a in answers)
    assert first == second
    assert "Greg" not in answers[0]


@pytest.mark.parametrize("url", ["/t/acme/audit/no.such/1/", "/t/acme/audit/auth.user/1/"])
def test_unknown_kinds_of_things_are_not_found(acme: Company, signed_in: SignIn, url: str) -> None:
    assert signed_in(acme.ada).get(url).status_code == 404


def test_words_are_given_to_things_that_exist() -> None:
    models = {model._meta.label_lower for model in apps.get_models()}
    assert set(registry.known_things()) <= models


def test_codes_without_words_are_still_readable(in_acme: Company) -> None:
    role = Role.objects.earliest("id")
    services.record(
        actor=Actor.system("x"),
        verb="was_painted",
        thing=role,
        at=AT,
        changes={"paint_colour": ["red", None], "is_wet": True, "start_at": AT.isoformat(), "none": ""},
    )
    line = line_of(AuditEntry.objects.latest("id"))
    assert line.verb == "was painted"
    told = [(str(c.field), c.old, str(c.new)) for c in line.changes]
    assert told == [
        ("Is wet", None, "yes"),
        ("Start", None, "Mon 23 Nov 2026, 0:00"),
        ("Paint colour", "red", "–"),
    ]
    assert "was_painted" not in VERBS
    assert "paint_colour" not in FIELDS
