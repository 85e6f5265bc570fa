"""What the database would refuse is told in the reader's words before it does, at its field where one is meant."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.test import Client
from django.utils.translation import override

from core.api.problems import handle
from customers.models import Contract, Site
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.customers import make_customer
from workforce.models import Absence, CapacityRule, Provider, Skill


def _told(thing: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        thing.validate_constraints()
    return refused.value.message_dict


def test_what_is_taken_is_told_at_its_field(in_acme: Company) -> None:
    Skill.objects.create(code="gas", name="Gas")
    assert _told(Skill(code="gas", name="Gas again")) == {
        "code": ["This code is in use already. Use the one that exists, or choose another code."]
    }


def test_what_concerns_several_fields_is_told_on_top(in_acme: Company) -> None:
    contract = Contract(number="C-1", name="All", starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1))
    assert _told(contract) == {
        NON_FIELD_ERRORS: ["A contract cannot end before it starts. Choose a later end."]
    }


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Give a provider from 1 to 10,080 minutes (7 days) to accept."),
        ("ja", "協力会社が受諾するまでの時間は、1～10,080分（7日）で指定してください。"),
        ("zh-hans", "服务商的接受时限须为 1 至 10,080 分钟（7 天）。"),
    ],
)
def test_in_the_readers_language(in_acme: Company, language: str, text: str) -> None:
    with override(language):
        assert _told(Provider(code="p", name="P", accept_minutes=0)) == {"accept_minutes": [text]}


def test_no_rule_is_named(in_acme: Company) -> None:
    for thing in (
        Absence(start_at=AT, end_at=AT),
        CapacityRule(reserve_percent=101, up_to_priority=1),
        Site(name="Nowhere", latitude=91.0, longitude=0.0),
    ):
        assert "onstraint" not in str(_told(thing))


def test_a_page_names_no_rule(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        customer = make_customer()
    client.force_login(acme.ada.user)
    url = f"/t/acme/customers/{customer.pk}/contracts/new/"
    facts = {"number": "C-1", "name": "All", "starts_on": "2026-02-01", "ends_on": "2026-01-01"}
    page = client.post(url, facts).content.decode()
    assert "A contract cannot end before it starts." in page and "onstraint" not in page


def test_a_program_is_told_the_same_when_only_the_database_saw_it(in_acme: Company) -> None:
    Skill.objects.create(code="gas", name="Gas")
    with pytest.raises(IntegrityError) as refused:
        Skill.objects.create(code="gas", name="Gas again")
    answer = handle(refused.value, {})
    assert answer is not None and answer.status_code == 409
    assert (
        answer.data["detail"]
        == "This code is in use already. Use the one that exists, or choose another code."
    )
    assert answer.data["constraint"] == "skill_code_uniq"
