"""Checklists in versions: a new one for visits to come, the old one for those that have begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.errors import Conflict
from delivery import queries, services
from delivery.models import Checklist
from dispatch.models import WorkType
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.delivery import ADMIN, arrive, make_checklist, make_engineer, make_visit, make_work_type

SignIn = Callable[[Person], Client]


@pytest.fixture
def work_type(acme: Company) -> WorkType:
    with tenant_active(acme.tenant.pk):
        return make_work_type(name="Burner tune")


def _url(work_type: WorkType) -> str:
    return f"/t/acme/settings/work-types/{work_type.pk}/checklist/"


def _page(*steps: dict[str, Any], after: int = 0, name: str = "Tune") -> dict[str, Any]:
    """What the page sends."""
    body = {"name": name, "after_version": after, "step-TOTAL_FORMS": len(steps), "step-INITIAL_FORMS": 0}
    for number, step in enumerate(steps):
        body |= {f"step-{number}-{key}": value for key, value in step.items()}
    return body


SWITCH = {"position": 2, "label": "Main switch off", "kind": "check", "is_required": "on"}
PRESSURE = {"position": 1, "label": "Gas pressure", "kind": "reading", "unit": "kPa", "minimum": "1.5"}
BLANK = {"position": 3, "label": "", "kind": "check", "is_required": "on"}


def test_the_page_publishes_the_steps_in_their_order(
    acme: Company, signed_in: SignIn, work_type: WorkType
) -> None:
    client = signed_in(acme.dora)
    assert client.post(_url(work_type), _page(SWITCH, PRESSURE, BLANK)).status_code == 303
    with tenant_active(acme.tenant.pk):
        checklist = queries.find_published_checklist(work_type.pk)
        assert checklist is not None
        told = [(i.label, i.kind, i.unit, i.minimum, i.is_required) for i in checklist.items.all()]
    assert [step[:3] for step in told] == [
        ("Gas pressure", "reading", "kPa"),
        ("Main switch off", "check", ""),
    ]
    assert [step[4] for step in told] == [False, True]
    page = client.get(_url(work_type)).content.decode()
    assert "Gas pressure" in page
    assert "Publish version 2" in page


def test_a_visit_keeps_the_version_it_began_with(
    acme: Company, signed_in: SignIn, work_type: WorkType
) -> None:
    with tenant_active(acme.tenant.pk):
        first = make_checklist(work_type)
        visit = make_visit(make_engineer(acme.tom), work_type=work_type)
        arrive(visit, acme.tom.actor)
    assert signed_in(acme.dora).post(_url(work_type), _page(SWITCH, after=1)).status_code == 303
    with tenant_active(acme.tenant.pk):
        submission = queries.submission_of(visit)
        assert submission is not None
        assert submission.checklist == first
        second = queries.find_published_checklist(work_type.pk)
        assert second is not None
        assert (second.version, second.items.count()) == (2, 1)
        versions: list[Any] = list(queries.checklist_versions(work_type.pk))
        assert [(v.version, v.is_published, v.visit_count) for v in versions] == [(2, True, 0), (1, False, 1)]


def test_what_another_published_meanwhile_is_not_overwritten(
    acme: Company, signed_in: SignIn, work_type: WorkType
) -> None:
    with tenant_active(acme.tenant.pk):
        make_checklist(work_type)
    answer = signed_in(acme.dora).post(_url(work_type), _page(SWITCH, after=0))
    assert answer.status_code == 422
    assert "Somebody published version 1 meanwhile" in answer.content.decode()
    with tenant_active(acme.tenant.pk):
        assert Checklist.objects.count() == 1
        with pytest.raises(Conflict):
            services.create_checklist(
                work_type_id=work_type.pk,
                name="Tune",
                items=[{"kind": "check", "label": "x"}],
                after_version=7,
                actor=ADMIN,
                at=AT,
            )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_page(BLANK), "needs at least one step"),
        (_page({**PRESSURE, "minimum": "9", "maximum": "1"}), "lower limit is above"),
        (_page({**PRESSURE, "minimum": "much"}), "“Least” is not a number. Write it such as 12.5."),
        (_page({**SWITCH, "kind": "dance"}), "What was chosen for “Answer” is not in the list any more."),
        (_page(SWITCH, name=""), "“Name” is empty. Please fill it in."),
        ({"name": "Tune", "after_version": 0}, "ManagementForm"),
    ],
)
def test_what_cannot_be_published_is_shown_again(
    acme: Company, signed_in: SignIn, work_type: WorkType, body: dict[str, Any], words: str
) -> None:
    answer = signed_in(acme.dora).post(_url(work_type), body)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_only_those_who_may_change_rules_see_it(
    acme: Company, signed_in: SignIn, work_type: WorkType
) -> None:
    assert signed_in(acme.tom).get(_url(work_type)).status_code == 403
