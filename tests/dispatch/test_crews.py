"""Work for several people: all of them are planned, moved, sent and called off, or nobody is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client

from core.clock import now
from core.errors import Conflict
from dispatch import queries, services
from dispatch.crews import Team
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.evaluator import Reason
from dispatch.models import Visit, WorkOrder, WorkType
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_place, make_rule, make_visit, make_work_order
from tests.factories.workforce import make_engineer, make_skill
from workforce.models import Absence, Engineer, EngineerPair

HOUR = timedelta(hours=1)
SYSTEM = Actor.system("tests")


def lift(**facts: object) -> WorkOrder:
    return make_work_order(crew_size=2, **facts)


def plan(work_order: WorkOrder, *engineers: Engineer) -> list[Visit]:
    visits = services.schedule_crew(
        work_order_id=work_order.pk,
        engineer_ids=[engineer.pk for engineer in engineers],
        start_at=AT + HOUR,
        actor=SYSTEM,
        at=AT,
    )
    connection.check_constraints()
    return visits


def test_a_crew_is_planned_at_one_time(in_acme: Company) -> None:
    work_order = lift()
    visits = plan(work_order, make_engineer(), make_engineer())
    assert len({(visit.crew_key, visit.start_at) for visit in visits}) == 1
    work_order.refresh_from_db()
    assert work_order.status == WorkOrderStatus.SCHEDULED


def test_one_alone_is_refused_for_work_of_two(in_acme: Company) -> None:
    with pytest.raises(services.CannotSchedule) as refused:
        services.schedule_visit(
            work_order_id=lift().pk, engineer_id=make_engineer().pk, start_at=AT + HOUR, actor=SYSTEM, at=AT
        )
    reasons: Any = refused.value.facts["reasons"]
    assert [reason["code"] for reason in reasons] == ["crew"]
    with pytest.raises(services.CannotSchedule, match="crew"):
        plan(lift(), make_engineer())
    same = make_engineer()
    with pytest.raises(services.CannotSchedule):
        plan(lift(), same, same)
    assert not Visit.objects.exists()


def test_when_one_is_busy_nobody_is_planned(in_acme: Company) -> None:
    free, busy = make_engineer("Free"), make_engineer("Busy")
    make_visit(AT + HOUR, engineer=busy)
    with pytest.raises(Conflict, match="Busy"):
        plan(lift(), free, busy)
    assert not Visit.objects.filter(engineer=free).exists()


def test_two_who_never_go_together_are_refused_by_name(in_acme: Company) -> None:
    first, second = make_engineer("Ann"), make_engineer("Bob")
    EngineerPair.objects.create(first=first, second=second, liking="excluded")
    with pytest.raises(services.CannotSchedule) as refused:
        plan(lift(), first, second)
    assert "Ann" in str(refused.value) and "Bob" in str(refused.value)


def test_skills_of_each_or_of_all_together(in_acme: Company) -> None:
    gas, power = make_skill("gas"), make_skill("power")
    first, second = make_engineer(skills={"gas": 2}), make_engineer(skills={"power": 2})
    for cover, fits in (("any", True), ("all", False)):
        work_order = lift(crew_cover=cover)
        for skill in (gas, power):
            work_order.work_order_skills.create(skill=skill, level=1)
        if fits:
            visits = plan(work_order, first, second)
            services.cancel_visit(visit_id=visits[0].pk, reason="tests", actor=SYSTEM, at=AT)
        else:
            with pytest.raises(services.CannotSchedule):
                plan(work_order, first, second)


def test_moving_sending_and_calling_off_take_the_whole_crew(in_acme: Company) -> None:
    third = make_engineer("Third")
    visits = plan(lift(), make_engineer(), make_engineer())
    services.send_visit(visit_id=visits[0].pk, actor=SYSTEM, at=AT)
    assert set(Visit.objects.values_list("status", flat=True)) == {VisitStatus.DISPATCHED}
    moved = services.move_visit(
        visit_id=visits[0].pk,
        engineer_id=third.pk,
        start_at=AT + 3 * HOUR,
        version=2,
        actor=SYSTEM,
        at=AT,
    )
    connection.check_constraints()
    assert moved.engineer_id == third.pk
    assert set(Visit.objects.values_list("start_at", flat=True)) == {AT + 3 * HOUR}
    with pytest.raises(services.CannotSchedule, match="already"):
        services.move_visit(
            visit_id=visits[1].pk,
            engineer_id=third.pk,
            start_at=AT + 3 * HOUR,
            version=3,
            actor=SYSTEM,
            at=AT,
        )
    services.cancel_visit(visit_id=visits[1].pk, reason="no lift", actor=SYSTEM, at=AT)
    connection.check_constraints()
    assert set(Visit.objects.values_list("status", flat=True)) == {VisitStatus.CANCELLED}


def test_the_first_crew_is_found_or_the_reason_told(in_acme: Company) -> None:
    ill, well = make_engineer("Ill"), make_engineer("Well")
    work_order = lift()
    team = queries.crew_for(queries.get_work_order(work_order.pk), AT)
    assert isinstance(team, Team)
    assert {verdict.person.id for verdict in team.verdicts} == {ill.pk, well.pk}
    Absence.objects.create(engineer=ill, start_at=AT - HOUR, end_at=AT + timedelta(days=9))
    why = queries.crew_for(queries.get_work_order(work_order.pk), AT)
    assert isinstance(why, Reason)
    assert why.code == "crew"


def test_a_rule_sends_a_whole_crew_or_says_why_not(in_acme: Company) -> None:
    make_rule()
    make_engineer()
    work_order = lift()
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert (run.outcome, run.explanation["excluded"][0]["code"]) == (RunOutcome.NOBODY, "crew")
    make_engineer()
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    connection.check_constraints()
    assert run.outcome == RunOutcome.ASSIGNED
    assert len(run.explanation["chosen"]["crew"]) == 2
    assert len({(visit.crew_key, visit.start_at) for visit in Visit.objects.all()}) == 1
    assert Visit.objects.count() == 2


def test_a_batch_plans_crews_and_others_side_by_side(in_acme: Company) -> None:
    make_rule()
    for _n in range(3):
        make_engineer()
    orders = [lift(), make_work_order(), lift()]
    counts = services.auto_dispatch_open(actor=SYSTEM, at=AT)
    connection.check_constraints()
    assert counts["assigned"] == 3
    assert Visit.objects.filter(work_order__in=orders).count() == 5


def test_a_dispatcher_plans_the_crew_that_is_suggested(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    make_engineer("Ann")
    make_engineer("Bob")
    work_order = lift()
    path = f"/t/acme/work-orders/{work_order.pk}/"
    assert f"{path}crew/" in client.get(path).content.decode()
    page = client.get(f"{path}crew/").content.decode()
    assert "2 engineers go together, or nobody does." in page
    assert len(re.findall(r'name="engineers"[^>]* checked', page)) == 2
    chosen = list(Engineer.objects.values_list("pk", flat=True))
    start = (now() + timedelta(days=1)).astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%dT10:00")
    refused = client.post(f"{path}crew/", {"engineers": chosen[:1], "start_at": start})
    assert refused.status_code == 422
    assert "a crew of 2 is needed, not of 1" in refused.content.decode()
    answer = client.post(f"{path}crew/", {"engineers": chosen, "start_at": start})
    assert answer.status_code == 303
    assert Visit.objects.filter(work_order=work_order).count() == 2


def test_work_takes_its_crew_from_the_kind_of_work(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.ada.user)
    given = {"code": "lift", "name": "Lift", "duration_minutes": 60, "crew_size": 2, "crew_cover": "any"}
    assert client.post("/t/acme/settings/work-types/new/", given).status_code == 303
    kind = WorkType.objects.get(code="lift")
    made = services.create_work_order(
        site_id=make_place().pk, work_type_id=kind.pk, subject="Up", actor=SYSTEM, at=AT
    )
    assert (made.crew_size, made.crew_cover) == (2, "any")
