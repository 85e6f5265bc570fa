"""What would let a crew come: one thing given up for all, for one, or for two of them; the smallest of each sort."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from django.utils.translation import override

from dispatch.crews import Likings
from dispatch.evaluator import FOREVER, Person, Stop, Work, evaluate
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.relaxing import Asked, Relaxation
from dispatch.relaxing_crews import explain_crew
from dispatch.stints import LEAST
from dispatch.ways_out import way_out
from tests.dispatch.worlds import DAY, HOUR, random_people, random_work

HERE = (35.7, 139.7)
SKILLED = {1: (3, FOREVER)}
TWO_DAYS = [(8 * HOUR, 17 * HOUR), (DAY + 8 * HOUR, DAY + 17 * HOUR)]


def person(number: int, **facts: Any) -> Person:
    names = "Tom", "Uma", "Vic", "Wes"
    shifts = [(8 * HOUR, 17 * HOUR)]
    return Person(**{"id": number, "name": names[number - 1], "home": HERE, "shifts": shifts, **facts})


def busy(*spans: tuple[int, int]) -> list[Stop]:
    return [Stop(9 + a, f"WO-{a}", a * HOUR, b * HOUR, HERE) for a, b in spans]


def work(**facts: Any) -> Work:
    return Work(**{"id": 1, "seconds": HOUR, "place": HERE, "crew_size": 2, **facts})


def told(
    people: list[Person], what: Work, later: int = 0, likings: Likings | None = None
) -> list[Relaxation]:
    return explain_crew(people, Asked(what, 8 * HOUR, DAY, PRODUCT, later), likings or {})


@pytest.mark.parametrize(
    ("people", "what", "later", "expected"),
    [
        ([person(1, skills=SKILLED), person(2)], work(skills={1: 3}), 0, ("skill", "Uma", ("Tom",))),
        ([person(1, parts={5: 1}), person(2)], work(parts={5: 1}), 0, ("parts", "Uma", ("Tom",))),
        (
            [person(1, stops=busy((8, 12))), person(2, stops=busy((12, 17)))],
            work(seconds=4 * HOUR),
            0,
            ("overlap", "Tom", ("Uma",)),
        ),
        (
            [person(1, stops=busy((8, 16))), person(2, stops=busy((8, 16)), shifts=[(8 * HOUR, 20 * HOUR)])],
            work(seconds=2 * HOUR),
            0,
            ("overtime", "Tom", ("Uma",)),
        ),
        (
            [person(n, stops=busy((8, 17)), shifts=TWO_DAYS) for n in (1, 2)],
            work(),
            2 * DAY,
            ("day", "Tom", ("Uma",)),
        ),
        ([person(1), person(2, absences=[(0, DAY)])], work(), 0, ("absence", "Uma", ("Tom",))),
        ([person(1), person(2)], work(window=(0, 8 * HOUR + 1800)), 0, ("window", "Tom", ("Uma",))),
        (
            [person(1), person(2)],
            work(hours=[(18 * HOUR, 20 * HOUR)]),
            0,
            ("visiting_hours", "Tom", ("Uma",)),
        ),
    ],
)
def test_the_smallest_change_lets_both_come(
    people: list[Person], what: Work, later: int, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    found = told(people, what, later)
    assert found, "nothing was found"
    assert (found[0].code, found[0].person.name, found[0].beside) == expected
    assert found[0].also is None


def test_both_may_need_the_same_thing() -> None:
    people = [person(1, skills={1: (2, FOREVER)}), person(2), person(3, skills={1: (1, FOREVER)})]
    (found,) = told(people, work(skills={1: 3}))
    assert (found.code, found.also and found.also.code) == ("skill", "skill")
    assert {found.person.name, found.also and found.also.facts["name"]} == {"Tom", "Vic"}
    with override("en"):
        text = way_out(found.as_json(), {1: "Gas"})
    assert text.endswith("with Gas at level 3, together with Vic; also needed: Gas at level 3 (Vic)")


@pytest.mark.parametrize(
    ("skills", "expected"),
    [
        ([{1: 3}, {}, {}], ("Tom", 2, ("Uma",))),
        ([{1: 3, 2: 1}, {3: 2}, {}], ("Tom", 2, ("Uma",))),
        ([{1: 3}, {2: 2}, {3: 2}], ("Tom", 2, ("Vic",))),
    ],
)
def test_what_a_crew_lacks_together_where_skills_may_be_spread(
    skills: list[dict[int, int]], expected: tuple[str, int, tuple[str, ...]]
) -> None:
    """Nobody has it at the level needed, or there is one skill more than members."""
    held = [{skill: (level, FOREVER) for skill, level in one.items()} for one in skills]
    people = [person(number, skills=one) for number, one in enumerate(held, 1)]
    needed = {1: 3, 2: 2} if not any(3 in one for one in skills) else {1: 3, 2: 2, 3: 2}
    found = told(people, work(skills=needed, crew_cover="any"))
    given = [
        (one.person.name, one.given.facts["skill_id"], one.beside) for one in found if one.code == "skill"
    ]
    assert given == [expected]
    assert not told(
        [replace(people[0], skills=dict.fromkeys(needed, (3, FOREVER))), person(2)],
        work(skills=needed, crew_cover="any"),
    )


def test_both_in_overtime() -> None:
    people = [person(n, stops=busy((8, 16))) for n in (1, 2)]
    (found,) = told(people, work(seconds=2 * HOUR))
    assert (found.code, found.given.facts, found.beside) == ("overtime", {"minutes": 60}, ("Uma",))
    assert found.also is not None and found.also.facts == {"minutes": 60, "name": "Uma"}


def test_a_skill_and_another_day() -> None:
    people = [person(1, skills=SKILLED, stops=busy((8, 17)), shifts=TWO_DAYS), person(2, shifts=TWO_DAYS)]
    found = told(people, work(skills={1: 3}), 2 * DAY)
    assert ("skill", "day") in [(one.code, one.also and one.also.code) for one in found]


def test_who_may_not_go_together_is_not_told() -> None:
    people = [person(1, skills=SKILLED), person(2), person(3)]
    apart: Likings = {frozenset({1, 2}): "excluded"}
    (found,) = told(people, work(skills={1: 3}), likings=apart)
    assert found.person.name == "Vic"


def test_nothing_is_told_where_a_crew_could_come() -> None:
    assert told([person(1), person(2)], work()) == []
    assert told([person(1), person(2)], work(promised=(0, 7 * HOUR))) == []
    assert told([person(1)], work()) == []


def test_work_of_several_days_tells_when_all_of_it_would_be_done() -> None:
    """14 hours of work are two days of 9; Uma lacks what is needed, or has one day only until the next week."""
    long = work(seconds=14 * HOUR, may_split=True, skills={1: 3})
    skilled = person(1, skills=SKILLED, shifts=TWO_DAYS)
    (found,) = explain_crew(
        [skilled, person(2, shifts=TWO_DAYS)], Asked(long, 8 * HOUR, 2 * DAY, PRODUCT, 9 * DAY), {}
    )
    assert (found.code, found.person.name, found.beside, found.stints) == ("skill", "Uma", ("Tom",), 2)
    assert (found.start, found.end) == (8 * HOUR, DAY + 13 * HOUR)
    with override("en"):
        text = way_out(found.as_json(), {1: "Gas"})
    assert text.startswith("Uma could go at ") and ", together with Tom, in 2 stints until " in text
    next_week = [(8 * HOUR, 17 * HOUR), (7 * DAY + 8 * HOUR, 7 * DAY + 17 * HOUR)]
    people = [skilled, person(2, skills=SKILLED, shifts=next_week)]
    (found,) = explain_crew(
        [replace(one, shifts=next_week) for one in people],
        Asked(long, 8 * HOUR, 2 * DAY, PRODUCT, 9 * DAY),
        {},
    )
    assert (found.code, found.start, found.end) == ("day", 8 * HOUR, 7 * DAY + 13 * HOUR)
    assert not explain_crew(
        [skilled, replace(skilled, id=2, name="Uma")], Asked(long, 8 * HOUR, 2 * DAY, PRODUCT, 9 * DAY), {}
    )


@pytest.mark.parametrize("seed", range(60))
def test_what_is_told_of_several_days_lets_a_crew_begin(seed: int) -> None:
    random = Random(seed)
    people, what = random_people(random, 6, 3), replace(random_work(random, 3), crew_size=2, may_split=True)
    asked = Asked(what, 8 * HOUR, DAY, PRODUCT, 3 * DAY)
    for one in explain_crew(people, asked, {}):
        assert one.end - one.start >= what.seconds
        _stands(one, people, replace(asked, work=replace(what, seconds=min(LEAST, what.seconds))))


@pytest.mark.parametrize("seed", range(120))
def test_what_is_told_lets_a_crew_come(seed: int) -> None:
    """Given up by hand, for whom it was told, the named team can begin at the time that was told."""
    random = Random(seed)
    people, what = random_people(random, 8, 3), replace(random_work(random, 3), crew_size=2, may_split=False)
    asked = Asked(what, 8 * HOUR, DAY, PRODUCT, 3 * DAY)
    for one in explain_crew(people, asked, {}):
        _stands(one, people, asked)


def _stands(found: Relaxation, people: list[Person], asked: Asked) -> None:
    names = {found.person.name, *found.beside}
    team = [one for one in people if one.name in names]
    assert len(names) == asked.work.crew_size
    given = {found.code, *([found.also.code] if found.also else [])}
    policy = Policy(
        verdicts={**PRODUCT.verdicts, **dict.fromkeys(given - {"overlap", "absence", "skill"}, ALLOW)}
    )
    what = replace(asked.work, promised=(0, FOREVER))
    if what.crew_cover == "any":
        what = replace(what, skills={})
    if "window" in given:
        what = replace(what, window=(0, FOREVER))
    if "dependency" in given:
        what = replace(what, after=0, start_by=FOREVER)
    for one in team:
        verdict = evaluate(_given_up(one, found, given), what, found.start, policy=policy)
        assert not verdict.broken, (found.as_json(), verdict.broken)


def _given_up(person: Person, found: Relaxation, given: set[str]) -> Person:
    if "overtime" in given:
        person = replace(person, overtime=4 * HOUR)
    if "skill" in given:
        person = replace(person, skills=dict.fromkeys(range(10), (9, FOREVER)))
    if person.id == found.person.id and "absence" in given:
        person = replace(person, absences=[])
    if person.id == found.person.id and "overlap" in given:
        gone = found.given.facts.get("visit_id")
        person = replace(person, stops=[stop for stop in person.stops if stop.visit_id != gone])
    return person
