"""“Why not the others”: nobody stands under a text that is about somebody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatch import instant, ranking, reasons
from dispatch.evaluator import FOREVER, Claim, Person, Stop, Work
from dispatch.policy import Policy

H = 3600
HERE, FAR, FARTHER = (35.68, 139.76), (35.9, 139.76), (36.0, 139.76)
BLOCKING = Policy(verdicts={"max_travel": "block", "parts": "block"}, limits={"max_travel_minutes": 20})
NAMES = {1: "Gas", 2: "Power"}

Ranked = Callable[[list[Person], Work, int, int], ranking.Answer]


def one_by_one(people: list[Person], work: Work, from_at: int, until: int) -> ranking.Answer:
    return ranking.rank(people, work, from_at, until, policy=BLOCKING)


def at_once(people: list[Person], work: Work, from_at: int, until: int) -> ranking.Answer:
    return instant.rank(instant.World(people), instant.Question(work, from_at, until, BLOCKING))


both = pytest.mark.parametrize("ranked", [one_by_one, at_once])


def person(number: int, **facts: Any) -> Person:
    given: dict[str, Any] = {"home": HERE, "shifts": [(8 * H, 17 * H), (56 * H, 65 * H)], **facts}
    return Person(number, f"Engineer {number}", **given)


def told(ranked: Ranked, people: list[Person], work: Work, day: int = 0) -> dict[str, list[int]]:
    answer = ranked(people, work, (8 + 24 * day) * H, (17 + 24 * day) * H)
    groups = [(reasons.words(reason, NAMES), [p.id for p in who]) for reason, who in answer.excluded]
    assert len(groups) == len(dict(groups))
    return dict(groups)


@both
def test_who_has_too_low_a_level_and_who_has_none(ranked: Ranked) -> None:
    people = [
        person(1, skills={1: (1, FOREVER)}),
        person(2),
        person(3, skills={1: (1, FOREVER)}),
        person(4, skills={1: (2, FOREVER)}),
        person(5, skills={1: (3, 5 * H)}),
        person(6, skills={1: (3, 30 * H)}),
    ]
    found = told(ranked, people, Work(9, H, HERE, skills={1: 3}), day=2)
    assert found["Gas at level 1, 3 is needed"] == [1, 3]
    assert found["Gas at level 2, 3 is needed"] == [4]
    assert found["lacks Gas 3"] == [2]
    assert sorted(who for text, who in found.items() if "certificate" in text) == [[5], [6]]


@both
def test_what_lies_in_whose_van(ranked: Ranked) -> None:
    claim = {7: (Claim(5, "WO-5", 2),)}
    people = [
        person(1),
        person(2, parts={7: 1}),
        person(3, parts={7: 2}, promised=claim),
        person(4, parts={8: 1}),
    ]
    found = told(ranked, people, Work(9, H, HERE, parts={7: 2}, part_names={7: "PUMP"}))
    assert sorted(found.values()) == [[1, 4], [2], [3]]
    assert found["PUMP: 1 of 2 in the van"] == [2]


@both
def test_numbers_that_are_each_ones_own_are_told_of_one_only(ranked: Ranked) -> None:
    full = [Stop(1, "WO-1", 8 * H, 17 * H, HERE)]
    halves = [Stop(2, "WO-2", 8 * H, 12 * H, HERE), Stop(3, "WO-3", 12 * H, 17 * H, HERE)]
    work = Work(9, H, HERE)
    assert told(ranked, [person(1, stops=halves)], work) == {"no gap beside 2 visits": [1]}
    assert told(ranked, [person(1, stops=full), person(2, stops=halves)], work) == {
        "no gap beside the visits planned": [1, 2]
    }
    far, farther = person(1, home=FAR), person(2, home=FARTHER)
    assert told(ranked, [far, farther], work) == {"farther than the longest trip allowed": [1, 2]}
    assert list(told(ranked, [far], work)) != ["farther than the longest trip allowed"]
