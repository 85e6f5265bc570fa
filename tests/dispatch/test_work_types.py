"""Work types under settings: what they need, and whether new work may be of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dispatch import queries
from dispatch.forms import WorkOrderForm
from dispatch.models import WorkType
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.billing import make_work_order, make_work_type
from tests.factories.tickets import make_topic
from workforce.models import Skill

SignIn = Callable[[Person], Client]
LIST = "/t/acme/settings/work-types/"


@pytest.fixture
def skill(acme: Company) -> Skill:
    with tenant_active(acme.tenant.pk):
        return Skill.objects.create(code="gas", name="Gas")


def _only(company: Company) -> WorkType:
    with tenant_active(company.tenant.pk):
        return queries.work_types().get()


def test_a_work_type_is_made_and_changed(acme: Company, signed_in: SignIn, skill: Skill) -> None:
    client = signed_in(acme.dora)
    facts = {"code": "boiler", "name": "Boiler repair", "duration_minutes": 90, f"level_{skill.pk}": 3}
    assert client.post(f"{LIST}new/", facts).status_code == 303
    made = _only(acme)
    assert (made.code, made.duration_minutes, made.is_active) == ("boiler", 90, True)
    assert [(row.skill_id, row.level) for row in made.work_type_skills.all()] == [(skill.pk, 3)]
    page = client.get(LIST).content.decode()
    assert "Boiler repair" in page
    assert "Gas 3" in page

    change = {"name": "Boilers", "duration_minutes": 60, f"level_{skill.pk}": 0}
    assert client.post(f"{LIST}{made.pk}/", change).status_code == 303
    changed = _only(acme)
    assert (changed.code, changed.name, changed.is_active) == ("boiler", "Boilers", False)
    assert not changed.work_type_skills.all()


def test_work_of_a_resting_type_is_kept_and_none_is_added(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        topic = make_topic()
        resting = make_work_type(is_active=False, topic=topic)
        order = make_work_order(work_type=resting)
        assert resting not in WorkOrderForm().fields["work_type"].queryset  # type: ignore[attr-defined]
        assert queries.work_types_for_topics([topic.pk]) == {}
        assert queries.get_work_order(order.pk).work_type == resting


@pytest.mark.parametrize("wrong", [{"name": ""}, {"duration_minutes": 0}, {"code": "no spaces please"}])
def test_what_cannot_be_saved_is_shown_again(acme: Company, signed_in: SignIn, wrong: dict[str, Any]) -> None:
    facts = {"code": "boiler", "name": "Boiler repair", "duration_minutes": 90}
    answer = signed_in(acme.dora).post(f"{LIST}new/", facts | wrong)
    assert answer.status_code == 422
    with tenant_active(acme.tenant.pk):
        assert not WorkType.objects.exists()


def test_a_used_code_is_refused_with_words(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        make_work_type(code="boiler")
    facts = {"code": "boiler", "name": "Another", "duration_minutes": 90}
    assert signed_in(acme.dora).post(f"{LIST}new/", facts).status_code == 422


def test_only_those_who_may_change_rules_see_them(acme: Company, signed_in: SignIn) -> None:
    assert signed_in(acme.sora).get(LIST).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_every_length(
    acme: Company, signed_in: SignIn, skill: Skill, rows: int, django_assert_num_queries: Any
) -> None:
    with tenant_active(acme.tenant.pk):
        for number in range(rows):
            work_type = make_work_type(code=f"w{number}")
            work_type.work_type_skills.create(skill=skill, level=1)
    client = signed_in(acme.dora)
    client.get(LIST)
    with django_assert_num_queries(QUERIES):
        client.get(LIST)


QUERIES = 9
