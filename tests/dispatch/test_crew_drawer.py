"""Who goes together, and what would let them: in the board's drawer and by the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dispatch import queries
from dispatch.evaluator import Reason
from dispatch.models import Visit, WorkOrder
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.dispatch.test_api import post
from tests.factories.dispatch import make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from workforce.models import Engineer, Skill

SignedIn = Callable[[Person], Client]
Program = Callable[..., Client]
pytestmark = pytest.mark.usefixtures("on_the_day")


@pytest.fixture
def dora(acme: Company, signed_in: SignedIn) -> Client:
    return signed_in(acme.dora)


@pytest.fixture
def api(acme: Company, program: Program) -> Client:
    return program(acme)


def lift(**facts: Any) -> WorkOrder:
    return make_work_order(crew_size=2, **facts)


def drawer(client: Client, work_order: WorkOrder) -> str:
    page = client.get(f"/t/acme/board/?work_order={work_order.pk}").content.decode()
    return page[page.index('id="drawer"') :]


def test_the_drawer_proposes_a_crew_and_plans_it(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        tom, uma, work_order = make_engineer("Tom"), make_engineer("Uma"), lift()
    found = drawer(dora, work_order)
    assert "2 engineers go together, or nobody does." in found and "Tom</span>, <span" in found.replace(
        ' lang="ja"', ""
    )
    assert "/schedule/" not in found, "nobody is sent alone"
    form = {
        "engineers": re.findall(r'name="engineers" value="(\d+)"', found),
        "start_at": re.findall(r'name="start_at" value="([^"]+)"', found)[0],
    }
    assert {int(one) for one in form["engineers"]} == {tom.pk, uma.pk}
    assert dora.post(f"/t/acme/work-orders/{work_order.pk}/crew/", form).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert work_order.visits.count() == 2
    planned = drawer(dora, work_order)
    assert "Plan the crew" not in planned and "Tom</b>" in planned and "Uma</b>" in planned


def test_the_drawer_says_why_there_is_no_crew_and_what_would_help(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom", skills={"gas": 2})
        make_engineer("Uma")
        work_order = lift(work_type=make_work_type(skills={"gas": 2}))
    found = drawer(dora, work_order)
    assert "Plan the crew" not in found and "What would help" in found
    assert re.search(r"Uma could go at .* with Gas at level 2, together with Tom", found)


def test_who_comes_after_the_promise_is_planned_with_a_reason(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom")
        make_engineer("Uma")
        work_order = lift(promised_end_at=AT - timedelta(hours=1))
    assert 'name="override_reason" required' in drawer(dora, work_order)


def test_the_api_tells_the_crew_or_why_there_is_none(in_acme: Company, api: Client) -> None:
    names = {make_engineer("Tom").name, make_engineer("Uma").name}
    told = post(api, f"work-orders/{lift().pk}/candidates").json()
    assert {one["name"] for one in told["crew"]} == names
    assert len({one["start_at"] for one in told["crew"]}) == 1
    assert (told["excluded"], told["ways_out"]) == ([], [])
    alone = make_work_order()
    assert post(api, f"work-orders/{alone.pk}/candidates").json()["crew"] == []
    needing = lift(work_type=make_work_type(skills={"gas": 2}))
    Engineer.objects.get(name="Tom").engineer_skills.create(skill=Skill.objects.get(), level=2)
    told = post(api, f"work-orders/{needing.pk}/candidates").json()
    assert told["crew"] == [] and told["excluded"][0]["code"] == "crew"
    assert [(way["code"], way["name"], way["with"]) for way in told["ways_out"]] == [
        ("skill", "Uma", ["Tom"])
    ]


def test_choosing_a_crew_that_cannot_come_tells_what_would_help(in_acme: Company, api: Client) -> None:
    make_engineer("Tom", skills={"gas": 2})
    make_engineer("Uma")
    work_order = lift(work_type=make_work_type(skills={"gas": 2}))
    told = post(api, f"work-orders/{work_order.pk}/dispatch").json()
    assert (told["visit"], told["ways_out"][0]["code"]) == (None, "skill")
    assert not Visit.objects.exists()


@pytest.mark.parametrize("crew_size", [1, 2])
def test_what_would_help_work_of_several_days(in_acme: Company, crew_size: int) -> None:
    """14 hours need two days; with the skill they are begun and ended as planning then does."""
    make_engineer("Tom", skills={"gas": 2} if crew_size > 1 else {})
    uma = make_engineer("Uma")
    kind = make_work_type(skills={"gas": 2})
    made = make_work_order(crew_size=crew_size, may_split=True, duration_minutes=14 * 60, work_type=kind)
    work_order = queries.get_work_order(made.pk)
    (way,) = queries.ways_out(work_order, AT, queries.candidates(work_order, AT))
    assert (way.code, way.stints) == ("skill", 2)
    Engineer.objects.get(pk=way.person.id).engineer_skills.create(skill=Skill.objects.get(), level=2)
    if crew_size == 1:
        best = queries.candidates(work_order, AT).best
        assert best is not None and best.verdict.start == way.start and len(best.verdict.then) == 1
    else:
        assert way.person.id == uma.pk
        crew = queries.crew_stints_for(work_order, AT)
        assert not isinstance(crew, Reason)
        assert (crew[0].start, crew[-1].end) == (way.start, way.end)
