"""Accepting what a run proposes: whole or by row, in the world as it is by then; and the journeys of a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core.clock import now
from core.errors import Conflict
from dispatch import services as dispatch
from dispatch.enums import ConsentCause, VisitStatus, WorkOrderStatus
from dispatch.models import ConsentRequest, Visit, WorkOrder
from journal.models import OutboxEvent
from planning import services
from planning.enums import ChangeKind, ChangeState, RunKind, RunState
from planning.models import PlanChange
from tests.cast import Company
from tests.factories.consents import make_appointment
from tests.factories.dispatch import make_place, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from tests.planning.runs import SYSTEM, accept, proposal, tomorrow
from workforce.models import Absence


def test_a_day_is_proposed_then_accepted_whole(in_acme: Company) -> None:
    for _n in range(3):
        make_engineer()
    orders = [make_work_order() for _n in range(8)]
    run = proposal()
    changes = list(run.changes.all())
    assert [change.kind for change in changes] == [ChangeKind.ADD] * 8
    assert not Visit.objects.exists()
    assert run.figures["before"]["unserved"] == 8
    assert run.figures["after"] | {"travel_minutes": 0, "work_minutes": 0} == {
        "visits": 8,
        "travel_minutes": 0,
        "work_minutes": 0,
        "late": 0,
        "late_minutes": 0,
        "overtime_minutes": 0,
        "unserved": 0,
    }
    assert accept(run) == {"accepted": 8, "stale": 0}
    assert Visit.objects.filter(status=VisitStatus.SCHEDULED, sent_at=None).count() == 8
    run.refresh_from_db()
    assert run.state == RunState.CLOSED
    assert {WorkOrder.objects.get(pk=one.pk).status for one in orders} == {WorkOrderStatus.SCHEDULED}
    assert accept(run) == {"accepted": 0, "stale": 0}
    assert OutboxEvent.objects.filter(name="dispatch.VisitScheduled").count() == 8


def test_rows_may_be_accepted_one_by_one_and_the_rest_refused(in_acme: Company) -> None:
    make_engineer()
    for _n in range(3):
        make_work_order()
    run = proposal()
    first, second, third = run.changes.order_by("id")
    assert accept(run, first.pk) == {"accepted": 1, "stale": 0}
    assert services.reject_changes(run_id=run.pk, change_ids=[second.pk], actor=SYSTEM, at=now()) == 1
    run.refresh_from_db()
    assert run.state == RunState.PROPOSED
    states = dict(run.changes.values_list("id", "state"))
    assert states == {
        first.pk: ChangeState.ACCEPTED,
        second.pk: ChangeState.REJECTED,
        third.pk: ChangeState.OPEN,
    }
    assert Visit.objects.count() == 1


def test_a_row_that_was_overtaken_is_told_and_the_others_are_carried_out(in_acme: Company) -> None:
    engineer = make_engineer()
    orders = [make_work_order() for _n in range(3)]
    run = proposal()
    dispatch.schedule_visit(
        work_order_id=orders[0].pk,
        engineer_id=engineer.pk,
        start_at=tomorrow(16),
        actor=SYSTEM,
        at=now(),
    )
    assert accept(run) == {"accepted": 2, "stale": 1}
    stale = run.changes.get(state=ChangeState.STALE)
    assert stale.work_order == orders[0]
    assert stale.reasons[0]["code"] == "already_planned"
    assert Visit.objects.count() == 3


def test_a_time_that_was_taken_meanwhile_is_overtaken_too(in_acme: Company) -> None:
    engineer = make_engineer()
    make_work_order()
    run = proposal()
    (change,) = run.changes.all()
    assert change.to_start_at is not None
    make_visit(change.to_start_at, engineer=engineer)
    assert accept(run) == {"accepted": 0, "stale": 1}
    change.refresh_from_db()
    assert change.reasons[0]["code"] == "overlap"


def test_visits_may_change_places(in_acme: Company) -> None:
    here, there = make_place(latitude=35.60, longitude=139.60), make_place(latitude=35.90, longitude=139.90)
    near_here = make_engineer("Here", home_latitude=35.60, home_longitude=139.60)
    near_there = make_engineer("There", home_latitude=35.90, home_longitude=139.90)
    for hour in (9, 11, 13, 15):
        make_visit(tomorrow(hour), engineer=near_there, work_order=make_work_order(site=here))
        make_visit(tomorrow(hour), engineer=near_here, work_order=make_work_order(site=there))
    run = proposal()
    moves = run.changes.filter(kind=ChangeKind.MOVE)
    assert moves.count() == 8
    assert run.figures["after"]["travel_minutes"] < run.figures["before"]["travel_minutes"]
    assert accept(run) == {"accepted": 8, "stale": 0}
    assert set(Visit.objects.filter(engineer=near_here).values_list("work_order__site", flat=True)) == {
        here.pk
    }


def test_an_urgent_breakdown_replans_the_afternoon(in_acme: Company) -> None:
    """One engineer falls ill, an urgent breakdown comes: few customers notice, all is explained."""
    engineers = [make_engineer(f"E{n}", home_longitude=139.70 + n / 50) for n in range(4)]
    visits = [
        make_visit(
            tomorrow(hour),
            engineer=engineer,
            work_order=make_work_order(site=make_place(longitude=139.70 + n / 50 + hour / 2000)),
            sent_at=now(),
            status=VisitStatus.DISPATCHED,
        )
        for n, engineer in enumerate(engineers)
        for hour in (9, 11, 13, 15)
    ]
    Absence.objects.create(engineer=engineers[0], start_at=tomorrow(12), end_at=tomorrow(24), reason="ill")
    urgent = make_work_order(priority=1, promised_end_at=tomorrow(14))
    run = proposal(kind=RunKind.REPAIR, steps=150)
    changes = list(run.changes.all())
    placed = next(change for change in changes if change.work_order == urgent)
    assert placed.kind == ChangeKind.ADD
    assert placed.late_minutes == 0
    stranded = {visit.work_order_id for visit in visits if visit.engineer == engineers[0]} & {
        visit.work_order_id for visit in visits if visit.start_at >= tomorrow(12)
    }
    disturbed = {change.work_order_id for change in changes} - {urgent.pk}
    assert stranded <= disturbed
    assert run.figures["changes"]["told"] <= len(stranded) + 1
    assert accept(run)["stale"] == 0
    for visit in Visit.objects.filter(engineer=engineers[0]).exclude(status=VisitStatus.CANCELLED):
        assert visit.end_at <= tomorrow(12)


def test_a_lift_for_two_with_one_ill_goes_to_another_two_or_is_told(in_acme: Company) -> None:
    ill, well, third = make_engineer("Ill"), make_engineer("Well"), make_engineer("Third")
    lift = make_work_order(crew_size=2)
    key = uuid4()
    with transaction.atomic():
        for engineer in (ill, well):
            make_visit(tomorrow(10), engineer=engineer, work_order=lift, crew_key=key)
    Absence.objects.create(engineer=ill, start_at=tomorrow(8), end_at=tomorrow(20), reason="ill")
    run = proposal()
    changes = list(run.changes.all())
    assert {change.to_engineer for change in changes} == {well, third}
    assert len({change.to_start_at for change in changes}) == 1
    assert accept(run, changes[0].pk) == {"accepted": 2, "stale": 0}
    going = Visit.objects.filter(work_order=lift).exclude(status=VisitStatus.CANCELLED)
    assert {visit.engineer for visit in going} == {well, third}
    assert len({(visit.start_at, visit.crew_key) for visit in going}) == 1

    Absence.objects.create(engineer=third, start_at=tomorrow(8), end_at=tomorrow(20), reason="ill")
    run = proposal()
    assert [change.kind for change in run.changes.all()] == [ChangeKind.UNPLAN] * 2
    assert {change.reasons[0]["code"] for change in run.changes.all()} == {"crew"}
    assert accept(run)["accepted"] == 2
    lift.refresh_from_db()
    assert lift.status == WorkOrderStatus.UNSCHEDULED


def test_half_a_crew_is_refused_by_the_database(in_acme: Company) -> None:
    lift = make_work_order(crew_size=2)
    with pytest.raises(IntegrityError, match="crew"), transaction.atomic():
        make_visit(tomorrow(10), work_order=lift, crew_key=uuid4())
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_confirmed_visit_whose_engineer_is_ill_needs_the_customers_consent(in_acme: Company) -> None:
    """Within the window a colleague comes without a word; outside of it the customer is asked, and nothing moves."""
    ill = make_engineer("Ill", hours=("09:00", "12:00"))
    make_engineer("Other", hours=("10:00", "20:00"))
    at = now()
    kept = make_appointment(at, engineer=ill, hour=10)
    lost = make_appointment(at, engineer=ill, hour=8, email="lost@ginza.example")
    mute = make_appointment(at, engineer=ill, hour=6, email="")
    Absence.objects.create(engineer=ill, start_at=tomorrow(), end_at=tomorrow(24), reason="ill")
    run = proposal(kind=RunKind.REPAIR)
    kinds = {change.visit_id: change.kind for change in run.changes.all()}
    assert kinds == {kept.pk: ChangeKind.MOVE, lost.pk: ChangeKind.ASK, mute.pk: ChangeKind.ASK}
    assert accept(run) == {"accepted": 1, "stale": 1, "asked": 1}
    consent = ConsentRequest.objects.get()
    assert (consent.visit, consent.cause) == (lost, ConsentCause.PLANNING)
    change = run.changes.get(visit=lost)
    wish = consent.options[0]
    assert wish["is_wished"] and datetime.fromisoformat(wish["at"]) == change.to_start_at
    for visit in (lost, mute):
        before = visit.start_at
        visit.refresh_from_db()
        assert (visit.engineer, visit.start_at) == (ill, before)
    kept.refresh_from_db()
    assert kept.engineer.name == "Other"
    assert run.changes.get(visit=mute).reasons[0]["code"] == "no_way"
    dispatch.answer_consent(consent_id=consent.pk, choice=0, actor=SYSTEM, at=now())
    lost.refresh_from_db()
    assert (lost.start_at, lost.engineer.name) == (change.to_start_at, "Other")


def test_a_row_that_needs_room_names_the_row_that_makes_it(in_acme: Company, client: Client) -> None:
    """Tom's only hour is taken: the urgent work fits there once the other visit moves to Uma."""
    skilled = make_work_type(skills={"gas": 2})
    tom, uma = make_engineer("Tom", skills={"gas": 2}), make_engineer("Uma")
    start = tomorrow(10)
    taken = make_visit(start, engineer=tom)
    urgent = make_work_order(work_type=skilled)
    run = proposal()
    run.changes.all().delete()
    facts = {"run": run, "state": ChangeState.OPEN, "to_start_at": start}
    needs = PlanChange.objects.create(
        **facts,
        kind=ChangeKind.ADD,
        work_order=urgent,
        work_order_version=urgent.version,
        to_engineer=tom,
        to_end_at=start + timedelta(minutes=urgent.duration_minutes),
    )
    makes = PlanChange.objects.create(
        **facts,
        kind=ChangeKind.MOVE,
        work_order=taken.work_order,
        visit=taken,
        visit_version=taken.version,
        from_engineer=tom,
        from_start_at=start,
        to_engineer=uma,
        to_end_at=taken.end_at,
    )
    client.force_login(in_acme.dora.user)
    page = f"/t/acme/planning/{run.pk}/"
    with pytest.raises(Conflict) as refused:
        accept(run, needs.pk)
    assert refused.value.problem_code == "waits" and refused.value.facts["rows"] == [needs.pk, makes.pk]
    assert str(urgent) in str(refused.value) and str(taken.work_order) in str(refused.value)
    needs.refresh_from_db()
    assert needs.state == ChangeState.OPEN, "nothing was put aside"
    answer = client.post(f"{page}decide/", {"act": "accept", "change": needs.pk}, follow=True)
    shown = answer.content.decode()
    assert "possible only with" in shown and shown.count(" checked aria-label") == 2
    assert accept(run, needs.pk, makes.pk) == {"accepted": 2, "stale": 0}
