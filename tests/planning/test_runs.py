"""Planning runs from being asked for to being accepted, against the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from core.clock import now
from core.errors import BadInput, Conflict, IllegalTransition, NotAllowed
from dispatch import services as dispatch
from dispatch.enums import ConsentCause, LockLevel, VisitStatus, WorkOrderStatus
from dispatch.models import ConsentRequest, DispatchPolicy, Visit, WorkOrder
from journal.models import OutboxEvent
from planning import services
from planning.enums import ChangeKind, ChangeState, RunKind, RunState
from planning.models import PlanRun
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import Company
from tests.factories.consents import make_appointment
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer, make_territory
from workforce.models import Absence, EngineerPair

SYSTEM = Actor.system("tests")
HOUR = timedelta(hours=1)
TOKYO = ZoneInfo("Asia/Tokyo")
DAY = timedelta(days=1)


def tomorrow(hour: int = 0) -> datetime:
    """An hour of tomorrow in Tokyo, the company's zone."""
    today = now().astimezone(UTC) + timedelta(hours=9)
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(hours=9)
    return midnight + DAY + hour * HOUR


def proposal(**facts: Any) -> PlanRun:
    """A run over tomorrow, carried out."""
    given: dict[str, Any] = {
        "from_at": tomorrow(),
        "until": tomorrow(24),
        "actor": SYSTEM,
        "at": now(),
        "steps": 40,
        **facts,
    }
    run = services.ask_plan(**given)
    assert services.carry_out_due() == 1
    run.refresh_from_db()
    assert run.state in (RunState.PROPOSED, RunState.NOTHING), run.problem
    return run


def accept(run: PlanRun, *change_ids: int) -> dict[str, int]:
    return services.accept_changes(run_id=run.pk, change_ids=list(change_ids) or None, actor=SYSTEM, at=now())


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


def test_a_run_that_changes_nothing_has_nothing_to_decide(in_acme: Company) -> None:
    make_engineer(hours=None)
    make_work_order()
    run = proposal()
    assert run.state == RunState.NOTHING
    assert [row.kind for row in run.changes.all()] == [ChangeKind.UNSERVED]
    assert accept(run) == {"accepted": 0, "stale": 0}
    run.refresh_from_db()
    assert run.state == RunState.NOTHING


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


def test_what_cannot_be_planned_says_why(in_acme: Company) -> None:
    make_engineer(skills={"gas": 1})
    work_order = make_work_order()
    work_order.work_order_skills.create(skill=make_engineer(skills={"lift": 1}).skills.get(), level=3)
    run = proposal()
    (change,) = run.changes.all()
    assert change.kind == ChangeKind.UNSERVED
    assert change.reasons[0]["code"] == "skill"
    assert change.reasons[0]["people"] == 2


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


def test_what_was_sent_or_promised_stays_when_a_day_is_built(in_acme: Company) -> None:
    far, near = make_engineer("Far", home_latitude=36.2), make_engineer("Near")
    north = make_work_order(site=make_place(latitude=36.2))
    sent = make_visit(
        tomorrow(9), engineer=far, work_order=north, sent_at=now(), status=VisitStatus.DISPATCHED
    )
    firm = make_visit(tomorrow(11), engineer=far, work_order=north, lock_level=LockLevel.CONFIRMED)
    loose = make_visit(tomorrow(15), engineer=far)
    run = proposal()
    assert [change.visit for change in run.changes.all()] == [loose]
    assert accept(run)["accepted"] == 1
    for visit in (sent, firm):
        visit.refresh_from_db()
        assert visit.engineer == far
    loose.refresh_from_db()
    assert loose.engineer == near


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


def test_those_who_never_go_together_do_not(in_acme: Company) -> None:
    first, second, third = (make_engineer(name) for name in "abc")
    EngineerPair.objects.create(first=first, second=second, liking="excluded")
    make_work_order(crew_size=2)
    assert third in {change.to_engineer for change in proposal().changes.all()}


def test_a_territory_plans_its_own_work_with_its_own_people(in_acme: Company) -> None:
    north = make_territory("North")
    mine = make_engineer(territories=[north])
    make_engineer()
    inside = make_work_order(site=make_place("NORTH"))
    make_work_order(site=make_place("South"))
    run = proposal(territory_id=north.pk)
    (change,) = run.changes.all()
    assert (change.work_order, change.to_engineer) == (inside, mine)


def test_several_days_are_planned_one_after_the_other(in_acme: Company) -> None:
    make_engineer()
    for _n in range(10):
        make_work_order(duration_minutes=120)
    run = proposal(until=tomorrow(72))
    days = {change.to_start_at.astimezone(TOKYO).date() for change in run.changes.all() if change.to_start_at}
    assert len(days) == 3
    assert run.figures["after"]["unserved"] == 0


def test_the_same_steps_propose_the_same_plan(in_acme: Company) -> None:
    for n in range(4):
        make_engineer(home_longitude=139.7 + n / 40)
    for n in range(12):
        make_work_order(site=make_place(latitude=35.6 + n / 60))
    told = []
    for _again in range(2):
        run = proposal()
        told.append(
            list(run.changes.values_list("work_order", "to_engineer", "to_start_at").order_by("work_order"))
        )
        services.reject_changes(run_id=run.pk, actor=SYSTEM, at=now())
    assert told[0] == told[1]


def test_the_policy_in_force_is_pinned_on_the_run_and_its_visits(in_acme: Company) -> None:
    DispatchPolicy.objects.create(version=7, status="published", created_at=now(), published_at=now())
    make_engineer()
    make_work_order()
    run = proposal()
    assert run.policy_version == 7
    accept(run)
    assert Visit.objects.get().policy_version == 7


def test_a_run_may_be_called_off_before_and_not_after(in_acme: Company) -> None:
    make_engineer()
    make_work_order()
    given: dict[str, Any] = {
        "from_at": tomorrow(),
        "until": tomorrow(24),
        "actor": SYSTEM,
        "at": now(),
        "steps": 40,
    }
    run = services.ask_plan(**given)
    services.cancel_run(run_id=run.pk, actor=SYSTEM, at=now())
    assert services.carry_out_due() == 0
    done = proposal()
    with pytest.raises(IllegalTransition, match="Proposed"):
        services.cancel_run(run_id=done.pk, actor=SYSTEM, at=now())
    with pytest.raises(IllegalTransition, match="Cancelled"):
        accept(run)


def test_two_runs_over_the_same_people_do_not_run_at_once(in_acme: Company) -> None:
    given: dict[str, Any] = {"from_at": tomorrow(), "until": tomorrow(24), "actor": SYSTEM, "at": now()}
    run = services.ask_plan(**given)
    with pytest.raises(Conflict, match=str(run)):
        services.ask_plan(**given)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"until": tomorrow(-1)}, "end after it begins"),
        ({"from_at": tomorrow(-72), "until": tomorrow(-48)}, "is over"),
        ({"until": tomorrow(24 * 30)}, "14 days"),
        ({"kind": "magic"}, "magic is no kind"),
    ],
)
def test_an_impossible_run_is_refused(in_acme: Company, facts: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {
        "from_at": tomorrow(),
        "until": tomorrow(24),
        "actor": SYSTEM,
        "at": now(),
        **facts,
    }
    with pytest.raises(BadInput, match=said):
        services.ask_plan(**given)


def test_only_who_plans_visits_may_plan(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        services.ask_plan(from_at=tomorrow(), until=tomorrow(24), actor=in_acme.tom.actor, at=now())


def test_a_run_whose_planner_died_is_taken_up_again_three_times(in_acme: Company) -> None:
    make_engineer()
    run = services.ask_plan(from_at=tomorrow(), until=tomorrow(24), actor=SYSTEM, at=now(), steps=10)
    gone = now() - timedelta(minutes=5)
    PlanRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, leased_until=gone, attempts=1)
    assert services.carry_out_due() == 1
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.NOTHING, 2)
    PlanRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, leased_until=gone, attempts=3)
    assert services.carry_out_due() == 1
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "three times" in run.problem


@pytest.mark.django_db
def test_companies_take_turns(acme: Company, globex: Company) -> None:
    """Whoever asks for many plans first keeps nobody waiting for all of them."""
    asked: list[tuple[str, int]] = []
    for company, territories in ((acme, ("North", "South", "West")), (globex, ("East",))):
        with tenant_active(company.tenant.pk):
            for name in territories:
                run = services.ask_plan(
                    from_at=tomorrow(),
                    until=tomorrow(24),
                    territory_id=make_territory(name=name).pk,
                    actor=SYSTEM,
                    at=now(),
                    steps=1,
                )
                asked.append((name, run.pk))
    order = []
    for _turn in asked:
        services.carry_out_due(limit=1)
        order += [name for name, pk in asked if name not in order and _has_ended(pk, acme, globex)]
    assert order == ["North", "East", "South", "West"]


def _has_ended(run_id: int, *companies: Company) -> bool:
    for company in companies:
        with tenant_active(company.tenant.pk):
            if PlanRun.objects.filter(pk=run_id, ended_at__isnull=False).exists():
                return True
    return False


def test_a_day_without_engineers_or_work_is_no_failure(in_acme: Company) -> None:
    assert not proposal().changes.exists()
    make_work_order()
    (change,) = proposal().changes.all()
    assert change.kind == ChangeKind.UNSERVED
    assert change.reasons[0]["code"] == "nobody"


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
