"""Work that takes several days in a planning run: all its stints are proposed and accepted, or none."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db import connection

from core.clock import now
from dispatch.enums import LockLevel, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from planning.enums import ChangeKind, ChangeState
from planning.models import PlanChange
from tests.cast import Company
from tests.factories.dispatch import make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from tests.planning.runs import HOUR, accept, proposal, tomorrow
from workforce.models import Absence

THREE_DAYS = {"until": tomorrow(72)}


def length(row: PlanChange) -> timedelta:
    assert row.to_start_at is not None and row.to_end_at is not None
    return row.to_end_at - row.to_start_at


def test_all_stints_are_one_thing_to_accept(in_acme: Company) -> None:
    make_engineer()
    work_order = make_work_order(may_split=True, duration_minutes=20 * 60)
    run = proposal(**THREE_DAYS)
    rows = list(run.changes.all())
    assert [row.kind for row in rows] == [ChangeKind.ADD] * 3
    assert len({row.crew_key for row in rows}) == 1
    assert accept(run, rows[1].pk) == {"accepted": 3, "stale": 0}
    work_order.refresh_from_db()
    assert (work_order.status, work_order.left_minutes) == (WorkOrderStatus.SCHEDULED, 0)
    assert set(Visit.objects.values_list("crew_key", flat=True)) == {None}


def crews_of(work_order: WorkOrder) -> list[int]:
    """How many engineers each stint has, in order of time."""
    keys = [visit.crew_key for visit in work_order.visits.order_by("start_at")]
    assert None not in keys
    return [keys.count(key) for key in dict.fromkeys(keys)]


def test_a_crew_goes_on_all_days_or_on_none(in_acme: Company) -> None:
    first, second = make_engineer(), make_engineer()
    work_order = make_work_order(may_split=True, crew_size=2, duration_minutes=20 * 60)
    run = proposal(**THREE_DAYS)
    rows = list(run.changes.all())
    assert {row.to_engineer_id for row in rows} == {first.pk, second.pk}
    assert (len(rows), len({row.to_start_at for row in rows}), len({row.crew_key for row in rows})) == (
        6,
        3,
        1,
    )
    assert accept(run, rows[1].pk) == {"accepted": 6, "stale": 0}
    connection.check_constraints()
    assert crews_of(work_order) == [2, 2, 2]
    work_order.refresh_from_db()
    assert (work_order.status, work_order.left_minutes) == (WorkOrderStatus.SCHEDULED, 0)


def test_work_of_a_crew_that_fits_a_day_is_planned_whole(in_acme: Company) -> None:
    make_engineer(), make_engineer()
    work_order = make_work_order(may_split=True, crew_size=2, duration_minutes=4 * 60)
    run = proposal(**THREE_DAYS)
    assert {length(row) for row in run.changes.all()} == {4 * HOUR}
    accept(run)
    connection.check_constraints()
    assert crews_of(work_order) == [2]


def test_a_crew_that_finds_no_second_engineer_says_so(in_acme: Company) -> None:
    make_engineer()
    make_work_order(may_split=True, crew_size=2, duration_minutes=20 * 60)
    (row,) = proposal(**THREE_DAYS).changes.all()
    assert (row.kind, row.reasons[0]["code"]) == (ChangeKind.UNSERVED, "crew")


def test_a_crew_of_several_days_is_told_who_lacks_what(in_acme: Company) -> None:
    make_engineer("Tom", skills={"gas": 2}), make_engineer("Uma")
    kind = make_work_type(skills={"gas": 2})
    make_work_order(may_split=True, crew_size=2, duration_minutes=20 * 60, work_type=kind)
    (row,) = proposal(**THREE_DAYS).changes.all()
    (way,) = row.ways_out or []
    assert (way["code"], way["name"], way["with"], way["stints"]) == ("skill", "Uma", ["Tom"], 3)


def test_a_stint_of_a_crew_is_given_to_another_when_one_is_ill(in_acme: Company) -> None:
    first, second, third = make_engineer(), make_engineer(), make_engineer()
    work_order = make_work_order(may_split=True, crew_size=2, duration_minutes=8 * 60)
    keys = [uuid4(), uuid4()]
    visits = [
        make_visit(tomorrow(hour), engineer=who, work_order=work_order, minutes=240, crew_key=key)
        for hour, key in zip((9, 33), keys, strict=True)
        for who in (first, second)
    ]
    assert not proposal(**THREE_DAYS).changes.exists()
    Absence.objects.create(engineer=second, start_at=tomorrow(24), end_at=tomorrow(72))
    run = proposal(**THREE_DAYS)
    assert {row.visit_id for row in run.changes.all()} <= {visit.pk for visit in visits[2:]}
    accept(run)
    connection.check_constraints()
    assert crews_of(work_order) == [2, 2]
    assert {v.engineer_id for v in work_order.visits.filter(crew_key=keys[1])} == {first.pk, third.pk}


def test_when_one_stint_is_overtaken_none_is_planned(in_acme: Company) -> None:
    engineer = make_engineer()
    make_work_order(may_split=True, duration_minutes=20 * 60)
    run = proposal(**THREE_DAYS)
    last = run.changes.order_by("to_start_at").last()
    assert last is not None and last.to_start_at is not None
    other = make_visit(last.to_start_at + HOUR / 2, engineer=engineer)
    assert accept(run) == {"accepted": 0, "stale": 3}
    assert set(run.changes.values_list("state", flat=True)) == {ChangeState.STALE}
    assert list(Visit.objects.all()) == [other]


def test_work_that_finds_no_days_enough_says_how_much_is_left(in_acme: Company) -> None:
    make_engineer()
    make_work_order(may_split=True, duration_minutes=40 * 60)
    run = proposal(**THREE_DAYS)
    (row,) = run.changes.all()
    assert row.kind == ChangeKind.UNSERVED
    assert row.reasons[0]["code"] == "shift" and row.reasons[0]["left_minutes"] > 0
    (way,) = row.ways_out or []
    assert (way["code"], way["stints"]) == ("day", 5), "planned over more days, it would be done"
    assert not proposal(until=tomorrow(6 * 24)).changes.filter(kind=ChangeKind.UNSERVED).exists()


def test_work_longer_than_any_shift_names_the_longest(in_acme: Company) -> None:
    make_engineer()
    make_work_order(duration_minutes=12 * 60)
    (row,) = proposal(**THREE_DAYS).changes.all()
    assert {"longest": 540, "needed": 720}.items() <= row.reasons[0].items()


def test_work_that_fits_a_day_is_planned_whole(in_acme: Company) -> None:
    make_engineer()
    make_work_order(may_split=True, duration_minutes=4 * 60)
    (row,) = proposal(**THREE_DAYS).changes.all()
    assert length(row) == 4 * HOUR


def test_what_is_left_of_begun_work_is_planned(in_acme: Company) -> None:
    engineer = make_engineer()
    work_order = make_work_order(
        may_split=True, duration_minutes=10 * 60, promised_end_at=now() - timedelta(days=3)
    )
    make_visit(tomorrow(9), engineer=engineer, work_order=work_order, minutes=300)
    (row,) = proposal(**THREE_DAYS).changes.all()
    assert (length(row), row.late_minutes) == (5 * HOUR, 0)
    accept(row.run)
    work_order.refresh_from_db()
    assert (work_order.status, work_order.left_minutes) == (WorkOrderStatus.SCHEDULED, 0)


def test_a_stint_moves_only_when_its_engineer_cannot_come(in_acme: Company) -> None:
    first, second = make_engineer(), make_engineer()
    work_order = make_work_order(may_split=True, duration_minutes=8 * 60)
    make_visit(tomorrow(9), engineer=first, work_order=work_order, minutes=240, lock_level=LockLevel.PROPOSED)
    ill = make_visit(tomorrow(33), engineer=first, work_order=work_order, minutes=240)
    assert not proposal(**THREE_DAYS).changes.exists()
    Absence.objects.create(engineer=first, start_at=tomorrow(24), end_at=tomorrow(48))
    (row,) = proposal(**THREE_DAYS).changes.all()
    assert (row.kind, row.visit_id) == (ChangeKind.MOVE, ill.pk)
    accept(row.run)
    ill.refresh_from_db()
    assert ill.end_at - ill.start_at == 4 * HOUR
    away = ill.start_at < tomorrow(48) and ill.end_at > tomorrow(24)
    assert ill.engineer_id == second.pk or not away
