"""Plans of whole days keep every hard rule, cost what they say, and are the same every time."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dispatch.optimiser import days, search
from dispatch.optimiser.search import Budget, Solution, solve
from tests.dispatch.optimiser.field import HOUR, Day, check, day, engineer, order, random_day

SHARED = Path(__file__).resolve().parents[4] / "shared" / "bench" / "field_day.py"


def planned(
    given: Day, steps: int = 200, rounds: int = 4, threads: int = 1
) -> tuple[Solution, dict[str, Any]]:
    solution = solve(days.problem_of(given), Budget(steps=steps, rounds=rounds, threads=threads))
    return solution, days.plan_of(given, solution.routes)


def served(given: Day) -> set[int]:
    _solution, plan = planned(given)
    assert check(given, plan)[0] == []
    return {i for ids in plan["routes"].values() for i in ids}


@pytest.mark.parametrize("seed", range(30))
def test_a_plan_keeps_the_rules_and_costs_what_it_says(seed: int) -> None:
    given = random_day(seed)
    solution, plan = planned(given)
    assert check(given, plan) == ([], solution.cost)


@pytest.mark.parametrize("seed", range(30))
def test_a_crowded_day_with_late_starts_is_priced_exactly(seed: int) -> None:
    given = random_day(seed, n_orders=40, n_engineers=3)
    for one in given["orders"]:
        if not one["locked"]:
            one["window"], one["start_by"] = [8 * HOUR, 17 * HOUR], (9 + one["id"] % 5) * HOUR
    solution, plan = planned(given, steps=400)
    assert check(given, plan) == ([], solution.cost)


@pytest.mark.parametrize("size", ["50/8", "200/25"])
def test_the_shared_checker_agrees(size: str) -> None:
    if not SHARED.exists():
        pytest.skip("bench/field_day.py of the shared directory is not here; the checker above is.")
    field_day = _module(SHARED)
    for seed in range(20 if size == "50/8" else 1):
        given = field_day.generate(size, seed)
        solution, plan = planned(given, threads=2)
        scores = field_day.check(given, plan)
        kept, of = scores["locks_kept"].split("/")
        assert scores["violations"] == [] and kept == of
        assert scores["cost_hours"] == round(solution.cost / 3600, 2)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("apart", [True, False])
def test_the_same_day_gives_the_same_plan(threads: int, apart: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_WORKERS_TO_EXCHANGE", 40 if apart else 0)
    given = random_day(5, n_orders=60, n_engineers=9)
    one, other = (planned(given, rounds=8, threads=threads) for _time in range(2))
    assert one[1] == other[1] and one[0].cost == other[0].cost
    assert check(given, one[1]) == ([], one[0].cost)


def test_searching_longer_is_not_worse_than_the_first_plan() -> None:
    given = random_day(2)
    assert planned(given, steps=500)[0].cost < planned(given, steps=1, rounds=1)[0].cost


def test_progress_is_told_and_can_stop_the_search() -> None:
    told: list[float] = []

    def progress(share: float, _cost: int) -> bool:
        told.append(share)
        return len(told) < 3

    solve(days.problem_of(random_day(1)), Budget(steps=10, rounds=10, threads=1), progress=progress)
    assert told == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_search_ends_soon_after_it_was_told_to_and_keeps_the_rules(threads: int) -> None:
    given = random_day(1)
    began = time.monotonic()
    budget = Budget(steps=10**9, rounds=2, threads=threads)
    solution = solve(days.problem_of(given), budget, progress=lambda share, _cost: share <= 0)
    assert time.monotonic() - began < 20
    assert check(given, days.plan_of(given, solution.routes)) == ([], solution.cost)


def test_what_nobody_can_do_is_left_and_the_rest_is_planned() -> None:
    assert served(day([engineer(1)], [order(1), order(2, needs=[77])])) == {1}


def test_an_order_longer_than_a_shift_or_far_away_is_left() -> None:
    orders = [order(1), order(2, seconds=40 * HOUR), order(3, x=10**9), order(4, window=[0, 6 * HOUR])]
    assert served(day([engineer(1)], orders)) == {1}


def test_one_without_a_shift_or_without_time_for_lunch_is_not_sent() -> None:
    idle = engineer(2, shift=[9 * HOUR, 9 * HOUR])
    evening = engineer(3, shift=[15 * HOUR, 22 * HOUR])
    given = day([idle, evening, engineer(4, x=2000)], [order(1)])
    assert planned(given)[1]["routes"] == {"2": [], "3": [], "4": [1]}


def test_a_night_shift_goes_on_after_midnight() -> None:
    night = engineer(1, shift=[22 * HOUR, 30 * HOUR])
    lunch = {"from": 25 * HOUR, "to": 27 * HOUR, "seconds": 1800}
    orders = [order(1, window=[26 * HOUR, 28 * HOUR]), order(2, window=[23 * HOUR, 24 * HOUR])]
    assert served(day([night], orders, lunch=lunch)) == {1, 2}


def test_a_day_without_lunch_orders_or_distance() -> None:
    assert served(day([engineer(1)], [order(n) for n in range(8)], lunch=None)) == set(range(8))
    assert planned(day([engineer(1)], []))[0].routes == [[]]
    assert served(day([engineer(1)], [order(1, x=10**6)], speed_mps=5000.0)) == {1}


def test_more_than_63_kinds_of_needs() -> None:
    engineers = [engineer(n, can=[100 + n]) for n in range(90)]
    orders = [order(n, needs=[100 + n]) for n in range(90)]
    _solution, plan = planned(day(engineers, orders))
    assert plan["routes"] == {str(n): [n] for n in range(90)}


def test_very_many_short_orders_on_one_route() -> None:
    orders = [order(n, x=n, seconds=10) for n in range(700)]
    assert served(day([engineer(1)], orders)) == set(range(700))


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("field_day", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
