"""Plans of whole days: pure cases in seconds of one day, the evaluator as the judge."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from dispatch import evaluator
from dispatch.evaluator import FOREVER, Person, Stop, Work
from dispatch.travel import trip
from planning.days import Prices, Task
from planning.judging import stop_id
from planning.plans import Effort, plan
from planning.progress import Stopped
from planning.roads import NOWHERE, UNKNOWN, road_seconds
from planning.sheet import Plan

HOUR = 3600
DAY = (0, 24 * HOUR)
GAS = 1
EFFORT = Effort(steps=60, threads=1)


def person(number: int, **facts: object) -> Person:
    given = {
        "id": number,
        "name": f"P{number}",
        "home": (35.68, 139.76),
        "shifts": [(8 * HOUR, 17 * HOUR)],
        **facts,
    }
    return Person(**given)  # type: ignore[arg-type]


def task(number: int, *, place: tuple[float, float] | None = (35.69, 139.75), **facts: object) -> Task:
    own = {key: facts.pop(key) for key in ("priority", "visit_id", "was", "told") if key in facts}
    given = {"id": number, "seconds": HOUR, "place": place, **facts}
    return Task(Work(**given), **own)  # type: ignore[arg-type]


def planned(people: list[Person], tasks: list[Task], **facts: object) -> Plan:
    given = {"prices": Prices(), "effort": EFFORT, **facts}
    return plan(people, tasks, [DAY], **given)  # type: ignore[arg-type]


def test_distances_are_those_of_the_evaluator() -> None:
    chance = Random(3)
    places = [(chance.uniform(35, 36), chance.uniform(139, 140)) for _ in range(40)]
    places.append(places[0])
    seconds = road_seconds(np.array(places), np.array(places))
    expected = [[trip(a, b)[0] * 60 for b in places] for a in places]
    assert seconds.tolist() == expected


def test_unknown_places_are_as_far_as_to_the_evaluator_and_a_free_end_costs_nothing() -> None:
    seconds = road_seconds(np.array([UNKNOWN, (35.0, 139.0)]), np.array([(35.0, 139.0), UNKNOWN, NOWHERE]))
    assert seconds.tolist() == [[1200, 1200, 0], [0, 1200, 0]]


def test_each_task_gets_a_place_that_the_evaluator_agrees_with() -> None:
    people = [person(1), person(2)]
    found = planned(people, [task(n) for n in range(1, 9)])
    assert len(found.placed) == 8
    assert not found.unplaced
    for one in found.placed:
        who = people[one.person_id - 1]
        assert not evaluator.evaluate(who, one.task.work, one.start, ignoring=stop_id(one.task)).broken


def test_what_is_fixed_stays_and_is_reached_in_time() -> None:
    far = (36.0, 139.76)
    fixed = Stop(7, "WO-7", 10 * HOUR, 11 * HOUR, far)
    who = person(1, stops=[fixed])
    found = planned([who], [task(n) for n in range(1, 12)])
    assert fixed in who.stops
    before = [one.end for one in found.placed if one.start < fixed.start]
    assert all(end + trip((35.69, 139.75), far)[0] * 60 <= fixed.start for end in before)
    assert found.unplaced


def test_urgent_work_goes_first_when_not_all_can_be_done() -> None:
    tasks = [task(n, priority=4) for n in range(1, 15)] + [task(99, priority=1)]
    found = planned([person(1)], tasks)
    assert 99 in {one.task.work.id for one in found.placed}
    assert found.unplaced
    assert all(reasons for _task, reasons in found.unplaced)


def test_nobody_with_the_skill_is_told_as_such() -> None:
    found = planned([person(1), person(2)], [task(1, skills={GAS: 2})])
    ((_task, reasons),) = found.unplaced
    assert [(reason.code, reason.facts["people"]) for reason in reasons] == [("skill", 2)]


def test_a_break_is_kept_between_visits() -> None:
    noon = (12 * HOUR, 13 * HOUR, 1800)
    found = planned([person(1, breaks=[noon])], [task(n) for n in range(1, 12)])
    taken = sorted((one.start, one.end) for one in found.placed)
    free = [(a[1], b[0]) for a, b in pairwise(taken)]
    assert any(min(end, 13 * HOUR + 1800) - max(start, 12 * HOUR) >= 1800 for start, end in free)


def test_visiting_hours_and_the_date_window_hold() -> None:
    tasks = [
        task(1, hours=[(10 * HOUR, 12 * HOUR)]),
        task(2, window=(13 * HOUR, 14 * HOUR + 1800)),
        task(3, promised=(15 * HOUR, 15 * HOUR + 600)),
    ]
    found = {one.task.work.id: one for one in planned([person(1)], tasks).placed}
    assert found[1].start >= 10 * HOUR and found[1].end <= 12 * HOUR
    assert found[2].start >= 13 * HOUR and found[2].end <= 14 * HOUR + 1800
    assert 15 * HOUR <= found[3].start <= 15 * HOUR + 600


def test_what_a_customer_was_told_stays_unless_it_pays() -> None:
    starts = {n: (7 + n) * HOUR + 1800 for n in range(1, 5)}
    told = [task(n, visit_id=n, was=(1, start), told=(start, start + 1800)) for n, start in starts.items()]
    found = {one.task.work.id: one for one in planned([person(1), person(2)], told).placed}
    assert all(found[n].person_id == 1 and found[n].start >= start for n, start in starts.items())


def test_a_crew_is_booked_whole_or_not_at_all() -> None:
    lift = task(1, crew_size=2)
    one_ill = [person(1), person(2, absences=[DAY])]
    found = planned(one_ill, [lift])
    assert not found.placed
    ((_task, reasons),) = found.unplaced
    assert reasons[0].code == "crew"
    found = planned([person(1), person(2), person(3, absences=[DAY])], [lift, task(2)])
    pair = [one for one in found.placed if one.task is lift]
    assert {one.person_id for one in pair} == {1, 2}
    assert len({one.start for one in pair}) == 1


def test_a_crew_that_cannot_meet_is_told_how_many_could() -> None:
    early = person(8, shifts=[(0, 8 * HOUR)])
    late = [person(n, shifts=[((8 + 4 * n) * HOUR, (12 + 4 * n) * HOUR)]) for n in (1, 2, 3)]
    elsewhere = person(9, areas=frozenset({"South"}))
    lift = task(1, crew_size=2, area="North")
    ((_task, reasons),) = planned([early, elsewhere, *late], [lift]).unplaced
    assert reasons[0].facts == {"needed": 2, "able": 4, "at_once": 1}
    ((_task, reasons),) = planned([early, elsewhere], [lift]).unplaced
    assert reasons[0].facts == {"needed": 2, "able": 1}


def test_skills_may_be_spread_over_a_crew() -> None:
    people = [person(1, skills={1: (3, FOREVER)}), person(2, skills={2: (1, FOREVER)}), person(3)]
    work = task(1, crew_size=2, crew_cover="any", skills={1: 2, 2: 1})
    assert {one.person_id for one in planned(people, [work]).placed} == {1, 2}
    each = replace(work, work=replace(work.work, crew_cover="all"))
    people = [person(1, skills={1: (3, FOREVER)}), person(2, skills={2: (1, FOREVER)})]
    assert not planned(people, [each]).placed


def test_two_who_never_go_together_do_not() -> None:
    lift = task(1, crew_size=2)
    apart = {frozenset({1, 2}): "excluded"}
    pair = planned([person(1), person(2), person(3)], [lift], likings=apart).placed
    assert 3 in {one.person_id for one in pair}
    assert not planned([person(1), person(2)], [lift], likings=apart).placed


def test_days_follow_each_other() -> None:
    shifts = [(8 * HOUR, 17 * HOUR), (32 * HOUR, 41 * HOUR)]
    found = plan(
        [person(1, shifts=shifts)],
        [task(n) for n in range(1, 15)],
        [DAY, (24 * HOUR, 48 * HOUR)],
        prices=Prices(),
        effort=EFFORT,
    )
    assert len(found.placed) == 14
    assert {one.start // (24 * HOUR) for one in found.placed} == {0, 1}


def test_the_same_steps_give_the_same_plan() -> None:
    chance = Random(5)
    tasks = [
        task(
            n, place=(35.6 + chance.random() / 5, 139.6 + chance.random() / 5), priority=chance.randint(1, 4)
        )
        for n in range(1, 40)
    ]
    plans = [planned([person(n) for n in range(1, 6)], tasks).placed for _again in range(2)]
    assert plans[0] == plans[1]


def test_a_run_stops_when_it_is_told_to() -> None:
    with pytest.raises(Stopped):
        planned([person(1)], [task(1)], progress=lambda _percent: False)


@pytest.mark.parametrize("seed", range(30))
def test_random_days_stand_before_the_evaluator(seed: int) -> None:
    chance = Random(seed)

    def spot() -> tuple[float, float]:
        return 35.6 + chance.random() / 4, 139.6 + chance.random() / 4

    people = [
        person(
            n,
            home=spot(),
            skills={s: (chance.randint(1, 3), FOREVER) for s in chance.sample(range(4), 2)},
            breaks=[(11 * HOUR, 13 * HOUR, 2700)] if chance.random() < 0.7 else [],
            absences=[(14 * HOUR, 15 * HOUR)] if chance.random() < 0.3 else [],
            stops=[Stop(1000 + n, "WO", 9 * HOUR, 10 * HOUR, spot())] if chance.random() < 0.4 else [],
        )
        for n in range(1, 7)
    ]
    walls = {who.id: list(who.stops) for who in people}
    tasks = [
        task(
            n,
            place=spot() if chance.random() < 0.9 else None,
            seconds=chance.choice((1800, 3600, 7200)),
            priority=chance.randint(1, 4),
            skills={chance.randrange(4): chance.randint(1, 2)} if chance.random() < 0.5 else {},
            promised=(0, chance.randint(9, 16) * HOUR) if chance.random() < 0.4 else (0, FOREVER),
            crew_size=2 if chance.random() < 0.1 else 1,
        )
        for n in range(1, 41)
    ]
    found = planned(people, tasks)
    assert len({id(one.task) for one in found.placed}) + len(found.unplaced) == len(tasks)
    for who in people:
        assert all(stop in who.stops for stop in walls[who.id])
        by_start = sorted(who.stops, key=lambda stop: stop.start)
        assert all(a.end <= b.start for a, b in pairwise(by_start))
    for one in found.placed:
        who = people[one.person_id - 1]
        verdict = evaluator.evaluate(who, one.task.work, one.start, ignoring=stop_id(one.task))
        assert all(reason.facts.get("bound") == "promised_end" for reason in verdict.broken), verdict
