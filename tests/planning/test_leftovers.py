"""What the search cannot say, or left: put in where the evaluator finds a place, the more urgent first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from dispatch import evaluator, ranking
from dispatch.evaluator import FOREVER, Person, Reason, Stop
from dispatch.policy import PRODUCT, Policy
from planning.days import Prices, Task
from planning.judging import stop_id
from planning.plans import Effort, plan
from planning.progress import Stopped
from planning.sheet import Plan
from tests.planning.test_plans import DAY, EFFORT, HOUR, person, planned, task

BLOCKING = Policy(verdicts=dict.fromkeys(("max_travel", "overtime", "break", "visiting_hours"), "block"))
OVERTIME = Policy(verdicts={"overtime": "allow"})


def numbers(found: Plan) -> set[int]:
    return {one.task.work.id for one in found.placed}


def reasons_of(found: Plan) -> dict[int, tuple[Reason, ...]]:
    return {one.work.id: reasons for one, reasons in found.unplaced}


@pytest.mark.parametrize("policy", [PRODUCT, BLOCKING])
def test_who_may_not_go_so_far_is_passed_over(policy: Policy) -> None:
    near, far = person(1, max_travel_minutes=5), person(2, home=(35.60, 139.60))
    tasks = [task(n, place=(35.70, 139.70 + n / 100)) for n in range(1, 7)]
    found = planned([near, far], tasks, policy=policy)
    assert not found.unplaced
    assert {one.person_id for one in found.placed} == {2}


def test_a_policys_longest_trip_holds_for_every_visit_of_the_plan() -> None:
    policy = Policy(limits={"max_travel_minutes": 25})
    chance = Random(4)
    people = [person(n, home=(35.6 + n / 20, 139.7)) for n in range(1, 5)]
    tasks = [task(n, place=(35.6 + chance.random() / 4, 139.7), seconds=1800) for n in range(1, 40)]
    found = planned(people, tasks, policy=policy)
    assert len(found.placed) > 30
    for one in found.placed:
        verdict = evaluator.evaluate(
            people[one.person_id - 1], one.task.work, one.start, ignoring=stop_id(one.task), policy=policy
        )
        assert not verdict.broken


def test_overtime_that_the_policy_allows_is_worked() -> None:
    people = [person(1, overtime=240 * 60)]
    tasks = [task(n, seconds=300 * 60, priority=1) for n in (1, 2)]
    assert numbers(planned(people, tasks, policy=OVERTIME)) == {1, 2}
    left = planned([person(1, overtime=240 * 60)], tasks)
    assert len(left.placed) == 1, "where it wants a reason, no run asks for it"


def test_overtime_is_dearer_than_a_short_way() -> None:
    people = [person(1, overtime=120 * 60), person(2, home=(35.72, 139.76))]
    tasks = [task(n, seconds=4 * HOUR) for n in (1, 2, 3)]
    found = planned(people, tasks, policy=OVERTIME)
    assert not found.unplaced
    assert all(one.end <= 17 * HOUR for one in found.placed)


def test_a_break_that_the_policy_allows_to_be_missed_keeps_no_work_out() -> None:
    who = person(1, breaks=[(11 * HOUR, 13 * HOUR, HOUR)])
    long = task(1, seconds=8 * HOUR + 1800)
    assert planned([who], [long], policy=Policy(verdicts={"break": "allow"})).placed
    assert not planned([replace(who, stops=[])], [long]).placed


def test_visiting_hours_that_the_policy_allows_to_be_missed_keep_no_work_out() -> None:
    closed = task(1, hours=[(5 * HOUR, 7 * HOUR)])
    assert planned([person(1)], [closed], policy=Policy(verdicts={"visiting_hours": "allow"})).placed
    assert not planned([person(1)], [closed]).placed


def test_the_shorter_of_two_visiting_hours_is_used_when_the_longer_is_taken() -> None:
    hours = [(8 * HOUR, 9 * HOUR + 1800), (13 * HOUR, 17 * HOUR)]
    away = person(1, absences=[(12 * HOUR, 17 * HOUR)])
    found = planned([away], [task(1, hours=hours)])
    assert [one.end <= 9 * HOUR + 1800 for one in found.placed] == [True]
    several = [task(n, hours=[(8 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)]) for n in range(1, 7)]
    assert not planned([person(1)], several).unplaced, "both are searched"


def test_three_breaks_of_a_shift_are_kept_and_the_time_between_is_used() -> None:
    breaks = [(h * HOUR, h * HOUR + 1800, 900) for h in (10, 12, 15)]
    tasks = [task(n, seconds=2700, place=(35.68, 139.76)) for n in range(1, 10)]
    found = planned([person(1, breaks=breaks)], tasks)
    assert not found.unplaced


def test_trivial_work_of_a_crew_does_not_displace_urgent_work() -> None:
    lift = task(9, priority=4, crew_size=2, crew_cover="any", seconds=8 * HOUR)
    urgent = [task(n, priority=1, seconds=4 * HOUR) for n in range(1, 5)]
    found = planned([person(1), person(2)], [lift, *urgent])
    assert numbers(found) == {1, 2, 3, 4}
    assert reasons_of(found)[9][0].code == "crew"


def test_trivial_work_of_several_days_does_not_displace_urgent_work() -> None:
    long = task(9, priority=4, may_split=True, seconds=1000 * 60)
    urgent = [task(n, priority=1, seconds=8 * HOUR, window=(0, 48 * HOUR)) for n in (1, 2)]
    shifts = [(8 * HOUR, 17 * HOUR), (32 * HOUR, 41 * HOUR)]
    days = [DAY, (24 * HOUR, 48 * HOUR)]
    found = plan([person(1, shifts=shifts)], [long, *urgent], days, prices=Prices(), effort=EFFORT)
    assert numbers(found) == {1, 2}
    found = plan([person(1, shifts=shifts)], [long], days, prices=Prices(), effort=EFFORT)
    assert numbers(found) == {9}


def test_urgent_work_of_a_crew_displaces_trivial_work_in_its_time() -> None:
    lift = task(9, priority=1, crew_size=2, crew_cover="any", seconds=8 * HOUR)
    trivial = [task(n, priority=4, seconds=4 * HOUR) for n in range(1, 6)]
    elsewhere = task(20, priority=1, skills={7: 1}, seconds=HOUR)
    expert = person(3, skills={7: (1, FOREVER)})
    found = planned([person(1), person(2), expert], [*trivial, elsewhere, lift])
    assert {9, 20} <= numbers(found)


def test_what_took_the_time_is_named() -> None:
    urgent = [replace(task(n, priority=1, seconds=4 * HOUR), name=f"WO-{n}") for n in (1, 2)]
    found = planned([person(1)], [*urgent, task(3, priority=3, seconds=4 * HOUR)])
    (reason,) = reasons_of(found)[3]
    assert (reason.code, reason.facts["work_orders"], reason.facts["urgent"]) == ("taken", "WO-1, WO-2", True)
    same = [replace(task(n, seconds=4 * HOUR), name=f"WO-{n}") for n in (1, 2, 3)]
    found = planned([person(1)], same)
    ((reason,),) = reasons_of(found).values()
    assert (reason.code, reason.facts["urgent"]) == ("taken", False)


def test_what_stood_there_before_is_no_urgent_work() -> None:
    fixed = Stop(7, "WO-7", 8 * HOUR, 17 * HOUR, (35.69, 139.75))
    found = planned([person(1, stops=[fixed])], [task(1)])
    assert [reason.code for reason in reasons_of(found)[1]] == ["overlap"]


def test_the_preferred_engineer_is_sent_also_among_other_work() -> None:
    tasks = [task(n, customer_id=5 if n == 1 else 0, seconds=1800, priority=4) for n in range(1, 6)]
    for liked in (1, 2):
        people = [person(n, likings={5: "preferred"} if n == liked else {}) for n in (1, 2)]
        at = {one.task.work.id: one.person_id for one in planned(people, tasks).placed}
        assert at[1] == liked


def test_who_was_there_before_and_who_is_not_too_good_is_sent() -> None:
    experts = [person(1, skills={7: (4, FOREVER)}), person(2, skills={7: (1, FOREVER)})]
    one, other = task(1, skills={7: 1}), task(2, skills={7: 1}, place=(35.70, 139.75))
    assert {o.person_id for o in planned(experts, [one, other]).placed} == {2}
    people = [person(1), person(2, sites={3: 4})]
    known = [task(1, site_id=3), task(2, site_id=3, place=(35.70, 139.75))]
    assert {o.person_id for o in planned(people, known).placed} == {2}


def test_a_run_tells_how_far_it_is_through_all_its_phases() -> None:
    told: list[int] = []
    people = [person(n) for n in range(1, 3)]
    tasks = [task(n, seconds=2 * HOUR) for n in range(1, 20)]

    def tell(percent: int) -> bool:
        told.append(percent)
        return True

    planned(people, tasks, progress=tell)
    assert told == sorted(told)
    assert len([percent for percent in told if percent >= 80]) >= 11, "each task left over is told of"
    for last in (80, 90):
        with pytest.raises(Stopped):
            planned(
                [person(n) for n in range(1, 3)], tasks, progress=lambda percent, last=last: percent < last
            )


def test_days_without_work_get_no_time() -> None:
    spent: list[float] = []
    shifts = [((24 * n + 8) * HOUR, (24 * n + 17) * HOUR) for n in range(14)]
    days = [(24 * n * HOUR, (24 * n + 24) * HOUR) for n in range(14)]
    from planning import plans

    shares = plans.shares([person(1, shifts=shifts)], [task(n) for n in range(1, 6)], days)
    spent = [round(share, 2) for share in shares]
    assert spent[0] > 0.7
    assert sum(spent) == pytest.approx(1, abs=0.1)
    last = [task(1, window=(13 * 24 * HOUR, 14 * 24 * HOUR))]
    assert plans.shares([person(1, shifts=shifts)], last, days) == [0.0] * 13 + [1.0]


def _world(chance: Random) -> tuple[list[Person], list[Task], Policy]:
    """A small day with odd rules."""

    def spot() -> tuple[float, float]:
        return 35.6 + chance.random() / 4, 139.6 + chance.random() / 4

    people = [
        person(
            n,
            home=spot(),
            skills={s: (chance.randint(1, 4), FOREVER) for s in chance.sample(range(3), 2)},
            breaks=[(h * HOUR, h * HOUR + 3600, 1800) for h in (10, 12, 15) if chance.random() < 0.5],
            absences=[(14 * HOUR, 15 * HOUR)] if chance.random() < 0.2 else [],
            overtime=chance.choice((0, 2 * HOUR)),
            max_travel_minutes=chance.choice((None, None, 25)),
            likings={5: chance.choice(("preferred", "excluded"))} if chance.random() < 0.4 else {},
            sites={3: 2} if chance.random() < 0.3 else {},
            hour_cost=chance.choice((0, 3000, 5000)),
        )
        for n in range(1, 4)
    ]
    tasks = [
        task(
            n,
            place=spot(),
            seconds=chance.choice((1800, 3600, 7200)),
            priority=chance.randint(1, 4),
            skills={chance.randrange(3): chance.randint(1, 2)} if chance.random() < 0.4 else {},
            promised=(0, chance.randint(9, 16) * HOUR) if chance.random() < 0.4 else (0, FOREVER),
            hours=[(8 * HOUR, 10 * HOUR), (13 * HOUR, 16 * HOUR)] if chance.random() < 0.3 else None,
            customer_id=chance.choice((0, 5)),
            site_id=chance.choice((0, 3)),
        )
        for n in range(1, chance.choice((8, 16, 24)))
    ]
    verdicts = {
        code: chance.choice(("block", "confirm", "allow"))
        for code in ("overtime", "break", "visiting_hours", "max_travel")
    }
    return people, tasks, Policy(verdicts=verdicts)


def _clean(people: Sequence[Person], one: Task, policy: Policy) -> list[ranking.Candidate]:
    work = replace(one.work, priority=one.priority)
    return list(ranking.rank(people, work, *DAY, "best", policy=policy).candidates)


def _goes_on(verdict: evaluator.Verdict, one: Task, found: Plan, policy: Policy) -> bool:
    """Whether whom the candidate visits next may still be reached from there."""
    who, (start, end) = verdict.person, verdict.span
    others = replace(who, stops=list(who.stops))
    others.add(Stop(0, "new", start, end, one.work.place))
    return all(
        evaluator.evaluate(others, o.task.work, o.start, ignoring=stop_id(o.task), policy=policy).is_only_late
        for o in found.placed
        if o.person_id == who.id
    )


@pytest.mark.parametrize("seed", range(25))
def test_no_work_is_left_over_that_somebody_could_do(seed: int) -> None:
    people, tasks, policy = _world(Random(seed))
    found = planned(people, tasks, policy=policy, effort=Effort(steps=10, threads=1))
    for one, reasons in found.unplaced:
        free = [c for c in _clean(people, one, policy) if _goes_on(c.verdict, one, found, policy)]
        assert not free, "after accepting, nobody could"
        assert reasons
        assert not any(reason.code == "dearer" for reason in reasons)
    for row in found.placed:
        who = people[row.person_id - 1]
        verdict = evaluator.evaluate(who, row.task.work, row.start, ignoring=stop_id(row.task), policy=policy)
        assert verdict.is_only_late, "accepted without one row overtaken"


@pytest.mark.parametrize("seed", range(25))
def test_one_order_alone_goes_to_the_first_candidate(seed: int) -> None:
    people, tasks, policy = _world(Random(100 + seed))
    taken = planned(people, tasks[4:], policy=policy, effort=Effort(steps=10, threads=1))
    assert taken.placed
    for one in tasks[:4]:
        candidates = _clean(people, one, policy)
        found = planned([replace(p, stops=list(p.stops)) for p in people], [one], policy=policy)
        if candidates:
            first = candidates[0].verdict
            assert [(o.person_id, o.start) for o in found.placed] == [(first.person.id, first.start)]
        else:
            assert not found.placed
