"""Instant dispatch answers what the evaluator answers, one by one, on thousands of random worlds."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from dispatch import instant, ranking
from dispatch.evaluator import FOREVER, Person, Stop, Work, earliest_start, evaluate
from dispatch.instant import passes as compiling
from dispatch.instant.answers import find
from dispatch.policy import PRODUCT, Policy
from dispatch.ranking import ORDERS, Answer, Candidate
from tests.dispatch.worlds import (
    DAY,
    HOUR,
    random_estimate,
    random_people,
    random_policy,
    random_roads,
    random_work,
)

WORLDS = 250
WORKS = 8


def told(answer: Answer) -> dict[str, Any]:
    """An answer as values, kilometres and scores rounded as they are told."""

    def one(candidate: Candidate) -> dict[str, Any]:
        return {**candidate.as_json(), "allowed": [r.as_json() for r in candidate.verdict.allowed]}

    return {
        "candidates": [one(c) for c in answer.candidates],
        "forceable": [one(c) for c in answer.forceable],
        "excluded": [(r.as_json(), [p.id for p in people]) for r, people in answer.excluded],
    }


@pytest.fixture(scope="module")
def passes() -> compiling.Passes:
    return compiling.compile_now()


@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize("seed", range(0, WORLDS, 50))
def test_it_agrees_with_the_evaluator_in_every_answer(
    seed: int, is_compiled: bool, passes: compiling.Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "compiled", lambda: passes if is_compiled else None)
    for number in range(seed, seed + 50):
        rng = Random(number)
        days = rng.choice((1, 2, 5))
        people = random_people(rng, 8, days)
        estimate = random_estimate(rng)
        world = instant.World(people, estimate)
        for _again in range(WORKS):
            work = random_work(rng, days)
            policy = random_policy(rng) if rng.random() < 0.6 else PRODUCT
            policy = replace(policy, roads=random_roads(rng, estimate, people, work))
            from_at = rng.randint(0, days * 24 * 4) * 900
            until = from_at + rng.choice((6 * HOUR, DAY, 3 * DAY))
            strategy = rng.choice(sorted(ORDERS))
            expected = ranking.rank(people, work, from_at, until, strategy, policy=policy)
            found = instant.rank(world, instant.Question(work, from_at, until, policy), strategy)
            assert told(found) == told(expected), f"world {number}"


@pytest.mark.parametrize("seed", range(1000, 1060))
def test_what_the_search_finds_the_judge_finds_no_worse(seed: int) -> None:
    rng = Random(seed)
    people = random_people(rng, 12, 3)
    for _again in range(10):
        work, from_at = random_work(rng, 3), rng.randint(0, 48) * 1800
        for candidate in ranking.rank(people, work, from_at, from_at + 2 * DAY).candidates:
            verdict = candidate.verdict
            assert verdict.start is not None
            judged = evaluate(verdict.person, work, verdict.start)
            assert {r.code for r in judged.broken} <= {r.code for r in verdict.broken}, f"world {seed}"


def test_another_plan_changes_only_its_engineer() -> None:
    rng = Random(7)
    people = random_people(rng, 10, 2)
    world = instant.World(people)
    world.warm()
    stops = [Stop(1, "WO-1", 9 * HOUR, 10 * HOUR, (35.7, 139.7)), Stop(2, "WO-2", 11 * HOUR, 12 * HOUR)]
    busy = people[2] = replace(people[2], stops=stops, last_given=2)
    world = world.replaced({2: busy})
    for _again in range(20):
        work, from_at = random_work(rng, 2), rng.randint(0, 48) * 900
        expected = ranking.rank(people, work, from_at, from_at + DAY)
        assert told(instant.rank(world, instant.Question(work, from_at, from_at + DAY))) == told(expected)


def test_who_is_ill_and_then_somebody_elses_visit_are_both_known() -> None:
    """Before a question was asked between: the tables of a world made anew are not there yet."""
    rng = Random(7)
    people = random_people(rng, 8, 3)
    world = instant.World(people)
    world.warm()
    people[1] = replace(people[1], absences=[(0, 3 * DAY)])
    world = world.remade({1: people[1]})
    stops = [Stop(1, "WO-1", 9 * HOUR, 10 * HOUR, (35.7, 139.7))]
    people[2] = replace(people[2], stops=stops, last_given=1)
    world = world.replaced({2: people[2]})
    people[3] = replace(people[3], absences=[(0, DAY)])
    world = world.remade({3: people[3]})
    for _again in range(20):
        work, from_at = random_work(rng, 2), rng.randint(0, 48) * 900
        expected = ranking.rank(people, work, from_at, from_at + DAY)
        assert told(instant.rank(world, instant.Question(work, from_at, from_at + DAY))) == told(expected)


def test_an_empty_company_answers_too() -> None:
    world = instant.World([])
    found = find(world, instant.Question(random_work(Random(1), 1), 0, DAY))
    assert not found.who.size


@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize("seed", range(2000, 2060))
def test_a_window_is_offered_when_somebody_can_arrive_in_it(
    seed: int, is_compiled: bool, passes: compiling.Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "compiled", lambda: passes if is_compiled else None)
    rng = Random(seed)
    people = random_people(rng, 8, 3)
    estimate = random_estimate(rng)
    world = instant.World(people, estimate)
    windows = [(d * DAY + h * HOUR, d * DAY + (h + 2) * HOUR) for d in range(3) for h in range(6, 22, 2)]
    for _again in range(4):
        work, from_at = random_work(rng, 3), rng.randint(0, 24) * 900
        policy = replace(random_policy(rng), roads=random_roads(rng, estimate, people, work))
        ask = instant.Question(work, from_at, 3 * DAY, policy)
        found = {(slot.start, slot.end): slot for slot in instant.slots(world, ask, windows)}
        for begin, end in windows:
            able = _who_arrive(people, work, (begin, end), from_at, policy)
            slot = found.get((begin, end))
            assert (slot.choices if slot else 0) == len(able), f"world {seed}, window {begin}"
            if slot:
                assert begin <= able[slot.person.id] <= slot.at < end
                judged = evaluate(slot.person, work, slot.at, policy=policy)
                assert {r.code for r in judged.broken} <= {"window"}


def _who_arrive(
    people: list[Person], work: Work, window: tuple[int, int], from_at: int, policy: Policy
) -> dict[int, int]:
    """{engineer id: start} of those who need no reason, one by one."""
    begin, end = window
    asked = replace(
        work, promised=(max(work.promised[0], begin), FOREVER), start_by=min(work.start_by, end - 1)
    )
    verdicts = [earliest_start(person, asked, from_at, 3 * DAY, policy) for person in people]
    return {v.person.id: v.start for v in verdicts if v.start is not None and not v.broken}
