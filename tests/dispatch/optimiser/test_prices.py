"""Prices that are raised while the search is hot: what is told is always what a plan really costs."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.optimiser import days, search
from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.prices import FALL, REAL, Prices, factor_at
from dispatch.optimiser.search import Budget, Tuning, solve
from dispatch.optimiser.walk import Walk
from tests.dispatch.optimiser.field import Day, check, day, engineer, order, random_day


def begun(given: Day) -> tuple[search._Search, Walk, Prices]:
    """A search of a day, its first plan, and its prices."""
    one = search._Search(days.problem_of(given), Budget(steps=1, threads=1), 1, Tuning(), 0.0)
    return one, one._begin(), one.prices


def test_prices_fall_with_the_heat_to_what_they_are() -> None:
    factors = [factor_at(heat, 2.0) for heat in (3_000.0, FALL, 500.0, 100.0, REAL, 10.0)]
    assert factors[0] == factors[1] == pytest.approx(2.0)
    assert factors[-2:] == [1.0, 1.0]
    assert factors == sorted(factors, reverse=True) and 1.0 < factors[3] < factors[2] < 2.0


@pytest.mark.parametrize("seed", range(10))
def test_raised_prices_do_not_change_what_a_plan_really_costs(seed: int) -> None:
    given = random_day(seed)
    one, walk, prices = begun(given)
    real, waits = walk.cost, walk.route_of < 0
    unserved = int(walk.orders[0, waits, k.PRIZE].sum())
    late = int(walk.routes[:, 0, k.LATENESS].sum())
    prices.cool([walk], 3_000.0)
    assert walk.cost == real + unserved + late
    again = prices.really(walk)
    assert again.cost == real
    assert check(given, days.plan_of(given, one._told(again).routes)) == ([], real)
    prices.cool([walk], 10.0)
    assert walk.cost == real


def test_promises_are_as_dear_as_can_be_already() -> None:
    _one, walk, prices = begun(random_day(3))
    pinned = walk.orders[0, :, k.PIN] >= 0
    before = walk.orders[0, pinned, k.PRIZE].copy()
    prices.cool([walk], 3_000.0)
    assert pinned.any() and np.array_equal(walk.orders[0, pinned, k.PRIZE], before)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rounds", [1, 4, 25])
def test_a_search_that_is_ended_while_hot_tells_what_its_plan_really_costs(rounds: int, threads: int) -> None:
    given = random_day(5)
    seen: list[int] = []

    def progress(_share: float, cost: int) -> bool:
        seen.append(cost)
        return len(seen) < rounds

    found = solve(days.problem_of(given), Budget(steps=200, threads=threads), progress=progress)
    assert check(given, days.plan_of(given, found.routes)) == ([], found.cost)
    assert seen == sorted(seen, reverse=True)


def test_what_is_not_worth_its_driving_is_left_out_in_the_end() -> None:
    """An hour and a half there and back, for what costs one hour if not done: at twice the price it would be."""
    given = day([engineer(0)], [order(0, x=27_000, seconds=600, priority=4)])
    budget = Budget(steps=50, threads=1)
    assert solve(days.problem_of(given), budget).unserved == [0]
    given["orders"][0] |= {"priority": 3}
    assert solve(days.problem_of(given), budget).unserved == []
