"""Work that hangs on other work of the same run: planned in one go, accepted together, explained when it cannot be."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from core.errors import Conflict
from dispatch.enums import LinkKind, WorkOrderStatus
from dispatch.evaluator import FOREVER
from dispatch.models import Visit, WorkOrder, WorkOrderLink
from planning.days import Prices, Task, Wait
from planning.enums import ChangeKind, ChangeState
from planning.plans import plan
from planning.sheet import Plan
from tests.cast import Company
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import accept, proposal, tomorrow
from tests.planning.test_plans import EFFORT, HOUR, person, planned, task
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


def test_what_goes_right_after_is_planned_with_the_first_or_neither_is() -> None:
    expert = person(2, skills={7: (1, FOREVER)}, shifts=[(13 * HOUR, 17 * HOUR)])
    both = [task(1, priority=1), waits(task(2, skills={7: 1}), 1, LinkKind.IMMEDIATELY)]
    at = times(planned([person(1), expert], both))
    assert at[2][0] >= 13 * HOUR and at[1][1] <= at[2][0] <= at[1][1] + 1800, "the first waits for the second"
    found = planned([person(1), person(3)], both)
    assert not found.placed
    told = {one.work.id: reasons[0] for one, reasons in found.unplaced}
    assert (told[1].code, told[1].facts["work_order"]) == ("followed", "#2")
    assert (told[2].code, told[2].facts["people"]) == ("skill", 2)


def test_what_has_a_visit_is_not_given_up_for_what_must_follow_it() -> None:
    first = task(1, visit_id=9, was=(1, 10 * HOUR), told=(10 * HOUR, 10 * HOUR + HOUR // 2))
    found = planned([person(1)], [first, waits(task(2, skills={7: 1}), 1, LinkKind.IMMEDIATELY)])
    assert times(found) == {1: (10 * HOUR, 11 * HOUR, 1)}
    ((left, reasons),) = found.unplaced
    assert (left.work.id, reasons[0].code) == (2, "skill")


def test_neither_of_two_is_planned_when_their_days_do_not_meet() -> None:
    days = [(0, 24 * HOUR), (24 * HOUR, 48 * HOUR)]
    two = [(8 * HOUR, 17 * HOUR), (32 * HOUR, 41 * HOUR)]
    first = task(1, window=(0, 20 * HOUR))
    then = waits(task(2, window=(30 * HOUR, 48 * HOUR)), 1, LinkKind.IMMEDIATELY)
    found = plan([person(1, shifts=two)], [first, then], days, prices=Prices(), effort=EFFORT)
    assert not found.placed
    assert [reasons[0].code for _one, reasons in found.unplaced] == ["followed", "dependency"]


def test_the_same_engineer_goes_on_another_day() -> None:
    days = [(0, 24 * HOUR), (24 * HOUR, 48 * HOUR)]
    two = [(8 * HOUR, 17 * HOUR), (32 * HOUR, 41 * HOUR)]
    people = [person(1, shifts=two), person(2, shifts=two, skills={7: (1, FOREVER)})]
    then = waits(task(2, skills={7: 1}, window=(30 * HOUR, 48 * HOUR)), 1, LinkKind.SAME_ENGINEER)
    at = times(plan(people, [task(1), then], days, prices=Prices(), effort=EFFORT))
    assert at[1][2] == at[2][2] == 2 and at[2][0] >= 30 * HOUR


@pytest.mark.parametrize("seed", range(6))
def test_random_days_with_close_links_stand_before_the_evaluator(seed: int) -> None:
    chance = Random(seed)
    people = [
        person(n, skills={chance.randrange(3): (2, FOREVER)}, home=(35.6 + chance.random() / 5, 139.7))
        for n in range(1, 6)
    ]
    tasks = [
        task(
            n,
            place=(35.6 + chance.random() / 5, 139.7),
            seconds=chance.choice((1800, 3600, 7200)),
            priority=chance.randint(1, 4),
            skills={chance.randrange(3): 1} if chance.random() < 0.4 else {},
            crew_size=2 if chance.random() < 0.1 else 1,
        )
        for n in range(1, 31)
    ]
    kinds = dict[int, tuple[int, str]]()
    for n in range(2, 31, 3):
        kinds[n] = (n - 1, chance.choice(LinkKind.values))
        tasks[n - 1] = waits(tasks[n - 1], *kinds[n])
    found = planned(people, tasks)
    at, size = times(found), {one.work.id: one.work.crew_size for one in tasks}
    assert len(at) + len(found.unplaced) == len(tasks)
    for then, (first, kind) in kinds.items():
        if then in at:
            assert first in at and at[then][0] >= at[first][1]
            if kind == LinkKind.SAME_ENGINEER and size[first] == 1:
                assert at[then][2] == at[first][2]
        if kind == LinkKind.IMMEDIATELY:
            assert (first in at) == (then in at), "both or none"
            assert first not in at or at[then][0] <= at[first][1] + 1800
    for who in people:
        by_start = sorted(who.stops, key=lambda stop: stop.start)
        assert all(a.end <= b.start for a, b in pairwise(by_start))
    again = planned([replace(who, stops=[]) for who in people], tasks)
    assert times(again) == at


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
