"""Overtime that is limited by the week: one sum for the evaluator, candidates, plans by hand, rules and runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.errors import BadInput
from dispatch import services
from dispatch.evaluator import Person, Stop, Work, earliest_start, evaluate
from dispatch.evaluator.model import Week
from dispatch.models import DispatchPolicy, Visit, WorkOrder
from dispatch.policy import Policy
from dispatch.queries.candidates import candidates
from dispatch.queries.live import forget
from dispatch.queries.planning import load_world
from dispatch.queries.turns import take_turn_at_overtime
from dispatch.ranking import rank
from dispatch.relaxing import Asked, explain
from dispatch.services import auto, judging
from planning.days import Prices, gaps_of
from planning.plans import plan
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.dispatch.test_api import post
from tests.dispatch.worlds import random_people, random_work
from tests.factories.dispatch import make_place, make_rule, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.test_plans import EFFORT, task
from workforce import services as workforce
from workforce.models import Engineer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
H, D = 3600, 86_400
SYSTEM = Actor.system("tests")
ALLOWING = Policy(verdicts={"overtime": "allow"})
HERE = (35.69, 139.75)
ROUNDS = 8


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def shifts(days: int) -> list[tuple[int, int]]:
    return [(day * D + 8 * H, day * D + 10 * H) for day in range(days)]


def person(most: int, *stops: Stop, worked: int = 0) -> Person:
    """Two hours a day, and two hours more; the week ends after the third day."""
    weeks = (Week(0, 3 * D, most, ((99, worked),)), Week(3 * D, 10 * D, most))
    return Person(1, "Tom", home=HERE, shifts=shifts(6), overtime=2 * H, stops=list(stops), weeks=weeks)


def late(day: int, hours: int = 3) -> Stop:
    """A visit from eight, with an hour past the shift."""
    return Stop(day + 1, f"WO-{day + 1}", day * D + 8 * H, day * D + (8 + hours) * H, HERE)


WORK = Work(9, 3 * H, HERE)


def codes_of(person: Person, day: int) -> list[str]:
    return [reason.code for reason in evaluate(person, WORK, day * D + 8 * H).broken]


def test_the_hours_of_the_week_are_counted_and_no_others() -> None:
    assert codes_of(person(2 * H, late(0)), 1) == ["overtime"]
    assert codes_of(person(2 * H, late(0), late(1)), 2) == ["overtime", "overtime_week"]
    assert codes_of(person(2 * H, late(0), late(1)), 3) == ["overtime"], "another week"
    assert codes_of(person(2 * H, late(0), worked=H), 1) == ["overtime", "overtime_week"]
    (_overtime, told) = evaluate(person(H + 1800, late(0)), WORK, D + 8 * H).broken
    assert told.facts == {"minutes": 30, "most": 90}


def test_a_visit_that_is_moved_does_not_count_twice_and_work_outside_of_shifts_does() -> None:
    who = person(H, late(0))
    assert [r.code for r in evaluate(who, WORK, 8 * H, ignoring=1).broken] == ["overtime"]
    outside = Stop(5, "WO-5", 20 * H, 21 * H, HERE)
    assert codes_of(person(H, outside), 1) == ["overtime", "overtime_week"]
    reasons = evaluate(person(0), Work(9, H, HERE), 20 * H).broken
    assert {r.code for r in reasons} == {"shift", "overtime_week"}, "a reason is not enough"


@pytest.mark.parametrize("policy", [Policy(), ALLOWING])
def test_a_search_goes_on_to_the_week_that_has_overtime_left(policy: Policy) -> None:
    found = earliest_start(person(H, late(1)), WORK, 0, 6 * D, policy)
    assert found.start == 3 * D + 8 * H
    nothing = earliest_start(person(H, late(1)), WORK, 0, 3 * D, policy)
    assert [r.as_json() for r in nothing.broken] == [{"code": "overtime_week", "most": 60}]


def test_what_would_help() -> None:
    who = person(H + 1800, late(1))
    asked = Asked(WORK, 0, 3 * D, later=6 * D)
    found = {one.code: one.given.facts for one in explain([asked.answer(who)], asked)}
    assert found["overtime_week"] == {"minutes": 30}
    assert found["overlap"]["work_order"] == "WO-2"
    assert "day" in found


def test_worlds_of_chance_meet_the_rule_and_no_search_breaks_it() -> None:
    met = set()
    for seed in range(120):
        rng = Random(seed)
        people = random_people(rng, 10, 3)
        for _again in range(4):
            answer = rank(people, random_work(rng, 3), 0, 3 * D, policy=ALLOWING)
            met |= {reason.code for reason, _people in answer.excluded}
            for candidate in (*answer.candidates, *answer.forceable):
                reasons = (*candidate.verdict.broken, *candidate.verdict.allowed)
                assert "overtime_week" not in {r.code for r in reasons}, f"world {seed}"
    assert "overtime_week" in met


def test_days_of_one_run_share_the_week_in_their_order() -> None:
    tasks = [task(n, seconds=3 * H) for n in range(1, 5)]
    people = [person(2 * H)]
    days = [(day * D, (day + 1) * D) for day in range(5)]
    found = plan(people, tasks, days, prices=Prices(), effort=EFFORT, policy=ALLOWING)
    assert sorted(one.start // D for one in found.placed) == [0, 1, 3, 4]
    assert gaps_of(people[0], days[2], ALLOWING)[0].regular_end is None
    free = [replace(person(0), weeks=())]
    unlimited = plan(free, tasks, days, prices=Prices(), effort=EFFORT, policy=ALLOWING)
    assert sorted(one.start // D for one in unlimited.placed) == [0, 1, 2, 3]


def engineer(**facts: Any) -> Engineer:
    """From eight to ten every day in Tokyo, where it is nine on a Monday."""
    return make_engineer(hours=("08:00", "10:00"), overtime_minutes=120, **facts)


def order(minutes: int = 120) -> WorkOrder:
    return make_work_order(duration_minutes=minutes, site=make_place(latitude=35.68, longitude=139.76))


def test_visits_far_from_the_day_count_with_one_statement_more(in_acme: Company) -> None:
    tom, una = engineer(overtime_week_minutes=90), engineer()
    for who in (tom, una):
        make_visit(AT + 5 * DAY, engineer=who, minutes=120)
        make_visit(AT - 6 * DAY, engineer=who, minutes=120)
        make_visit(AT + 7 * DAY, engineer=who, minutes=120)
    with CaptureQueriesContext(
        connection,
    ) as both:
        people = {p.id: p for p in load_world(AT, AT + HOUR).people}
    with CaptureQueriesContext(connection) as one:
        load_world(AT, AT + HOUR, engineer_ids=[una.pk])
    assert len(both) == len(one) + 1
    begin = int((AT - 9 * HOUR).timestamp())
    week = next(w for w in people[tom.pk].weeks if w.begin <= begin < w.end)
    assert (week.begin, week.end, week.most, week.worked) == (begin, begin + 7 * D, 90 * 60, 3600)
    assert people[una.pk].weeks == ()


def test_who_has_none_left_that_week_is_told_to_everybody(
    in_acme: Company, acme: Company, program: Callable[..., Client], on_the_day: None
) -> None:
    tom = engineer(overtime_week_minutes=60)
    visit = make_visit(AT + 3 * DAY, engineer=tom, minutes=120)
    work_order = order(180)
    tuesday = AT + 23 * HOUR
    act: dict[str, Any] = {
        "work_order_id": work_order.pk,
        "engineer_id": tom.pk,
        "start_at": tuesday,
        "actor": SYSTEM,
        "at": AT,
    }
    api = program(acme)
    for _looks in range(2):
        told = post(api, f"work-orders/{work_order.pk}/candidates").json()
        assert told["candidates"] == told["needs_reason"] == []
        assert told["excluded"][0]["code"] == "overtime_week"
    with pytest.raises(services.CannotSchedule) as refused:
        services.schedule_visit(**act, override_reason="The customer insists")
    assert "1\u00a0h more overtime than the week's 1\u00a0h" in refused.value.message
    # The kept world hears of a visit that it does not hold.
    Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    told = post(api, f"work-orders/{work_order.pk}/candidates").json()
    assert [one["engineer_id"] for one in told["needs_reason"]] == [tom.pk]
    services.schedule_visit(**act, override_reason="The customer insists")


def _allow() -> None:
    DispatchPolicy.objects.create(
        version=3, status="published", verdicts={"overtime": "allow"}, created_at=AT, published_at=AT
    )


def test_a_visit_that_is_moved_by_days_within_its_week_counts_once(
    in_acme: Company, on_the_day: None
) -> None:
    tom = engineer(overtime_week_minutes=60)
    visit = make_visit(AT - HOUR + 5 * DAY, engineer=tom, minutes=180, work_order=order(180))
    told = candidates(visit.work_order, AT, days=1, ignoring=visit.pk)
    assert [one.verdict.person.id for one in told.forceable] == [tom.pk]
    moved = services.move_visit(
        visit_id=visit.pk,
        engineer_id=tom.pk,
        start_at=AT - HOUR + DAY,
        version=visit.version,
        actor=SYSTEM,
        at=AT,
        override_reason="The customer insists",
    )
    assert [reason["code"] for reason in moved.reason["broken"]] == ["overtime"]


@pytest.mark.usefixtures("on_the_day")
def test_rules_keep_to_it(in_acme: Company) -> None:
    _allow()
    engineer(overtime_week_minutes=60)
    make_rule(horizon_days=3)
    orders = [order(180) for _n in range(3)]
    counts = services.auto_dispatch_open(actor=SYSTEM, at=AT)
    assert counts["assigned"] == 1, "an hour past the shift, once"
    assert Visit.objects.filter(work_order__in=orders).count() == 1


def _race(company: Company) -> list[list[str]]:
    """What came of each round, in which two people plan a visit each on different days of a week that has overtime for
    one of them."""
    with tenant_active(company.tenant.pk):
        _allow()
        rounds = [(engineer(overtime_week_minutes=60), order(), order()) for _n in range(ROUNDS)]
    start, told = threading.Barrier(2), [["", ""] for _n in range(ROUNDS)]

    def plan(mine: int) -> None:
        for number, (who, *orders) in enumerate(rounds):
            start.wait(timeout=60)
            try:
                with tenant_active(company.tenant.pk):
                    services.schedule_visit(
                        work_order_id=orders[mine].pk,
                        engineer_id=who.pk,
                        start_at=AT + mine * 3 * DAY,
                        actor=SYSTEM,
                        at=AT,
                    )
                told[number][mine] = "planned"
            except services.CannotSchedule as refusal:
                reasons: Any = refusal.facts["reasons"]
                told[number][mine] = reasons[-1]["code"]
        connection.close()

    threads = [threading.Thread(target=plan, args=(mine,)) for mine in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return [sorted(both) for both in told]


@pytest.mark.django_db(transaction=True)
def test_two_who_plan_at_the_same_second_share_the_week(acme: Company) -> None:
    assert _race(acme) == [["overtime_week", "planned"]] * ROUNDS


@pytest.mark.django_db(transaction=True)
def test_without_turns_both_use_it_up(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "take_turn_at_weeks", lambda _verdicts: False)
    assert ["planned", "planned"] in _race(acme)


def test_rules_take_their_turn_only_where_somebody_is_limited(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[bool] = []

    def take_turn(policy: Policy, people: Sequence[Person]) -> bool:
        turns.append(take_turn_at_overtime(policy, people))
        return turns[-1]

    monkeypatch.setattr(auto, "take_turn_at_overtime", take_turn)
    make_rule()
    engineer()
    services.auto_dispatch(work_order_id=order().pk, actor=SYSTEM, at=AT)
    _allow()
    services.auto_dispatch(work_order_id=order().pk, actor=SYSTEM, at=AT)
    engineer(overtime_week_minutes=60)
    services.auto_dispatch(work_order_id=order().pk, actor=SYSTEM, at=AT)
    assert turns == [False, True]


def test_the_limit_is_a_number_of_minutes_or_nothing(in_acme: Company) -> None:
    tom = engineer()
    act: dict[str, Any] = {"engineer_id": tom.pk, "actor": SYSTEM, "at": AT}
    workforce.update_engineer(overtime_week_minutes=300, **act)
    assert Engineer.objects.get().overtime_week_minutes == 300
    with pytest.raises(BadInput, match="5,040"):
        workforce.update_engineer(overtime_week_minutes=5041, **act)
    workforce.update_engineer(overtime_week_minutes=None, **act)
    assert Engineer.objects.get().overtime_week_minutes is None
