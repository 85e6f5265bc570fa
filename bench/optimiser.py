"""The optimiser against the rule engine people use, one JSON line per figure.

Run it as `python -m bench.optimiser [D3 …]`. Figures are planned in a fixed number of steps, so that they
can be compared between runs on a busy machine; the steps are what two idle cores do in the seconds of the
promise. Needs `bench/field_day.py` and `data/vrptw` of the shared directory (FIELDSERVICE_SHARED), and no
database.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dispatch.management.solving import prepare
from dispatch.optimiser import days, vrptw
from dispatch.optimiser.search import ROUNDS, Budget, Solution, solve

SHARED = Path(os.environ.get("FIELDSERVICE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
STEPS_PER_CPU_SECOND = {"50/8": 85_000, "200/25": 85_000, "1000/120": 80_000, "5000/500": 35_000}
Figure = dict[str, Any]


def main() -> None:
    """Print the chosen figures, by default all; the exit code is 1 when one misses its limit."""
    figures: dict[str, Callable[[], Figure]] = {
        "D3": lambda: _day("D3", "200/25", 5, cost=39.0, served=197),
        "D4": lambda: _day("D4", "1000/120", 30, cost=180.0, served=984),
        "D5": lambda: _day("D5", "5000/500", 60, cost=1450.0, served=4411),
        "D7": _solomon,
        "D8": _random_days,
    }
    chosen = sys.argv[1:] or list(figures)
    if unknown := set(chosen) - set(figures):
        sys.exit(f"There is no figure {', '.join(sorted(unknown))}; choose of {', '.join(figures)}.")
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is not there; set FIELDSERVICE_SHARED to the shared directory.")
    prepare()
    within = True
    for name in chosen:
        figure = figures[name]()
        print(json.dumps(figure), flush=True)
        within &= figure["within"]
    sys.exit(0 if within else 1)


def _day(name: str, size: str, seconds: int, *, cost: float, served: int) -> Figure:
    """A day of seed 1, beside the rule engine's plan of the same day."""
    field_day = _field_day()
    day = field_day.generate(size, 1)
    began = time.process_time()
    steps = STEPS_PER_CPU_SECOND[size] * seconds // ROUNDS
    solution = solve(days.problem_of(day), Budget(steps=steps, threads=2))
    spent = time.process_time() - began
    scores = field_day.check(day, days.plan_of(day, solution.routes))
    rules = field_day.check(day, field_day.baseline(day))
    reached = scores["cost_hours"] <= cost and scores["served"] >= served and not scores["violations"]
    return {
        "name": f"{name}: {size} seed 1, steps of {seconds} s on two cores",
        "cost_hours": scores["cost_hours"],
        "limit": cost,
        "served": scores["served"],
        "served_limit": served,
        "within": reached,
        "violations": len(scores["violations"]),
        "rule_engine_cost_hours": rules["cost_hours"],
        "rule_engine_served": rules["served"],
        **_spent(solution, spent),
    }


def _solomon() -> Figure:
    """The mean gap to the best known solutions, one thread, 10 s of steps each."""
    gaps: dict[str, float] = {}
    feasible = True
    for path in sorted((SHARED / "data" / "vrptw").glob("*.txt")):
        instance = vrptw.read_instance(path.read_text())
        best = float(path.with_suffix(".sol").read_text().split()[-1])
        budget = Budget(steps=400_000 // ROUNDS, threads=1)
        solution = solve(vrptw.problem_of(instance), budget, tuning=vrptw.tuning_for(instance))
        distance, holds = vrptw.judge(instance, solution.routes)
        feasible &= holds
        gaps[instance.name] = round(100 * (distance / best - 1), 2)
    mean = round(sum(gaps.values()) / len(gaps), 3)
    return {
        "name": "D7: Solomon, mean gap in %",
        "gap": mean,
        "limit": 0.1,
        "within": feasible and mean <= 0.1,
        "gaps": gaps,
    }


def _random_days() -> Figure:
    """Hard violations over 1,000 random days of 50 orders and 8 engineers."""
    field_day = _field_day()
    violations = unequal = 0
    for seed in range(1000):
        day = field_day.generate("50/8", seed)
        solution = solve(days.problem_of(day), Budget(steps=100, rounds=4, threads=1))
        scores = field_day.check(day, days.plan_of(day, solution.routes))
        violations += len(scores["violations"])
        unequal += scores["cost_hours"] != round(solution.cost / 3600, 2)
    return {
        "name": "D8: violations over 1,000 random days",
        "violations": violations,
        "limit": 0,
        "within": violations == unequal == 0,
        "days_whose_cost_differs": unequal,
    }


def _spent(solution: Solution, cpu: float) -> Figure:
    return {
        "steps": solution.steps,
        "steps_per_cpu_second": round(solution.steps / cpu),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _field_day() -> Any:
    """The shared generator, checker and rule engine."""
    spec = importlib.util.spec_from_file_location("field_day", SHARED / "bench" / "field_day.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{SHARED / 'bench' / 'field_day.py'} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
