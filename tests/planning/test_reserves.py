"""A run keeps the time that capacity rules leave free for urgent work, also from what it plans itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from dispatch.capacity import Rule, Worker
from dispatch.evaluator import Person
from dispatch.reserves import Day, Reserves
from planning.days import Placed, Prices, Task
from planning.plans import plan
from planning.sheet import Plan
from tests.planning.test_plans import EFFORT, HOUR, person, task

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = [(0, 24 * HOUR), (24 * HOUR, 48 * HOUR)]
SHIFTS = [(8 * HOUR, 17 * HOUR), (32 * HOUR, 41 * HOUR)]
WORKING = 9 * 60


def keeping(percent: int, people: int = 1, **facts: int) -> Reserves:
    """Two days of nine hours, a share of which is kept for work of priority 1."""
    begins = [EPOCH + timedelta(days=n) for n in range(2)]
    days = [Day(at.date(), at, *DAYS[n]) for n, at in enumerate(begins)]
    minutes = {one.day: WORKING for one in days}
    workers = {n: Worker(n, minutes=dict(minutes)) for n in range(1, people + 1)}
    rules = [Rule(1, reserve_percent=percent, up_to_priority=1, **facts)]
    return Reserves(days, workers, rules, {}, EPOCH - timedelta(days=9))


def planned(people: Sequence[Person], tasks: Sequence[Task], reserves: Reserves | None) -> Plan:
    return plan(people, tasks, DAYS, prices=Prices(), effort=EFFORT, reserves=reserves)


def tom() -> Person:
    return person(1, shifts=SHIFTS)


def per_day(found: Plan, *, usual_only: bool = False) -> dict[int, int]:
    counts = Counter(
        one.start // (24 * HOUR) for one in found.placed if not usual_only or one.task.priority > 1
    )
    return dict(counts)


def test_one_run_stops_where_the_reserve_of_a_partly_free_day_begins() -> None:
    tasks = [task(n, priority=4) for n in range(1, 9)]
    assert per_day(planned([tom()], tasks, None)) == {0: 8}
    assert per_day(planned([tom()], tasks, keeping(50))) == {0: 4, 1: 4}


def test_what_finds_no_room_is_told_so() -> None:
    found = planned([tom()], [task(n, priority=4) for n in range(1, 11)], keeping(50))
    assert per_day(found) == {0: 4, 1: 4}
    assert {reasons[0].code for _task, reasons in found.unplaced} == {"capacity"}


def test_urgent_work_takes_the_reserve_and_leaves_the_rest_as_it_was() -> None:
    tasks = [task(n, priority=4) for n in range(1, 9)] + [task(n, priority=1) for n in range(20, 23)]
    found = planned([tom()], tasks, keeping(50))
    assert per_day(found, usual_only=True) == {0: 4, 1: 4}
    assert len(found.placed) == 11


def test_the_more_urgent_of_a_day_come_first() -> None:
    day = {"window": DAYS[0]}
    tasks = [task(n, priority=4, **day) for n in range(1, 5)]
    tasks += [task(n, priority=2, **day) for n in range(10, 13)]
    found = planned([tom()], tasks, keeping(50))
    placed = {one.task.work.id for one in found.placed}
    assert {10, 11, 12} < placed and len(placed) == 4


def test_a_bound_on_what_is_planned_holds_for_one_run() -> None:
    found = planned([tom()], [task(n) for n in range(1, 9)], keeping(0, max_minutes=200))
    assert per_day(found) == {0: 3, 1: 3}


def test_a_visit_that_is_planned_already_keeps_its_place() -> None:
    reserves = keeping(90)
    reserves.take(1, 9 * HOUR, 10 * HOUR, 3)
    stands = task(5, visit_id=50, was=(1, 9 * HOUR))
    found = planned([tom()], [stands, task(6)], reserves)
    assert [one.task.work.id for one in found.placed] == [5]


def _spent(placed: Sequence[Placed]) -> Counter[int]:
    spent: Counter[int] = Counter()
    for one in placed:
        spent[one.start // (24 * HOUR)] += (one.end - one.start) // 60 + one.travel_minutes
    return spent


@pytest.mark.parametrize("seed", range(12))
def test_no_random_run_takes_what_is_kept(seed: int) -> None:
    """Of work that is done in stints a minute of room is enough to begin: those runs are only checked to count it."""
    rng, with_stints = Random(seed), seed % 3 == 0
    percent = rng.choice((20, 40, 60))
    people = [person(n, shifts=SHIFTS) for n in (1, 2, 3)]
    tasks = [
        task(
            n,
            priority=rng.choice((1, 2, 3, 4)),
            seconds=rng.choice((1, 2, 3)) * HOUR,
            crew_size=rng.choice((1, 1, 1, 2)),
            may_split=with_stints and rng.random() < 0.2,
            place=(35.68 + rng.random() / 20, 139.76),
        )
        for n in range(1, 25)
    ]
    reserves = keeping(percent, 3)
    found = planned(people, tasks, reserves)
    usual = _spent([one for one in found.placed if one.task.priority > 1])
    room = 3 * WORKING * (100 - percent) / 100
    slack = max((one.travel_minutes for one in found.placed), default=0) * 2
    assert with_stints or all(minutes <= room + slack for minutes in usual.values()), (usual, room)
    kept_up: Counter[int] = Counter()
    for worker in reserves.workers.values():
        for day, row in worker.planned.items():
            kept_up[(day - EPOCH.date()).days] += sum(row.values())
    assert {day: n for day, n in kept_up.items() if n} == dict(_spent(found.placed))
