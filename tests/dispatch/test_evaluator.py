"""The evaluator: pure cases in seconds of one day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.evaluator import FOREVER, Person, Stop, Verdict, Work, earliest_start, evaluate
from dispatch.ranking import rank
from dispatch.travel import UNKNOWN_MINUTES, km_between, minutes_for, trip

HOUR = 3600
DAY = 86400
HERE = (35.68, 139.76)
THERE = (35.70, 139.70)
GAS = 1


def person(**facts: object) -> Person:
    given = {"id": 1, "name": "Tom", "home": HERE, "shifts": [(8 * HOUR, 17 * HOUR)], **facts}
    return Person(**given)  # type: ignore[arg-type]


def work(**facts: object) -> Work:
    return Work(**{"id": 1, "seconds": HOUR, "place": HERE, **facts})  # type: ignore[arg-type]


def stop(start: float, end: float, **facts: object) -> Stop:
    given = {"visit_id": 9, "work_order": "WO-9", "place": HERE, **facts}
    return Stop(start=int(start * HOUR), end=int(end * HOUR), **given)  # type: ignore[arg-type]


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.broken]


@pytest.mark.parametrize(
    ("who", "what", "start", "expected"),
    [
        (person(), work(), 9, []),
        (person(is_active=False), work(), 9, ["inactive"]),
        (person(), work(skills={GAS: 1}), 9, ["skill"]),
        (person(skills={GAS: (1, FOREVER)}), work(skills={GAS: 2}), 9, ["skill"]),
        (person(skills={GAS: (2, FOREVER)}), work(skills={GAS: 2}), 9, []),
        (person(skills={GAS: (2, 8 * HOUR)}), work(skills={GAS: 2}), 9, ["certificate"]),
        (person(skills={GAS: (2, 9 * HOUR)}), work(skills={GAS: 2}), 9, []),
        (person(areas=frozenset({"North"})), work(area="South"), 9, ["territory"]),
        (person(areas=frozenset({"South"})), work(area="South"), 9, []),
        (person(areas=frozenset({"SOUTH"})), work(area="South"), 9, []),
        (person(), work(), 7.5, ["shift"]),
        (person(), work(), 16.5, ["shift"]),
        (person(), work(), 16, []),
        (person(absences=[(10 * HOUR, 11 * HOUR)]), work(), 9.5, ["absence"]),
        (person(absences=[(10 * HOUR, 11 * HOUR)]), work(), 9, []),
        (person(stops=[stop(9.5, 10.5)]), work(), 9, ["overlap"]),
        (person(stops=[stop(10, 11)]), work(), 9, []),
        (person(stops=[stop(8, 9, place=THERE)]), work(), 9, ["travel"]),
        (person(stops=[stop(10, 11, place=THERE)]), work(), 9, ["travel"]),
        (person(stops=[stop(8, 10, is_over=True)]), work(), 9, []),
        (person(), work(window=(10 * HOUR, FOREVER)), 9, ["window"]),
        (person(), work(window=(0, int(9.5 * HOUR))), 9, ["window"]),
        (person(), work(promised=(0, int(8.5 * HOUR))), 9, ["window"]),
        (
            person(is_active=False, areas=frozenset({"N"})),
            work(area="S"),
            20,
            ["inactive", "territory", "shift"],
        ),
    ],
)
def test_every_rule_has_its_reason(who: Person, what: Work, start: float, expected: list[str]) -> None:
    assert codes(evaluate(who, what, int(start * HOUR))) == expected


def test_only_soft_rules_can_be_forced() -> None:
    soft = evaluate(person(areas=frozenset({"N"})), work(area="S"), 18 * HOUR)
    hard = evaluate(person(stops=[stop(9, 10)]), work(), 9 * HOUR)
    assert soft.can_be_forced
    assert not hard.can_be_forced


def test_a_visit_that_is_moved_does_not_hinder_itself() -> None:
    who = person(stops=[stop(9, 10)])
    assert codes(evaluate(who, work(), 9 * HOUR, ignoring=9)) == []


def test_the_first_gap_counts_travel_on_both_sides() -> None:
    there = trip(HERE, THERE)[0] * 60
    who = person(stops=[stop(8.5, 9, place=THERE), stop(10, 16, place=THERE)])
    # An hour between the two, less the way there and back, is too short for an hour's work.
    found = earliest_start(who, work(seconds=HOUR - 2 * there), 8 * HOUR, DAY)
    assert found.start == 9 * HOUR + there
    assert earliest_start(who, work(seconds=HOUR), 8 * HOUR, DAY).start is None


def test_the_day_begins_at_home_and_now_is_not_the_past() -> None:
    there = trip(HERE, THERE)[0] * 60
    assert earliest_start(person(), work(place=THERE), 0, DAY).start == 8 * HOUR + there
    assert earliest_start(person(), work(place=THERE), 10 * HOUR, DAY).start == 10 * HOUR + there


def test_an_overnight_shift_is_one_shift() -> None:
    who = person(shifts=[(22 * HOUR, DAY + 6 * HOUR)], stops=[stop(22, 25.5)])
    assert earliest_start(who, work(), 20 * HOUR, 2 * DAY).start == DAY + HOUR + HOUR // 2


@pytest.mark.parametrize(
    ("who", "what", "why"),
    [
        (person(stops=[stop(8, 17)]), work(), "overlap"),
        (person(absences=[(0, DAY)]), work(), "absence"),
        (person(shifts=[]), work(), "shift"),
        (person(), work(window=(0, 8 * HOUR)), "window"),
        (person(), work(seconds=10 * HOUR), "shift"),
        (person(), work(place=(40.7, -74.0)), "travel"),
    ],
)
def test_no_time_says_which_rule_took_it(who: Person, what: Work, why: str) -> None:
    found = earliest_start(who, what, 0, DAY)
    assert found.start is None
    assert codes(found) == [why]


def test_earliest_start_agrees_with_evaluate() -> None:
    who = person(stops=[stop(9, 10, place=THERE), stop(12, 13)], absences=[(14 * HOUR, 15 * HOUR)])
    for seconds in (900, 1800, HOUR, 2 * HOUR):
        what = work(seconds=seconds)
        found = earliest_start(who, what, 8 * HOUR, DAY)
        assert found.start is not None
        assert evaluate(who, what, found.start).broken == ()


def test_who_keeps_the_promise_comes_before_who_is_nearer() -> None:
    near_late = person(id=1, name="Near", stops=[stop(8, 12)])
    far_early = person(id=2, name="Far", home=THERE)
    what = work(promised=(0, 10 * HOUR))
    answer = rank([near_late, far_early], what, 8 * HOUR, DAY, "nearest")
    assert [c.verdict.person.name for c in answer.candidates] == ["Far", "Near"]
    assert answer.candidates[1].minuses[0].facts["bound"] == "promised_end"


def test_everybody_is_accounted_for() -> None:
    people = [
        person(id=1, skills={GAS: (1, FOREVER)}),
        person(id=2),
        person(id=3, skills={GAS: (1, FOREVER)}, areas=frozenset({"N"})),
    ]
    answer = rank(people, work(skills={GAS: 1}, area="S"), 0, DAY)
    assert [c.verdict.person.id for c in answer.candidates] == [1]
    assert [c.verdict.person.id for c in answer.forceable] == [3]
    assert [(reason.code, [p.id for p in who]) for reason, who in answer.excluded] == [("skill", [2])]


def test_farther_never_means_sooner() -> None:
    times = [minutes_for(km / 10) for km in range(1, 1000)]
    assert times == sorted(times)
    assert minutes_for(0) == 0
    assert minutes_for(5) == 15


def test_an_unknown_place_costs_a_guess() -> None:
    assert trip(None, HERE) == (UNKNOWN_MINUTES, 0.0)
    assert km_between((35.0, 139.0), (36.0, 139.0)) == pytest.approx(111.2 * 1.35, rel=0.01)


def test_planning_in_memory_keeps_the_order() -> None:
    who = person(stops=[stop(9, 10), stop(14, 15)])
    who.add(replace(stop(11, 12), visit_id=5))
    assert [s.visit_id for s in who.stops] == [9, 5, 9]


def test_what_a_dispatcher_can_change_is_told_before_what_nobody_can() -> None:
    full = {"stops": [stop(8, 17)], "skills": {GAS: (1, FOREVER)}}
    people = [person(id=1), person(id=2), person(id=3, **full)]
    answer = rank(people, work(skills={GAS: 1}), 8 * HOUR, 17 * HOUR)
    assert not answer.candidates
    told = [(reason.code, len(who)) for reason, who in answer.excluded]
    assert told[-1] == ("skill", 2)
    assert len(told) == 2
