"""Several days, levels, forbidden people, locks, overtime and what customers were told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.optimiser import search
from dispatch.optimiser.days import plane
from dispatch.optimiser.problem import BadProblem, Break, Order, Problem, Worker
from dispatch.optimiser.search import Budget, Solution, solve
from tests.dispatch.optimiser.weeks import (
    DAY,
    HOUR,
    check_week,
    random_week,
    with_close_links,
    with_links,
)

BASE = (0.0, 0.0)


def planned(problem: Problem, steps: int = 300, threads: int = 1) -> Solution:
    solution = solve(problem, Budget(steps=steps, rounds=4, threads=threads))
    assert check_week(problem, solution) == ([], solution.cost)
    return solution


def worker(person: int = 1, day: int = 0, **changes: object) -> Worker:
    """From 8 to 17 h at the base."""
    plain = Worker(BASE, BASE, (day * DAY + 8 * HOUR, day * DAY + 17 * HOUR), person=person)
    return replace(plain, **changes)  # type: ignore[arg-type]


def work(**changes: object) -> Order:
    """Half an hour a hundred seconds away, at any time of five days."""
    plain = Order(place=(1000.0, 0.0), seconds=1800, window=(0, 5 * DAY), prize=HOUR)
    return replace(plain, **changes)  # type: ignore[arg-type]


def plan(workers: list[Worker], orders: list[Order], **changes: object) -> list[list[int]]:
    problem = replace(Problem(workers, orders, plane(10.0)), **changes)  # type: ignore[arg-type]
    return planned(problem).routes


@pytest.mark.parametrize("seed", range(40))
def test_a_week_keeps_every_rule_and_costs_what_it_says(seed: int) -> None:
    planned(random_week(seed), threads=1 + seed % 2)


@pytest.mark.parametrize("seed", range(20))
def test_a_crowded_week_with_locks_is_priced_exactly(seed: int) -> None:
    problem = random_week(seed, persons=3, days=2, orders=60)
    first = planned(problem)
    orders = list(problem.orders)
    for number, stops in enumerate(first.routes):
        for i in stops[::2]:  # Every other visit is promised to whom it was planned, at any time.
            orders[i] = replace(orders[i], pinned=problem.workers[number].person)
    promised = replace(problem, orders=orders, plan=first.routes)
    again = planned(promised)
    assert again.cost <= first.cost
    assert all(i not in again.unserved for i, order in enumerate(orders) if order.pinned >= 0)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("apart", [True, False])
def test_crews_and_waiting_work_keep_every_rule(
    seed: int, apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_WORKERS_TO_EXCHANGE", 40 if apart else 0)
    problem = with_links(random_week(seed), seed)
    first = planned(problem, threads=1 + seed % 2)
    again = solve(problem, Budget(steps=300, rounds=4, threads=1 + seed % 2))
    assert again.routes == first.routes and again.starts == first.starts


@pytest.mark.parametrize("seed", range(30))
def test_what_follows_closely_keeps_every_rule(seed: int) -> None:
    problem = with_close_links(with_links(random_week(seed), seed), seed)
    first = planned(problem, threads=1 + seed % 2)
    again = solve(problem, Budget(steps=300, rounds=4, threads=1 + seed % 2))
    assert again.routes == first.routes and again.starts == first.starts


def test_what_goes_right_after_is_done_with_it_or_neither_is() -> None:
    pair = [work(prize=4 * HOUR), work(after=0, within=1800, binds=True, levels={5: 1})]
    able = worker(2, levels={5: 2}, shift=(10 * HOUR, 12 * HOUR))
    solution = planned(Problem([worker(1), able], pair, plane(10.0)))
    assert not solution.unserved, "the first waits for the hours of who does the second"
    assert plan([worker(1)], pair) == [[]]
    assert plan([worker(1)], [pair[0], replace(pair[1], binds=False)]) == [[0]]


def test_the_first_goes_to_whoever_may_do_the_second_too() -> None:
    pair = [work(), work(after=0, same_person=True, levels={5: 1})]
    near = [worker(n, start=(1000.0, 0.0), end=(1000.0, 0.0)) for n in range(12)]
    routes = plan([*near, worker(20, levels={5: 1})], pair)
    assert routes[-1] == [0, 1], "twelve others are nearer"


def test_a_follower_draws_the_first_to_a_time_at_which_both_can() -> None:
    pair = [work(window=(8 * HOUR, 16 * HOUR)), work(after=0, within=0, binds=True, place=(50_000.0, 0.0))]
    far = replace(worker(2, levels={6: 1}), start=(50_000.0, 0.0), end=(50_000.0, 0.0))
    pair[1] = replace(pair[1], levels={6: 1}, window=(14 * HOUR, 15 * HOUR))
    assert planned(Problem([worker(1), far], pair, plane(10.0))).routes == [[0], [1]]


@pytest.mark.parametrize("threads", [1, 2])
def test_starting_from_a_plan_never_ends_worse_than_it(threads: int) -> None:
    problem = random_week(7)
    first = planned(problem, steps=2000)
    again = planned(replace(problem, plan=first.routes), steps=1, threads=threads)
    assert again.cost <= first.cost


def test_a_plan_that_does_not_fit_any_more_is_mended() -> None:
    orders = [
        work(),
        work(levels={5: 1}),
        work(window=(9 * HOUR, 9 * HOUR)),
        work(window=(8 * HOUR, 9 * HOUR)),
    ]
    routes = plan([worker(1), worker(2, levels={5: 2})], orders, plan=[[0, 1, 2, 3]])
    assert sorted(i for route in routes for i in route) == [0, 1, 2, 3] and 1 in routes[1]


def test_a_plan_of_nobody_we_know_is_refused() -> None:
    with pytest.raises(BadProblem, match="plan to start from"):
        plan([worker()], [work()], plan=[[1]])
    with pytest.raises(BadProblem, match="plan to start from"):
        plan([worker()], [work()], plan=[[0], []])


def test_levels_are_least_levels() -> None:
    people = [worker(1, levels={7: 1}), worker(2, levels={7: 3}), worker(3)]
    assert plan(people, [work(levels={7: 2}), work(levels={8: 1})]) == [[], [0], []]


def test_who_is_forbidden_never_comes_and_who_is_dear_only_in_need() -> None:
    people = [worker(1), worker(2)]
    assert plan(people, [work(forbidden=frozenset({1}))]) == [[], [0]]
    assert plan(people, [work(prices={1: 60})]) == [[], [0]]
    assert plan(people, [work(prices={2: 60}, needs=frozenset())]) == [[0], []]
    assert plan([worker(1)], [work(prices={1: 60})]) == [[0]]


def test_work_that_fits_no_more_today_is_done_tomorrow() -> None:
    people = [worker(1, 0), worker(1, 1), worker(1, 2)]
    routes = plan(people, [work(seconds=5 * HOUR, prize=4 * HOUR) for _order in range(3)])
    assert [len(route) for route in routes] == [1, 1, 1]


def test_hours_of_a_site_differ_from_day_to_day() -> None:
    hours = ((DAY + 9 * HOUR, DAY + 10 * HOUR), (2 * DAY + 20 * HOUR, 2 * DAY + 22 * HOUR))
    people = [worker(1, 0), worker(1, 1), worker(1, 2)]
    assert plan(people, [work(hours=hours)]) == [[], [0], []]
    assert plan(people, [work(hours=hours[1:])]) == [[], [], []]


def test_a_lock_binds_person_and_time_whatever_else_is_said() -> None:
    at = 10 * HOUR
    lock = work(pinned=2, window=(at, at), levels={9: 9}, forbidden=frozenset({2}), told=(9 * HOUR, 9 * HOUR))
    assert plan([worker(1), worker(2)], [lock]) == [[], [0]]


def test_somebody_promised_comes_on_the_day_that_fits() -> None:
    people = [worker(1, 0), worker(2, 0), worker(2, 1)]
    assert plan(people, [work(pinned=2, window=(DAY, 2 * DAY), prize=0)]) == [[], [], [0]]


def test_overtime_is_worked_when_it_is_cheaper_than_not_coming() -> None:
    long = work(seconds=10 * HOUR, prize=2 * HOUR)
    late: dict[str, Any] = {"shift": (8 * HOUR, 20 * HOUR), "regular_end": 17 * HOUR}
    assert plan([worker(1, **late, overtime_price=3600)], [long]) == [[0]]
    assert plan([worker(1, **late, overtime_price=72_000)], [long]) == [[]]


def test_the_customer_is_told_something_else_only_when_it_pays() -> None:
    told = work(was=1, change_price=600, prize=5 * HOUR)
    near = worker(2, start=(1000.0, 0.0), end=(1000.0, 0.0))
    assert plan([worker(1), near], [told]) == [[0], []]
    far = worker(1, start=(9000.0, 0.0), end=(9000.0, 0.0))
    assert plan([far, near], [told]) == [[], [0]]


def test_who_is_early_waits_and_who_is_late_pays() -> None:
    told = work(told=(10 * HOUR, 11 * HOUR), moved_price=500, prize=5 * HOUR)
    problem = Problem([worker()], [told], plane(10.0))
    assert planned(problem).cost == 200
    busy = replace(problem, workers=[worker(shift=(12 * HOUR, 17 * HOUR))])
    assert planned(busy).cost == 700


def test_several_visits_that_may_not_be_parted_end_elsewhere() -> None:
    both = work(leaves=(5000.0, 0.0))
    assert planned(Problem([worker()], [both], plane(10.0))).cost == 600


def test_a_pause_of_each_day_is_taken_that_day() -> None:
    pause = Break(DAY + 12 * HOUR, DAY + 13 * HOUR, HOUR)
    tomorrow = worker(1, 1, pause=pause, shift=(DAY + 12 * HOUR, DAY + 14 * HOUR))
    assert plan([tomorrow], [work(seconds=HOUR)]) == [[]]
    assert plan([tomorrow], [work(seconds=HOUR - 200)]) == [[0]]


def test_a_crew_comes_together_or_not_at_all() -> None:
    lift = work(crew=1, window=(9 * HOUR, 16 * HOUR))
    problem = Problem([worker(1), worker(2), worker(3)], [lift, lift, work()], plane(10.0))
    solution = planned(problem)
    starts = {i: start for route, told in zip(solution.routes, solution.starts, strict=True)
              for i, start in zip(route, told, strict=True)}  # fmt: skip
    assert starts[0] == starts[1] and len(starts) == 3
    alone = planned(replace(problem, workers=[worker(1), worker(1, shift=(9 * HOUR, 12 * HOUR))]))
    assert alone.unserved == [0, 1]


def test_one_ill_of_two_moves_the_lift_to_the_day_when_both_are_there() -> None:
    lift = work(crew=5, prize=4 * HOUR)
    assert plan([worker(1), worker(1, 1), worker(2, 1)], [lift, lift]) in ([[], [0], [1]], [[], [1], [0]])


def test_work_waits_for_other_work_and_is_not_done_without_it() -> None:
    first = work(seconds=2 * HOUR, window=(9 * HOUR, 9 * HOUR))
    problem = Problem([worker(1), worker(2)], [work(after=1, gap=HOUR), first], plane(10.0))
    solution = planned(problem)
    starts = {i: start for route, told in zip(solution.routes, solution.starts, strict=True)
              for i, start in zip(route, told, strict=True)}  # fmt: skip
    assert starts[1] == 9 * HOUR and starts[0] >= 12 * HOUR
    nobody = replace(problem, orders=[problem.orders[0], replace(first, levels={9: 9})])
    assert planned(nobody).unserved == [0, 1]


def test_a_locked_member_draws_its_crew_to_it() -> None:
    at = 13 * HOUR
    orders = [work(crew=1, pinned=1, window=(at, at)), work(crew=1)]
    solution = planned(Problem([worker(1), worker(2)], orders, plane(10.0)))
    assert solution.routes == [[0], [1]] and solution.starts == [[at], [at]]


def test_orders_that_wait_in_a_circle_are_refused() -> None:
    with pytest.raises(BadProblem, match="in a circle"):
        plan([worker()], [work(after=1), work(after=0)])
    with pytest.raises(BadProblem, match="in a circle"):
        plan([worker(), worker(2)], [work(crew=1), work(crew=1, after=0)])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"after": 7}, "waits for an order that is not there"),
        ({"gap": -1}, "waits -1 s"),
        ({"pinned": 3}, "engineer who is not there"),
        ({"prices": {1: -5}}, "price below zero"),
        ({"hours": ((0, 2**40),)}, "beyond all measure"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadProblem, match=words):
        plan([worker()], [work(**changes)])
    with pytest.raises(BadProblem, match="overtime of engineer"):
        plan([worker(overtime_price=10**9)], [work()])
