"""Re-planning disturbs few customers: counts at a fixed number of steps, on small made-up days."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.replanning import ELEVEN, Morning, again, morning, scores
from dispatch.policy import PRODUCT
from planning.days import Prices, gaps_of
from planning.judging import stop_id
from planning.plans import Effort
from planning.problems import problem_of
from tests.dispatch.optimiser.field import random_day

EFFORT = Effort(steps=150, threads=1)
PRICE = PRODUCT.limit("change_price_seconds")
DAY = (ELEVEN, ELEVEN + 13 * 3600)


@pytest.fixture(scope="module")
def mornings() -> list[Morning]:
    return [morning(random_day(seed, 50, 14), EFFORT, seed) for seed in range(4)]


def disturbed(mornings: list[Morning], price: int) -> int:
    found = [scores(at, *again(at, price, EFFORT))["seen"] for at in mornings]
    return sum(seen.get(how, 0) for seen in found for how in ("moved", "late", "dropped"))


def test_a_price_on_changes_spares_most_customers(mornings: list[Morning]) -> None:
    without, with_price = disturbed(mornings, 0), disturbed(mornings, PRICE)
    assert with_price <= without // 2, (with_price, without)


def test_no_promise_moves_and_urgent_work_comes_in_time(mornings: list[Morning]) -> None:
    for at in mornings:
        seen = scores(at, *again(at, PRICE, EFFORT))
        on_time, feasible = seen["p1_on_time"].split("/")
        assert (seen["locks_moved"], on_time) == (0, feasible)


def test_a_moved_promise_would_be_seen(mornings: list[Morning]) -> None:
    at = mornings[0]
    people, found = again(at, PRICE, EFFORT)
    who = next(person for person in people if any(stop in person.stops for stop in _walls(at, person.id)))
    wall = next(stop for stop in _walls(at, who.id) if stop in who.stops)
    who.stops = [replace(s, start=s.start + 60) if s == wall else s for s in who.stops]
    assert scores(at, people, found)["locks_moved"] == 1


def _walls(at: Morning, person_id: int) -> list[object]:
    return [stop for person in at.people if person.id == person_id for stop in person.stops]


def test_the_same_moment_gives_the_same_plan(mornings: list[Morning]) -> None:
    def placed() -> list[tuple[int, int, int]]:
        return [
            (stop_id(one.task), one.person_id, one.start)
            for one in again(mornings[1], PRICE, EFFORT)[1].placed
        ]

    assert placed() == placed()


def test_the_search_starts_from_what_stands(mornings: list[Morning]) -> None:
    at = mornings[0]
    people = at.begin()
    gaps = [gap for person in people for gap in gaps_of(person, DAY)]
    asked = problem_of(gaps, at.tasks, DAY, Prices())
    ill = {person.id for person in people if person.absences}
    standing = {t.work.id for t in at.tasks if t.was is not None and t.was[0] not in ill}
    begun = [at.tasks[asked.owner[order]] for route in asked.problem.plan for order in route]
    assert standing and {task.work.id for task in begun} == standing
    for gap, route in zip(gaps, asked.problem.plan, strict=True):
        was = [known for order in route if (known := asked.tasks[asked.owner[order]].was)]
        assert was == sorted(was) and all(one[0] == gap.person.id for one in was)
