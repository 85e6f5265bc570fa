"""Work that hangs on other work of the same run: planned in one go, accepted together, explained when it cannot be."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from core.errors import Conflict
from dispatch.enums import LinkKind, WorkOrderStatus
from dispatch.models import Visit, WorkOrder, WorkOrderLink
from planning.days import Task, Wait
from planning.enums import ChangeKind, ChangeState
from planning.plans import Plan
from tests.cast import Company
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import accept, proposal, tomorrow
from tests.planning.test_plans import HOUR, person, planned, task
from workforce.models import Absence

UTC = ZoneInfo("UTC")


def waits(one: Task, first: int, kind: str = LinkKind.AFTER, gap: int = 0) -> Task:
    """The task after another one."""
    return Task(one.work, one.priority, waits=(*one.waits, Wait(first, f"WO-{first}", kind, gap, UTC)))


def times(found: Plan) -> dict[int, tuple[int, int, int]]:
    return {one.task.work.id: (one.start, one.end, one.person_id) for one in found.placed}


def test_a_chain_of_three_is_planned_in_one_run() -> None:
    chain = [waits(task(3), 2), waits(task(2), 1, gap=HOUR), task(1)]
    at = times(planned([person(1), person(2)], chain))
    assert at[2][0] >= at[1][1] + HOUR
    assert at[3][0] >= at[2][1]


def test_times_are_whole_minutes() -> None:
    chain = [waits(task(n), n - 1) if n > 1 else task(n) for n in range(1, 5)]
    lift = task(9, crew_size=2)
    found = planned([person(1), person(2)], [*chain, lift])
    assert len(found.placed) == 6
    assert all(one.start % 60 == 0 for one in found.placed)


@pytest.mark.parametrize("kind", LinkKind.values)
def test_every_kind_of_link_is_kept(kind: str) -> None:
    tasks = [task(1), waits(task(2), 1, kind), *(task(n, priority=4) for n in range(3, 9))]
    at = times(planned([person(1), person(2)], tasks))
    assert at[2][0] >= at[1][1]
    if kind == LinkKind.IMMEDIATELY:
        assert at[2][0] <= at[1][1] + 1800
    if kind == LinkKind.SAME_ENGINEER:
        assert at[2][2] == at[1][2]


def test_what_waits_for_two_begins_after_both() -> None:
    at = times(
        planned([person(1), person(2)], [waits(waits(task(3), 1), 2), task(1), task(2, seconds=3 * HOUR)])
    )
    assert at[3][0] >= max(at[1][1], at[2][1])


def test_a_crew_may_wait_and_be_waited_for() -> None:
    at = times(
        planned(
            [person(1), person(2)],
            [waits(task(3), 2), waits(task(2, crew_size=2), 1), task(1)],
        )
    )
    assert at[1][1] <= at[2][0] and at[2][1] <= at[3][0]


def test_what_waits_for_work_without_a_place_has_none() -> None:
    found = planned([person(1)], [waits(task(2), 1), task(1, skills={7: 1})])
    assert not found.placed
    told = {one.work.id: reasons[0] for one, reasons in found.unplaced}
    assert told[1].code == "skill"
    assert (told[2].code, told[2].facts["work_order"]) == ("dependency", "WO-1")


def pair(kind: str = LinkKind.AFTER) -> tuple[WorkOrder, WorkOrder]:
    first, then = make_work_order(), make_work_order()
    WorkOrderLink.objects.create(first=first, then=then, kind=kind)
    return first, then


def test_two_that_both_wait_are_proposed_and_accepted_together(in_acme: Company) -> None:
    make_engineer()
    first, then = pair()
    run = proposal()
    rows = {row.work_order_id: row for row in run.changes.all()}
    before, after = rows[first.pk].to_end_at, rows[then.pk].to_start_at
    assert before is not None and after is not None and after >= before
    assert accept(run) == {"accepted": 2, "stale": 0}
    assert Visit.objects.count() == 2


def test_the_second_is_not_accepted_without_the_first(in_acme: Company) -> None:
    make_engineer()
    first, then = pair()
    run = proposal()
    rows = {row.work_order_id: row.pk for row in run.changes.all()}
    with pytest.raises(Conflict, match=str(first)) as refused:
        accept(run, rows[then.pk])
    assert refused.value.problem_code == "waits"
    assert not Visit.objects.exists()
    assert accept(run, rows[first.pk]) == {"accepted": 1, "stale": 0}
    assert accept(run, rows[then.pk]) == {"accepted": 1, "stale": 0}


def test_when_the_first_is_overtaken_the_second_is_too(in_acme: Company) -> None:
    engineer = make_engineer()
    first, then = pair()
    run = proposal()
    row = run.changes.get(work_order=first)
    assert row.to_start_at is not None
    make_visit(row.to_start_at, engineer=engineer)
    assert accept(run)["accepted"] == 0
    late = run.changes.get(work_order=then)
    assert (late.state, late.reasons[0]["code"]) == (ChangeState.STALE, "dependency")
    then.refresh_from_db()
    assert then.status == WorkOrderStatus.UNSCHEDULED


def test_what_is_waited_for_moves_only_as_far_as_that_lets_it(in_acme: Company) -> None:
    ill, well = make_engineer(), make_engineer()
    first, then = pair()
    visit = make_visit(tomorrow(9), engineer=ill, work_order=first)
    make_visit(tomorrow(11), engineer=well, work_order=then, lock_level="confirmed")
    Absence.objects.create(engineer=ill, start_at=tomorrow(8), end_at=tomorrow(10))
    (row,) = proposal().changes.all()
    assert (row.kind, row.visit_id) == (ChangeKind.MOVE, visit.pk)
    assert row.to_end_at is not None and row.to_end_at <= tomorrow(11)
    assert row.to_start_at != visit.start_at or row.to_engineer_id == well.pk
