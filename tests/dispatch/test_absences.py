"""Absences, customers' engineers and capacity by page and API: what they touch is told first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from dispatch.models import EngineerPreference
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.dispatch import make_visit
from tests.factories.workforce import make_engineer, make_skill, make_territory
from workforce.models import Absence, CapacityRule, Engineer

SignIn = Callable[[Person], Client]
T = "/t/acme/"
DAY = date(2040, 3, 5)
NINE = datetime(2040, 3, 5, 0, tzinfo=UTC)
"""Nine in the morning in Tokyo."""


@pytest.fixture
def tom(acme: Company) -> Engineer:
    with tenant_active(acme.tenant.pk):
        return make_engineer("Tom Lane")


def test_whole_days_are_those_of_the_engineers_zone(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    dora = signed_in(acme.dora)
    new = f"{T}engineers/{tom.pk}/absences/new/"
    assert dora.get(new).status_code == 200
    made = dora.post(new, {"first_on": "2040-03-05", "last_on": "2040-03-06", "reason": "Training"})
    assert made.status_code == 303
    with tenant_active(acme.tenant.pk):
        absence = Absence.objects.get()
        assert (absence.start_at, absence.end_at) == (
            datetime(2040, 3, 4, 15, tzinfo=UTC),
            datetime(2040, 3, 6, 15, tzinfo=UTC),
        )
    one = f"{T}engineers/{tom.pk}/absences/{absence.pk}/"
    page = dora.get(one).content.decode()
    assert 'value="2040-03-06"' in page and 'name="starts" value' not in page
    assert dora.post(one, {"first_on": "2040-03-05", "starts": "13:00", "ends": "15:00"}).status_code == 303
    with tenant_active(acme.tenant.pk):
        absence.refresh_from_db()
        assert absence.end_at - absence.start_at == timedelta(hours=2)
    assert 'value="13:00"' in dora.get(one).content.decode()
    assert dora.get(f"{T}engineers/{tom.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"first_on": "2040-03-05", "last_on": "2040-03-04"}, "later than the start"),
        ({"first_on": "2040-03-05", "starts": "13:00", "ends": "12:00"}, "later than the start"),
        ({"first_on": "soon"}, "“First day” is not a day"),
    ],
)
def test_what_cannot_be_is_shown_again(
    acme: Company, signed_in: SignIn, tom: Engineer, body: dict[str, str], why: str
) -> None:
    answer = signed_in(acme.dora).post(f"{T}engineers/{tom.pk}/absences/new/", body)
    assert answer.status_code == 422 and why in answer.content.decode()


def test_an_overlap_names_the_other_absence(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    dora, new = signed_in(acme.dora), f"{T}engineers/{tom.pk}/absences/new/"
    assert dora.post(new, {"first_on": f"{DAY}"}).status_code == 303
    again = dora.post(new, {"first_on": f"{DAY}", "starts": "9:00"})
    assert again.status_code == 422 and "Tom Lane is absent from" in again.content.decode()


def test_planned_visits_are_told_before_and_listed_after(
    acme: Company, signed_in: SignIn, tom: Engineer
) -> None:
    with tenant_active(acme.tenant.pk):
        first = make_visit(NINE, engineer=tom)
        make_visit(NINE - timedelta(days=1), engineer=tom)
        make_visit(NINE, engineer=make_engineer())
    dora, new = signed_in(acme.dora), f"{T}engineers/{tom.pk}/absences/new/"
    asked = dora.post(new, {"first_on": f"{DAY}"})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "1 visit is planned in this time" in page and str(first.work_order) in page
    with tenant_active(acme.tenant.pk):
        assert not Absence.objects.exists()
        second = make_visit(NINE + timedelta(hours=2), engineer=tom)
    more = dora.post(new, {"first_on": f"{DAY}", "seen": f"{first.pk}"})
    assert "2 visits are planned in this time" in more.content.decode()
    saved = dora.post(new, {"first_on": f"{DAY}", "seen": f"{first.pk},{second.pk}"})
    assert saved.status_code == 303
    listed = dora.get(saved["Location"]).content.decode()
    assert "2 visits to plan anew" in listed
    assert f"?day=2040-03-05&amp;work_order={first.work_order_id}" in listed


def test_an_absence_of_somebody_else_is_not_here(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    with tenant_active(acme.tenant.pk):
        other = make_engineer()
        absence = Absence.objects.create(engineer=tom, start_at=NINE, end_at=NINE + timedelta(hours=1))
    dora = signed_in(acme.dora)
    assert dora.get(f"{T}engineers/{other.pk}/absences/{absence.pk}/").status_code == 404
    assert signed_in(acme.sora).get(f"{T}engineers/{tom.pk}/absences/new/").status_code == 403


def test_a_customer_has_own_engineers(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    with tenant_active(acme.tenant.pk):
        customer = Customer.objects.create(name="Sato Ltd")
    dora, page = signed_in(acme.dora), f"{T}customers/{customer.pk}/engineers/"
    assert "Nobody is preferred" in dora.get(page, HTTP_HX_REQUEST="true").content.decode()
    body = {"engineer": tom.pk, "liking": "preferred", "reason": "knows the roof"}
    assert dora.post(page, body).status_code == 303
    assert dora.post(page, {**body, "liking": "x"}).status_code == 422
    assert "knows the roof" in dora.get(page).content.decode()
    with tenant_active(acme.tenant.pk):
        row = EngineerPreference.objects.get()
    assert signed_in(acme.sora).get(page).status_code == 200
    assert signed_in(acme.sora).post(page, body).status_code == 403
    assert dora.post(f"{T}customers/{customer.pk}/preferences/{row.pk}/remove/").status_code == 303
    with tenant_active(acme.tenant.pk):
        assert not EngineerPreference.objects.exists()


def test_preferences_by_the_api(acme: Company, program: Callable[..., Client], tom: Engineer) -> None:
    with tenant_active(acme.tenant.pk):
        customer = Customer.objects.create(name="Sato Ltd")
    api: Any = program(acme)
    body = {"customer": customer.pk, "engineer": tom.pk, "liking": "excluded"}
    made = api.post("/api/v1/engineer-preferences", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert api.delete(f"/api/v1/engineer-preferences/{made.json()['id']}").status_code == 204
    assert api.get("/api/v1/engineer-preferences").json()["results"] == []


def test_the_capacity_page_and_its_rules(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        north, gas = make_territory("North"), make_skill("gas")
        make_visit(NINE + timedelta(hours=1), engineer=make_engineer(territories=[north]))
    dora, page = signed_in(acme.dora), f"{T}capacity/"
    assert "No rule: everything may be planned" in dora.get(page).content.decode()
    new = f"{T}capacity-rules/new/"
    body = {"territory": north.pk, "reserve_percent": "20", "up_to_priority": "2", "released_hours": "4"}
    assert dora.post(new, {**body, "reserve_percent": "0"}).status_code == 422
    assert dora.post(new, body).status_code == 303
    assert dora.post(new, body).status_code == 422
    with tenant_active(acme.tenant.pk):
        rule = CapacityRule.objects.get()
    shown = dora.get(f"{page}?day=2040-03-05").content.decode()
    assert "Whole company" in shown and "11 % planned" in shown and "20 %" in shown
    assert dora.get(f"{page}?skill={gas.pk}&day=x").status_code == 200
    one = f"{T}capacity-rules/{rule.pk}/"
    assert dora.get(one).status_code == 200
    assert dora.post(one, {**body, "weekday": "0", "max_minutes": "300"}).status_code == 303
    assert "Monday" in dora.get(page).content.decode()
    assert signed_in(acme.sora).get(page).status_code == 200
    assert signed_in(acme.sora).get(one).status_code == 403
    assert dora.post(f"{one}remove/").status_code == 303


def test_capacity_by_the_api(acme: Company, program: Callable[..., Client]) -> None:
    with tenant_active(acme.tenant.pk):
        north = make_territory("North")
        make_visit(NINE, engineer=make_engineer(territories=[north]), travel_minutes=30)
    api: Any = program(acme)
    found = api.get(f"/api/v1/capacity?day=2040-03-05&days=2&territory={north.pk}").json()
    assert [(row["territory"], row["day"]) for row in found] == [
        (None, "2040-03-05"),
        (None, "2040-03-06"),
        (north.pk, "2040-03-05"),
        (north.pk, "2040-03-06"),
    ]
    assert (found[2]["working"], found[2]["planned"], found[2]["free"]) == (540, 90, 450)
    assert api.get("/api/v1/capacity?days=99").status_code in (400, 422)
    assert api.get("/api/v1/capacity").status_code == 200
