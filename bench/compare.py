"""The optimiser side by side with the rule engine and with solvers people know, on the same days.

`make compare` installs the solvers (group `compare` of pyproject.toml, in an environment of their own) and
prints one JSON line for each plan, then a table of days and one of routing. `ARGS="50/8 200/25"` chooses
sizes (`solomon`: the shared instances, `1000`: one made up, `FILE.txt`: one of your own in Solomon's
format), `ARGS="own vroom"` who plans. All plans are judged by the shared checker, routes by `vrptw.judge`.
Where a solver cannot express a rule, its plan is mended first: of a route that cannot be driven the least
valuable orders are left until it can.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import routing, solvers
from bench.optimiser import SHARED, STEPS_PER_CPU_SECOND, shared_field_day
from bench.solvers import Day, Routes
from dispatch.management.solving import prepare
from dispatch.optimiser import days, vrptw
from dispatch.optimiser.search import ROUNDS, Budget, solve

CPU_SECONDS = {"50/8": 2, "200/25": 10, "1000/120": 60}
"""On two cores together."""
ROUTING = ("solomon", "1000")
ROUTING_SECONDS, LARGE_SECONDS, LARGE = 10, 60, 200
"""On one core, for each instance: so many seconds up to so many customers, and above."""


def own(day: Day, seconds: float) -> Routes:
    """This product's optimiser, on two threads, in the steps of so many seconds of an idle processor."""
    steps = int(STEPS_PER_CPU_SECOND[day["size"]] * seconds / 2 / ROUNDS)
    return solve(days.problem_of(day), Budget(steps=steps, threads=2)).routes


PLANNERS: dict[str, Callable[[Day, float], Routes]] = {
    "own": own,
    "vroom": solvers.vroom,
    "pyvrp": solvers.pyvrp,
    "ortools": solvers.ortools,
}


def main() -> None:
    """Print every chosen planner's plan of every chosen day and instance."""
    words = sys.argv[1:]
    known = [*CPU_SECONDS, *ROUTING]
    files = [word for word in words if word.endswith(".txt")]
    chosen = [word for word in words if word in known] + files or known
    planners = [word for word in words if word in PLANNERS] or list(PLANNERS)
    if unknown := set(words) - set(known) - set(PLANNERS) - set(files):
        sys.exit(f"{', '.join(unknown)} is neither of {', '.join(known)} nor of {', '.join(PLANNERS)}.")
    prepare()
    field_day = shared_field_day()
    rows = []
    for size in (size for size in chosen if size in CPU_SECONDS):
        day = field_day.generate(size, 1)
        rows.append(_scores(field_day, day, "rules", field_day.baseline(day)))
        _tell(rows[-1])
        for name in planners:
            rows.append(_planned(field_day, day, name))
            _tell(rows[-1])
    routed = []
    for kind in (kind for kind in chosen if kind not in CPU_SECONDS):
        for instance, best in _instances(kind):
            for name in planners:
                routed.append(_routed(instance, best, name))
                _tell(routed[-1])
    _table("day | planner | cost | served | on time | promises | left to mend | processor seconds", rows)
    _table("instance | planner | distance | gap in % | feasible | processor seconds", routed)


def _tell(row: dict[str, Any]) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    load = round(os.getloadavg()[0], 1)
    print(json.dumps(row | {"machine": machine, "load": load}), flush=True)


def _table(head: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        print(f"\n| {head} |\n" + "|---" * (head.count("|") + 1) + "|")
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


def _instances(kind: str) -> Iterator[tuple[vrptw.Instance, float | None]]:
    """Instances with the best known distance, where one is known."""
    if kind == "1000":
        yield routing.made_up(), None
        return
    paths = sorted((SHARED / "data" / "vrptw").glob("*.txt")) if kind == "solomon" else [Path(kind)]
    for path in paths:
        solution = path.with_suffix(".sol")
        best = float(solution.read_text().split()[-1]) if solution.exists() else None
        yield vrptw.read_instance(path.read_text()), best


def _routed(instance: vrptw.Instance, best: float | None, name: str) -> dict[str, Any]:
    seconds = LARGE_SECONDS if len(instance.customers) > LARGE else ROUTING_SECONDS
    began = time.process_time()
    routes = routing.PLANNERS[name](instance, seconds)
    spent = time.process_time() - began
    distance, feasible = vrptw.judge(instance, routes)
    return {
        "instance": instance.name,
        "planner": name,
        "distance": distance,
        "gap_pct": round(100 * (distance / best - 1), 2) if best else "",
        "feasible": feasible,
        "cpu_seconds": round(spent, 1),
    }


def _planned(field_day: Any, day: Day, name: str) -> dict[str, Any]:
    began = time.process_time()
    try:
        routes = PLANNERS[name](day, CPU_SECONDS[day["size"]])
    except MemoryError as problem:
        return {"day": day["size"], "planner": name, "cost": f"not run: {problem}"}
    spent = time.process_time() - began
    left = _mend(field_day, day, routes)
    scores = _scores(field_day, day, name, days.plan_of(day, routes))
    return scores | {"left_to_mend": left, "cpu_seconds": round(spent, 1)}


def _mend(field_day: Any, day: Day, routes: Routes) -> int:
    """Leave orders until each route can be driven, the least valuable and longest first; how many."""
    left = 0
    for engineer, route in zip(day["engineers"], routes, strict=True):
        while route and field_day.start_times(day, engineer, [day["orders"][i] for i in route]) is None:
            route.remove(max(route, key=lambda i: _least_valuable(day["orders"][i])))
            left += 1
    return left


def _least_valuable(order: Day) -> tuple[bool, int, int]:
    return order["locked"] is None, order["priority"], order["seconds"]


def _scores(field_day: Any, day: Day, name: str, plan: Any) -> dict[str, Any]:
    scores = field_day.check(day, plan)
    broken = [words for words in scores["violations"] if "dropped" not in words]
    if broken:
        raise RuntimeError(f"{name} broke a rule: {broken}")
    return {
        "day": day["size"],
        "planner": name,
        "cost": scores["cost_hours"],
        "served": scores["served"],
        "on_time_pct": scores["sla_on_time_pct"],
        "promises": scores["locks_kept"],
    }


if __name__ == "__main__":
    main()
