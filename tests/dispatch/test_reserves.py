"""Time kept for urgent work is kept wherever visits are planned, by the same figures as the windows show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from core.errors import Conflict
from dispatch import queries, reasons, services
from dispatch.enums import RunOutcome
from dispatch.evaluator import Person, Work, earliest_start, evaluate
from dispatch.models import DispatchPolicy, Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.live import forget
from dispatch.queries.slots import Asked
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_rule, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import proposal
from workforce.models import CapacityRule, Engineer

Program = Callable[..., Client]
SYSTEM = Actor.system("tests")
HOUR, DAY = 3600, 86_400
TEN = AT + timedelta(hours=34)
"""On the evening of the next day, by the company's clock."""
LATE = AT + timedelta(hours=14, minutes=30)
"""Half past eleven at night: nothing of this day is left, and the next one is not released."""


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def _keep(percent: int = 100, **facts: int) -> CapacityRule:
    return CapacityRule.objects.create(
        **{"reserve_percent": percent, "up_to_priority": 1, "released_hours": 0, **facts}
    )


def _tom() -> Engineer:
    return make_engineer("Tom", hours=("00:00", "23:59"))


def _plan(work_order: WorkOrder, engineer: Engineer, why: str = "", at: datetime = AT) -> Visit:
    return services.schedule_visit(
        work_order_id=work_order.pk,
        engineer_id=engineer.pk,
        start_at=TEN,
        actor=SYSTEM,
        at=at,
        override_reason=why,
    )


def test_a_full_day_is_passed_over_by_the_search_and_broken_by_a_plan() -> None:
    here = (35.0, 139.0)
    person = Person(1, "Tom", home=here, shifts=[(8 * HOUR, 17 * HOUR), (DAY + 8 * HOUR, DAY + 17 * HOUR)])
    work = Work(1, HOUR, here, full=((0, DAY, 480),))
    assert earliest_start(person, work, 0, 2 * DAY).start == DAY + 8 * HOUR
    broken = evaluate(person, work, 9 * HOUR).broken
    assert [(one.code, one.facts) for one in broken] == [("capacity", {"reserved": 480})]
    none = earliest_start(person, work, 0, DAY)
    assert (none.start, none.broken[0].code, none.broken[0].facts) == (None, "capacity", {"reserved": 480})
    lax = Policy(verdicts={"capacity": "allow"})
    assert earliest_start(person, work, 0, DAY, lax).start == 8 * HOUR
    assert [one.code for one in evaluate(person, work, 9 * HOUR, policy=lax).allowed] == ["capacity"]


def test_windows_candidates_rules_booking_and_hand_agree(in_acme: Company) -> None:
    tom, usual, urgent = _tom(), make_work_order(priority=4), make_work_order(priority=1)
    _keep()
    at = AT + timedelta(hours=1)
    order = queries.get_work_order(usual.pk)
    offered = queries.slots_for(queries.work_of(order), order.site, Asked(at, 3))
    later = [slot for slot in offered.slots if slot.start >= LATE.timestamp()]
    assert offered.full and not later
    answer = queries.candidates(order, LATE, days=1)
    assert not answer.candidates and answer.excluded[0][0].code == "capacity"
    assert [change.code for change in queries.ways_out(order, LATE, answer, days=1)]
    assert queries.candidates(queries.get_work_order(urgent.pk), LATE, days=1).candidates
    last = offered.full[-1][0]
    full = [datetime.fromtimestamp(edge, UTC) for edge in (last.start, last.end)]
    with pytest.raises(Conflict, match="the time left that day is kept for urgent work") as refused:
        services.book_slot(work_order_id=usual.pk, start_at=full[0], end_at=full[1], actor=SYSTEM, at=AT)
    assert refused.value.problem_code == "slot_taken"
    with pytest.raises(services.CannotSchedule, match="kept for urgent work") as asked:
        _plan(usual, tom)
    assert asked.value.facts["can_be_forced"]
    make_rule(horizon_days=1)
    run = services.auto_dispatch(work_order_id=usual.pk, actor=SYSTEM, at=LATE)
    assert (run.outcome, run.explanation["excluded"][0]["code"]) == (RunOutcome.NOBODY, "capacity")
    assert _plan(urgent, tom).pk
    visit = _plan(usual, make_engineer("Uma", hours=("00:00", "23:59")), "Agreed with the desk")
    assert visit.reason["broken"] == [{"code": "capacity", "reserved": visit.reason["broken"][0]["reserved"]}]


def test_the_policy_decides(in_acme: Company) -> None:
    tom = _tom()
    _keep()
    policy = DispatchPolicy.objects.create(
        version=1, status="published", verdicts={"capacity": "block"}, created_at=AT
    )
    with pytest.raises(services.CannotSchedule, match="kept for urgent work") as refused:
        _plan(make_work_order(priority=4), tom, "Because")
    assert not refused.value.facts["can_be_forced"]
    policy.verdicts = {"capacity": "allow"}
    policy.save()
    assert _plan(make_work_order(priority=4), tom).pk


def test_a_released_reserve_keeps_nothing(in_acme: Company) -> None:
    tom = _tom()
    _keep(released_hours=240)
    assert _plan(make_work_order(priority=4), tom).pk


def test_a_batch_of_rules_stops_where_the_reserve_begins(in_acme: Company) -> None:
    """Ten hours of work, half of them kept: five visits of an hour, also when one batch plans all of them."""
    make_engineer("Tom", hours=("08:00", "18:00"))
    _keep(50)
    make_rule(horizon_days=1)
    orders = [make_work_order(priority=4) for _ in range(8)]
    services.auto_dispatch_open(actor=SYSTEM, at=LATE)
    days = {visit.start_at.date() for visit in Visit.objects.all()}
    spent = sum((v.end_at - v.start_at).total_seconds() / 60 + v.travel_minutes for v in Visit.objects.all())
    assert Visit.objects.count() in (4, 5) and len(orders) == 8, days
    assert spent <= 300 + 60


def test_moving_within_the_day_takes_nothing_more(in_acme: Company) -> None:
    tom = _tom()
    visit = make_visit(TEN, engineer=tom, work_order=make_work_order(priority=4))
    _keep(95)
    moved = services.move_visit(
        visit_id=visit.pk,
        engineer_id=tom.pk,
        start_at=TEN + timedelta(hours=1),
        version=visit.version,
        actor=SYSTEM,
        at=AT,
    )
    assert moved.start_at == TEN + timedelta(hours=1)


def test_the_api_tells_the_same(acme: Company, program: Program) -> None:
    api = program(acme)
    with tenant_active(acme.tenant.pk):
        _tom()
        _keep()
        order = make_work_order(priority=4)
    told = api.post("/api/v1/slots", {"work_order": order.pk}, content_type="application/json").json()
    last = told["full"][-1]
    body = {"start_at": last["start_at"], "end_at": last["end_at"]}
    answer = api.post(f"/api/v1/work-orders/{order.pk}/book", body, content_type="application/json")
    assert answer.status_code == 409, answer.content
    assert "kept for urgent work" in answer.json()["detail"]
    assert reasons.words({"code": "capacity", "reserved": 0}) == "the day is full"


def test_a_kept_window_is_offered_and_booked_with_a_reason(acme: Company, program: Program) -> None:
    api = program(acme)
    with tenant_active(acme.tenant.pk):
        tom = _tom()
        _keep()
        order = make_work_order(priority=4)

    def book(**body: str) -> Any:
        return api.post(f"/api/v1/work-orders/{order.pk}/book", body, content_type="application/json")

    told = api.post("/api/v1/slots", {"work_order": order.pk}, content_type="application/json").json()
    assert len(told["needs_reason"]) == len(told["full"]) > 0
    asking = told["needs_reason"][-1]
    assert (asking["engineer_id"], asking["reasons"][0]["code"]) == (tom.pk, "capacity")
    window = {name: asking[name] for name in ("start_at", "end_at")}
    refused = book(**window)
    assert (refused.status_code, refused.json()["facts"]["can_be_forced"]) == (409, True)
    assert "or give a reason" in refused.json()["detail"]
    assert book(**window, override_reason="Agreed with the desk").status_code == 201
    with tenant_active(acme.tenant.pk):
        reason = Visit.objects.get().reason
        assert (reason["broken"][0]["code"], reason["override"]) == ("capacity", "Agreed with the desk")
        DispatchPolicy.objects.create(
            version=1, status="published", verdicts={"capacity": "block"}, created_at=AT
        )
        order = make_work_order(priority=4)
    told = api.post("/api/v1/slots", {"work_order": order.pk}, content_type="application/json").json()
    assert told["full"] and not told["needs_reason"]
    refused = book(**window, override_reason="Because")
    assert (refused.status_code, refused.json()["facts"]["can_be_forced"]) == (409, False)


def test_a_planning_run_keeps_the_reserve_too(in_acme: Company) -> None:
    make_engineer("Tom", hours=("08:00", "18:00"))
    _keep()
    usual = make_work_order(priority=4)
    urgent = make_work_order(priority=1)
    run = proposal()
    rows = {change.work_order_id: change for change in run.changes.all()}
    assert (rows[urgent.pk].kind, rows[usual.pk].kind) == ("add", "unserved")
    assert "capacity" in {one["code"] for one in rows[usual.pk].reasons}
