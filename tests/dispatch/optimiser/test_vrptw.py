"""Routing instances: read in every spacing, planned feasibly, judged from the file alone."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from dispatch.optimiser import vrptw
from dispatch.optimiser.problem import BadProblem
from dispatch.optimiser.search import Budget, solve

FILES = sorted((Path(__file__).resolve().parents[4] / "shared" / "data" / "vrptw").glob("*.txt"))


def made_up(customers: int, newline: str = "\n") -> str:
    """An instance in Gehring and Homberger's layout."""
    rng = random.Random(customers)
    lines = ["made_up", "", "VEHICLE", "NUMBER     CAPACITY", f"  {customers // 4}   200", "", "CUSTOMER"]
    lines += ["CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME", ""]
    lines.append("    0     250     250       0       0      4000       0")
    for number in range(1, customers + 1):
        ready = rng.randrange(0, 3000)
        fields = (
            number,
            rng.randrange(500),
            rng.randrange(500),
            rng.randrange(1, 30),
            ready,
            ready + 600,
            10,
        )
        lines.append("".join(f"{field:>8}" for field in fields))
    return newline.join(lines)


def plan(text: str, steps: int = 100) -> tuple[float, bool]:
    instance = vrptw.read_instance(text)
    budget = Budget(steps=steps, rounds=4, threads=1)
    solution = solve(vrptw.problem_of(instance), budget, tuning=vrptw.tuning_for(instance))
    return vrptw.judge(instance, solution.routes)


@pytest.mark.parametrize("path", FILES or [None], ids=lambda path: path.stem if path else "none")
def test_shared_instances_are_planned_feasibly(path: Path | None) -> None:
    if path is None:
        pytest.skip("data/vrptw of the shared directory is not here.")
    best = float(path.with_suffix(".sol").read_text().split()[-1])
    distance, feasible = plan(path.read_text(), steps=500)
    assert feasible and best <= distance + 0.05 and distance < 1.15 * best


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_and_spacing_do_not_matter(newline: str) -> None:
    plain = vrptw.read_instance(made_up(30))
    text = made_up(30, newline).replace("    ", "\t ") + newline * 3
    assert vrptw.read_instance(text) == plain
    assert plan(text)[1]


def test_a_thousand_customers() -> None:
    instance = vrptw.read_instance(made_up(1000))
    assert len(instance.customers) == 1000 and instance.vehicles == 250
    assert plan(made_up(1000), steps=50)[1]


def test_distances_are_truncated_to_one_decimal() -> None:
    one, other = vrptw.Customer(0, 0, 0, 0, 0, 0, 0), vrptw.Customer(1, 1, 1, 0, 0, 0, 0)
    assert vrptw.Instance("", 1, 1, one, []).distance(one, other) == int(math.sqrt(2) * 10) == 14


@pytest.mark.parametrize("wrong", ["time", "load", "missing", "twice", "vehicles"])
def test_the_judge_sees_what_is_wrong(wrong: str) -> None:
    instance = vrptw.read_instance(made_up(8))
    solution = solve(vrptw.problem_of(instance), Budget(steps=50, rounds=2, threads=1))
    routes = [list(route) for route in solution.routes]
    assert vrptw.judge(instance, routes)[1]
    if wrong == "time":
        late = max(range(8), key=lambda i: instance.customers[i].due)
        routes = [[late, *(i for i in range(8) if i != late)]]
    elif wrong == "load":
        instance = vrptw.Instance("", 2, 1, instance.depot, instance.customers)
    elif wrong == "missing":
        next(route for route in routes if route).pop()
    elif wrong == "twice":
        routes[0] = routes[0] * 2 or routes[1]
    else:
        instance = vrptw.Instance("", 0, 200, instance.depot, instance.customers)
    assert not vrptw.judge(instance, routes)[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("Dear Sir,\nthe boiler is cold.\n", "no vehicles"),
        ("x\n10 200\n0 1 1 0 0 100 0\n", "no customers"),
        ("x\n10 200\n0 1 1 0 0 100 0\n1 2 3\n", "Line 4 is no customer"),
        ("x\n10 200\n0 1 1 0 0 100 0\n1 2 3 4 5 nine 7\n", "Line 4 is no customer"),
        ("x\nnan 200\n0 1 1 0 0 100 0\n1 2 3 4 5 6 7\n", "Line 2: the number of vehicles is nan"),
        ("x\n10 -1\n0 1 1 0 0 100 0\n1 2 3 4 5 6 7\n", "Line 2: the capacity is -1"),
        ("x\n10 200\n0 1 1 0 0 100 0\n1 2 3 4.5 5 6 7\n", "Line 4: the demand is 4.5"),
        ("x\n10 200\n0 1 1 0 0 100 0\n1 1e308 3 4 5 6 7\n", "Line 4 holds a number beyond"),
        ("x\n10 200\n0 1 1 0 0 100 0\n1 2 nan 4 5 6 7\n", "Line 4 holds a number beyond"),
        ("x\n10 200\n0 1 1 0 0 9 0\n1 2 3 4 5 6 7\n1 2 3 4 5 6 7\n", "Line 5 is customer 1 again, as line 4"),
    ],
)
def test_what_is_no_instance_is_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(BadProblem, match=words):
        vrptw.read_instance(text)


def test_vehicles_that_nobody_needs_cost_nothing() -> None:
    instance = vrptw.read_instance(made_up(8))
    many = vrptw.Instance("", 1_000_000, instance.capacity, instance.depot, instance.customers)
    assert len(vrptw.problem_of(many).workers) == len(instance.customers)


def test_whole_numbers_may_be_written_with_a_point() -> None:
    assert vrptw.read_instance(made_up(8).replace("  2   200", "  2.0   200.0")).capacity == 200
