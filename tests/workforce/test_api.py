"""Engineers' time, providers, crews and capacity rules by the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Permission
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.workforce import make_engineer, make_skill, make_territory
from workforce.models import Absence, CapacityRule, EngineerPair, ExtraShift, ShiftBreak

V1 = "/api/v1/"
Ask = Callable[[str, str, dict[str, Any]], Any]


@pytest.fixture
def ask(acme: Company, program: Callable[..., Client]) -> Ask:
    api = program(acme)
    return lambda method, path, body: getattr(api, method)(V1 + path, body, content_type="application/json")


def test_shifts_come_with_their_breaks(acme: Company, ask: Ask) -> None:
    lunch = {"earliest": "11:30:00", "latest": "13:00:00", "minutes": 45}
    shift = {"weekday": 0, "starts": "09:00:00", "ends": "18:00:00", "breaks": [lunch]}
    made = ask("post", "engineers", {"name": "Tom", "shifts": [shift], "hour_cost_minor": 4200})
    assert made.status_code == 201, made.content
    assert made.json()["shifts"] == [shift]
    assert made.json()["hour_cost_minor"] == 4200
    wrong = {**shift, "breaks": [{**lunch, "latest": "17:45:00"}]}
    refused = ask("patch", f"engineers/{made.json()['id']}", {"shifts": [wrong]})
    assert refused.status_code == 422 and "not within" in refused.json()["detail"]
    with tenant_active(acme.tenant.pk):
        assert ShiftBreak.objects.count() == 1


def test_certificates_have_numbers(acme: Company, ask: Ask) -> None:
    with tenant_active(acme.tenant.pk):
        gas, tom = make_skill("gas"), make_engineer("Tom")
    held = {"skill": gas.pk, "level": 3, "certificate": "G-17", "expires_on": "2027-03-31"}
    changed = ask("patch", f"engineers/{tom.pk}", {"skills": [held]})
    assert changed.json()["skills"] == [{**held, "code": "gas"}]


def test_costs_are_told_to_who_may_change_engineers(acme: Company, program: Callable[..., Client]) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom")
    told = program(acme, Permission.WORKFORCE_VIEW).get(f"{V1}engineers").json()["results"][0]
    assert "hour_cost_minor" not in told and told["name"] == "Tom"


def test_absences_are_made_changed_and_taken_back(acme: Company, ask: Ask) -> None:
    with tenant_active(acme.tenant.pk):
        tom = make_engineer("Tom")
    body = {"engineer": tom.pk, "start_at": "2027-01-04T00:00:00Z", "end_at": "2027-01-05T00:00:00Z"}
    made = ask("post", "absences", body)
    assert made.status_code == 201, made.content
    assert ask("post", "absences", body).status_code == 409
    one = f"absences/{made.json()['id']}"
    changed = ask("patch", one, {"end_at": "2027-01-06T00:00:00Z", "reason": "ill"})
    assert changed.json() == {**made.json(), "end_at": "2027-01-06T00:00:00Z", "reason": "ill"}
    assert ask("patch", one, {"end_at": "2027-01-01T00:00:00Z"}).status_code == 422
    assert ask("delete", one, {}).status_code == 204
    assert ask("delete", one, {}).status_code == 404
    with tenant_active(acme.tenant.pk):
        assert not Absence.objects.exists()


def test_extra_shifts_and_pairs(acme: Company, ask: Ask) -> None:
    with tenant_active(acme.tenant.pk):
        tom, ben = make_engineer("Tom"), make_engineer("Ben")
    extra = ask(
        "post",
        "extra-shifts",
        {"engineer": tom.pk, "start_at": "2027-01-04T00:00:00Z", "end_at": "2027-01-04T04:00:00Z"},
    )
    assert extra.status_code == 201, extra.content
    pair = ask("post", "engineer-pairs", {"engineer": ben.pk, "colleague": tom.pk, "liking": "preferred"})
    assert (pair.json()["engineer"], pair.json()["colleague"]) == (tom.pk, ben.pk)
    assert ask("delete", f"extra-shifts/{extra.json()['id']}", {}).status_code == 204
    assert ask("delete", f"engineer-pairs/{pair.json()['id']}", {}).status_code == 204
    with tenant_active(acme.tenant.pk):
        assert not ExtraShift.objects.exists() and not EngineerPair.objects.exists()


def test_providers_and_crews(acme: Company, ask: Ask) -> None:
    with tenant_active(acme.tenant.pk):
        gas, tom, ben = make_skill("gas"), make_engineer("Tom"), make_engineer("Ben")
    made = ask("post", "providers", {"code": "partner", "name": "Partner", "skills": [gas.pk]})
    assert made.status_code == 201, made.content
    provider = made.json()
    assert (provider["skills"], provider["territories"], provider["accept_minutes"]) == ([gas.pk], [], 30)
    changed = ask("patch", f"providers/{provider['id']}", {"skills": [], "visits_a_day": 5})
    assert (changed.json()["skills"], changed.json()["visits_a_day"]) == ([], 5)
    joined = ask("patch", f"engineers/{tom.pk}", {"provider": provider["id"]})
    assert joined.json()["provider"] == provider["id"]
    crew = ask("post", "crews", {"code": "lift", "name": "Lift", "members": [tom.pk, ben.pk], "lead": ben.pk})
    assert crew.status_code == 201, crew.content
    assert (crew.json()["members"], crew.json()["lead"]) == ([ben.pk, tom.pk], ben.pk)
    alone = ask("patch", f"crews/{crew.json()['id']}", {"members": [tom.pk]})
    assert alone.status_code == 422
    renamed = ask("patch", f"crews/{crew.json()['id']}", {"name": "Lifters"})
    assert (renamed.json()["name"], renamed.json()["lead"]) == ("Lifters", ben.pk)


def test_territories_and_capacity_rules(acme: Company, ask: Ask) -> None:
    north = ask("post", "territories", {"code": "north", "name": "North", "areas": ["Kita"]})
    assert north.status_code == 201, north.content
    changed = ask("patch", f"territories/{north.json()['id']}", {"areas": ["Kita", "Adachi"]})
    assert changed.json()["areas"] == ["Adachi", "Kita"]
    body = {"territory": north.json()["id"], "reserve_percent": 20, "released_hours": 4}
    rule = ask("post", "capacity-rules", body)
    assert rule.status_code == 201, rule.content
    assert ask("post", "capacity-rules", body).status_code == 409
    one = f"capacity-rules/{rule.json()['id']}"
    assert ask("patch", one, {"weekday": 7}).status_code in (400, 422)
    assert ask("patch", one, {"weekday": 6}).json()["weekday"] == 6
    assert ask("delete", one, {}).status_code == 204
    with tenant_active(acme.tenant.pk):
        assert not CapacityRule.objects.exists()


def test_lists_are_read_in_a_fixed_number_of_queries(
    acme: Company, program: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    api = program(acme)
    with tenant_active(acme.tenant.pk):
        for _n in range(4):
            make_engineer(skills={"gas": 1}, territories=[make_territory("North")])
    with django_assert_max_num_queries(16):
        assert len(api.get(f"{V1}engineers").json()["results"]) == 4
