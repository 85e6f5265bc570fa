"""The optimiser side by side with the rule engine and with solvers people know, on the same days.

`make compare` installs the solvers (group `compare` of pyproject.toml, in an environment of their own) and
prints one JSON line for each plan, then a table. `ARGS="50/8 200/25"` chooses sizes, `ARGS="own vroom"` who
plans. All plans are judged by the shared checker. Where a solver cannot express a rule, its plan is mended
first: of a route that cannot be driven the least valuable orders are left until it can.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

from bench import solvers
from bench.optimiser import STEPS_PER_CPU_SECOND, shared_field_day
from bench.solvers import Day, Routes
from dispatch.management.solving import prepare
from dispatch.optimiser import days
from dispatch.optimiser.search import ROUNDS, Budget, solve

CPU_SECONDS = {"50/8": 2, "200/25": 10, "1000/120": 60}
"""On two cores together."""


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
    """Print every chosen planner's plan of every chosen day."""
    words = sys.argv[1:]
    sizes = [word for word in words if word in CPU_SECONDS] or list(CPU_SECONDS)
    planners = [word for word in words if word in PLANNERS] or list(PLANNERS)
    if unknown := set(words) - set(CPU_SECONDS) - set(PLANNERS):
        sys.exit(f"{', '.join(unknown)} is neither of {', '.join(CPU_SECONDS)} nor of {', '.join(PLANNERS)}.")
    prepare()
    field_day = shared_field_day()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    rows = []
    for size in sizes:
        day = field_day.generate(size, 1)
        rows.append(_scores(field_day, day, "rules", field_day.baseline(day)))
        for name in planners:
            rows.append(_planned(field_day, day, name))
            print(json.dumps(rows[-1] | {"machine": machine}), flush=True)
    print("\n| day | planner | cost | served | on time | promises | left to mend | processor seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


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
