"""Chains of orders that take each other's place: found where they gain, exact, and the same every time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dispatch.optimiser import chains, days, search
from dispatch.optimiser.chains import Chains
from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.search import Budget
from dispatch.optimiser.walk import Walk
from tests.dispatch.optimiser.field import HOUR, Day, check, day, engineer, order, random_day


def begun(given: Day, threads: int = 1) -> tuple[Any, Walk]:
    """A search of a day and its first plan."""
    one = search._Search(days.problem_of(given), Budget(steps=1, threads=threads), 1, search.Tuning(), 0.0)
    return one, one._begin()


def improved(given: Day, threads: int = 1) -> tuple[Any, Walk, int]:
    """The same after chains, and what the first plan cost."""
    one, walk = begun(given, threads)
    before = walk.cost

    def everywhere(work: Callable[[int], None]) -> None:
        for number in range(threads):
            work(number)

    Chains(one.arrays, threads).improve(walk, everywhere)
    return one, walk, before


def plan_of(one: Any, walk: Walk, given: Day) -> dict[str, Any]:
    return days.plan_of(given, one._told(walk).routes)


def full_day() -> Day:
    """Two orders of four hours fill a shift. Order 5 waits: only engineer 0 can do it, whose order 1 engineer 1 could
    do, whose order 3 engineer 2 could do, who has room."""
    engineers = [engineer(n, x=n * 3_000, can=[n, 10 + n, 9 + n]) for n in range(3)]
    half = {"seconds": 4 * HOUR - 600, "priority": 3}
    orders = [
        order(0, x=100, needs=[0], **half),
        order(1, x=200, needs=[10], **half),
        order(2, x=3_100, needs=[1], **half),
        order(3, x=3_200, needs=[11], **half),
        order(4, x=6_100, needs=[2], **half),
        order(5, x=300, needs=[0], **half | {"priority": 4}),
    ]
    return day(engineers, orders)


def test_what_waits_is_done_when_two_others_move_on() -> None:
    given = full_day()
    one, walk = begun(given)
    assert (walk.route_of < 0).sum() == 1
    one, walk, before = improved(given)
    assert (walk.route_of < 0).sum() == 0 and walk.cost < before
    assert check(given, plan_of(one, walk, given)) == ([], walk.cost)


def test_a_chain_is_as_long_as_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "LONGEST", 2)
    _one, walk, _before = improved(full_day())
    assert (walk.route_of < 0).sum() == 1


def test_a_look_that_takes_longer_than_a_round_does_not_end_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def improve(_chains: Chains, _walk: Walk, _everywhere: object) -> None:
        until = time.monotonic() + 0.1
        while time.monotonic() < until:
            pass

    monkeypatch.setattr(Chains, "improve", improve)
    given = full_day()
    given["orders"][5]["needs"] = [99]
    found = search.solve(days.problem_of(given), Budget(seconds=1.0, threads=1))
    assert found.unserved and found.seconds > 0.8


def test_half_of_a_round_at_least_is_steps() -> None:
    assert search.pace(10.0, 10, 0.2) == pytest.approx(0.8)
    assert search.pace(10.0, 10, 7.0) == pytest.approx(0.5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", range(20))
def test_chains_keep_the_rules_and_cost_what_they_say(seed: int, threads: int) -> None:
    given = random_day(seed, n_orders=60, n_engineers=7)
    one, walk, before = improved(given, threads)
    assert walk.cost <= before
    assert check(given, plan_of(one, walk, given)) == ([], walk.cost)
    alone, same, _before = improved(given)
    assert plan_of(one, walk, given) == plan_of(alone, same, given)


def test_most_crowded_days_gain() -> None:
    gains = [before - walk.cost for _one, walk, before in map(improved, crowded(range(20)))]
    assert sum(gain > 0 for gain in gains) > 15


def test_promises_take_no_part() -> None:
    for given in crowded(range(5)):
        one, first = begun(given)
        pinned = one.arrays.orders[0, :, k.PIN] >= 0
        _one, walk, _before = improved(given)
        assert pinned.any() and (walk.route_of[pinned] == first.route_of[pinned]).all()


def test_only_near_orders_take_the_place_of_others_on_large_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "ALL_NEAR", 10)
    monkeypatch.setattr(chains, "NEAR", 3)
    given = random_day(3, n_orders=60, n_engineers=7)
    one, walk, before = improved(given)
    assert Chains(one.arrays, 1).near.shape == (60, 3)
    assert walk.cost <= before and check(given, plan_of(one, walk, given)) == ([], walk.cost)


def test_the_table_of_neighbours_reads_both_ways() -> None:
    one, _walk = begun(random_day(1))
    table = Chains(one.arrays, 1)
    for order_number in range(len(table.near)):
        span = slice(*table.offsets[order_number : order_number + 2])
        assert (table.near[table.who[span], table.slot[span]] == order_number).all()
    assert len(table.who) == np.count_nonzero(table.near >= 0)


def crowded(seeds: Any) -> list[Day]:
    return [random_day(seed, n_orders=60, n_engineers=7) for seed in seeds]
