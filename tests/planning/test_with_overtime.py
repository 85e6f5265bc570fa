"""A run that allows overtime where the policy leaves that to a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from core.errors import BadInput
from dispatch.models import DispatchPolicy, Visit, WorkOrder
from dispatch.queries.live import forget
from planning import services
from planning.enums import ChangeKind, ChangeState
from planning.models import PlanRun
from tests.cast import AT, Company
from tests.factories.dispatch import make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import TOKYO, accept, proposal, tomorrow


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def policy(verdict: str) -> None:
    DispatchPolicy.objects.all().delete()
    DispatchPolicy.objects.create(
        version=3, status="published", verdicts={"overtime": verdict}, created_at=AT, published_at=AT
    )
    forget()


def long_work() -> WorkOrder:
    """Three hours of work for somebody who has two, and may work two more."""
    make_engineer(hours=("08:00", "10:00"), overtime_minutes=120)
    return make_work_order(duration_minutes=180)


def test_overtime_left_to_a_person_is_planned_when_allowed(in_acme: Company) -> None:
    order = long_work()
    without = proposal()
    assert without.changes.get().kind == ChangeKind.UNSERVED
    run = proposal(with_overtime=True)
    row = run.changes.get()
    assert row.kind == ChangeKind.ADD
    (reason,) = row.reasons
    assert reason["code"] == "overtime"
    assert 60 <= reason["minutes"] <= 120
    assert accept(run) == {"accepted": 1, "stale": 0}
    visit = Visit.objects.get(work_order=order)
    assert [broken["code"] for broken in visit.reason["broken"]] == ["overtime"]
    assert run.asked_by in visit.reason["override"]
    assert str(run) in visit.reason["override"]


def test_no_more_than_an_engineer_may_work(in_acme: Company) -> None:
    make_engineer(hours=("08:00", "10:00"), overtime_minutes=30)
    make_work_order(duration_minutes=180)
    assert proposal(with_overtime=True).changes.get().kind == ChangeKind.UNSERVED


def test_overtime_that_is_forbidden_is_refused_at_its_field(in_acme: Company) -> None:
    long_work()
    policy("block")
    with pytest.raises(BadInput, match="forbids overtime") as refusal:
        proposal(with_overtime=True)
    assert set(refusal.value.errors) == {"with_overtime"}
    assert not PlanRun.objects.exists()


def test_overtime_forbidden_meanwhile_is_not_carried_out(in_acme: Company) -> None:
    long_work()
    run = proposal(with_overtime=True)
    policy("block")
    assert accept(run) == {"accepted": 0, "stale": 1}
    row = run.changes.get()
    assert row.state == ChangeState.STALE
    assert [reason["code"] for reason in row.reasons] == ["overtime"]


def test_the_form_takes_it_and_the_page_tells_it(in_acme: Company, client: Client) -> None:
    long_work()
    client.force_login(in_acme.dora.user)
    asked = {"kind": "build", "day": tomorrow().astimezone(TOKYO).date(), "days": 1, "budget_seconds": 2}
    answer = client.post("/t/acme/planning/", asked | {"with_overtime": "on"})
    assert answer.status_code == 303
    assert services.carry_out_due() == 1
    page = client.get(answer["Location"]).content.decode()
    assert "overtime allowed" in page
    assert "min overtime" in page


def test_the_api_takes_it(in_acme: Company, program: Callable[..., Client]) -> None:
    given = {"from_at": tomorrow().isoformat(), "until": tomorrow(24).isoformat(), "with_overtime": True}
    made = program(in_acme).post("/api/v1/plan-runs", given, content_type="application/json")
    assert (made.status_code, made.json()["with_overtime"]) == (201, True)
