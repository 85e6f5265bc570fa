"""The optimiser against the rule engine people use, one JSON line per figure.

`python -m bench optimiser` prints D3 and small sizes of D6, D7 and D8; `python -m bench D5` any of D3 to D8
whole, `python -m bench horizon` two weeks in one run. Each runs in a process of its own, as
`python -m bench.optimiser D5`, so that its memory is its own. Figures are planned in a fixed number of steps, so
that they can be compared between runs on a busy machine; the steps are what two idle cores do in the seconds of
the promise. Needs `bench/field_day.py` and `data/vrptw` of the shared directory (FIELDSERVICE_SHARED), and no
database.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from bench.horizon import horizon
from bench.replanning import ALLOWED, MOST_COST, MOST_DISTURBED, replanning
from dispatch.management.solving import prepare
from dispatch.optimiser import days, vrptw
from dispatch.optimiser.search import ROUNDS, Budget, Solution, solve
from planning.plans import Effort

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FIELDSERVICE_SHARED", ROOT.parent / "shared"))
STEPS_PER_CPU_SECOND = {
    "50/8": 85_000,
    "200/25": 120_000,
    "1000/120": 115_000,
    "5000/500": 68_000,
    "Solomon": 100_000,
}
Figure = dict[str, Any]


def main() -> None:
    """Print the chosen figures, by default the small ones; the exit code is 1 when one misses its limit."""
    chosen = sys.argv[1:] or SMALL
    if unknown := set(chosen) - set(FIGURES):
        sys.exit(f"There is no figure {', '.join(sorted(unknown))}; choose of {', '.join(FIGURES)}.")
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is not there; set FIELDSERVICE_SHARED to the shared directory.")
    prepare()
    within = True
    for name in chosen:
        figure = FIGURES[name]()
        print(json.dumps(figure), flush=True)
        within &= figure["within"]
    sys.exit(0 if within else 1)


def small_figures() -> Iterator[Figure]:
    """What `python -m bench` shows of the optimiser in half a minute of processor time."""
    for name in SMALL:
        yield from figure_of(name)


def figure_of(name: str) -> Iterator[Figure]:
    """One figure, measured in a process of its own; nothing where the shared directory is absent."""
    if not SHARED.is_dir():
        print(
            f"{name} is left out: {SHARED} is not there (FIELDSERVICE_SHARED names another).", file=sys.stderr
        )
        return
    command = [sys.executable, "-m", "bench.optimiser", name]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False).stdout
    yield json.loads(told)


def _day(name: str, size: str, seconds: int, *, cost: float, served: int) -> Figure:
    """A day of seed 1, beside the rule engine's plan of the same day."""
    field_day = shared_field_day()
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


def _solomon(part: float, limit: float, seeds: Sequence[int] = (1,)) -> Figure:
    """The mean gap to the best known solutions, one thread, in a part of the steps of 10 s each."""
    gaps: dict[str, list[float]] = {}
    feasible = True
    for path in sorted((SHARED / "data" / "vrptw").glob("*.txt")):
        instance = vrptw.read_instance(path.read_text())
        best = float(path.with_suffix(".sol").read_text().split()[-1])
        steps = int(STEPS_PER_CPU_SECOND["Solomon"] * 10 * part)
        problem, tuning = vrptw.problem_of(instance), vrptw.tuning_for(instance)
        for seed in seeds:
            budget = Budget(steps=steps // ROUNDS, threads=1)
            solution = solve(problem, budget, tuning=tuning, seed=seed)
            distance, holds = vrptw.judge(instance, solution.routes)
            feasible &= holds
            gaps.setdefault(instance.name, []).append(round(100 * (distance / best - 1), 2))
    mean = round(sum(map(sum, gaps.values())) / len(gaps) / len(seeds), 3)
    return {
        "name": f"D7: Solomon, mean gap in % after the steps of {10 * part:g} s on one core",
        "gap": mean,
        "limit": limit,
        "within": feasible and mean <= limit,
        "gaps": gaps,
    }


def _replanned(*seeds: int, draws: Sequence[int] = (11, 12, 13, 14)) -> Figure:
    """Mornings planned anew at eleven, in the steps of 5 s on two cores each."""
    field_day = shared_field_day()
    effort = Effort(steps=STEPS_PER_CPU_SECOND["200/25"] * 5 // ROUNDS)
    seen = [replanning(field_day.generate("200/25", seed), effort, draw) for seed in seeds for draw in draws]
    return {
        "name": "D6: 200/25 planned anew at eleven, two ill, five urgent: customers disturbed in %, mean",
        "limit": MOST_DISTURBED,
        "cost_limit": MOST_COST,
        "within": all(morning["within"] for one in seen for morning in one.values()),
        **{allowed: _mean_of([one[allowed] for one in seen]) for allowed in ALLOWED},
    }


def _mean_of(mornings: Sequence[Figure]) -> Figure:
    return {
        "disturbed_pct": round(mean(one["disturbed_pct"] for one in mornings), 2),
        "cost_ratio": round(mean(one["cost_ratio"] for one in mornings), 3),
        "within": f"{sum(one['within'] for one in mornings)}/{len(mornings)}",
        "mornings": mornings,
    }


def _random_days(count: int) -> Figure:
    """Hard violations over random days of 50 orders and 8 engineers."""
    field_day = shared_field_day()
    violations = unequal = dropped = 0
    for seed in range(count):
        day = field_day.generate("50/8", seed)
        solution = solve(days.problem_of(day), Budget(steps=100, rounds=4, threads=1))
        scores = field_day.check(day, days.plan_of(day, solution.routes))
        kept, of = map(int, scores["locks_kept"].split("/"))
        violations, dropped = violations + len(scores["violations"]), dropped + of - kept
        unequal += scores["cost_hours"] != round(solution.cost / 3600, 2)
    return {
        "name": f"D8: violations over {count:,} random days",
        "violations": violations,
        "limit": 0,
        "within": violations == dropped == unequal == 0,
        "promises_dropped": dropped,
        "days_whose_cost_differs": unequal,
    }


def _spent(solution: Solution, cpu: float) -> Figure:
    return {
        "steps": solution.steps,
        "steps_per_cpu_second": round(solution.steps / cpu),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def shared_field_day() -> Any:
    """The shared generator, checker and rule engine."""
    spec = importlib.util.spec_from_file_location("field_day", SHARED / "bench" / "field_day.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{SHARED / 'bench' / 'field_day.py'} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FIGURES: dict[str, Callable[[], Figure]] = {
    "D3": lambda: _day("D3", "200/25", 5, cost=39.0, served=197),
    "D4": lambda: _day("D4", "1000/120", 30, cost=180.0, served=984),
    "D5": lambda: _day("D5", "5000/500", 60, cost=1450.0, served=4411),
    "D6": lambda: _replanned(1, 7101, 7102, 7103),
    "D6-small": lambda: _replanned(7101, draws=(11,)),
    "D7": lambda: _solomon(1.0, limit=0.1, seeds=(1, 2, 3)),
    "D7-small": lambda: _solomon(0.1, limit=0.5),
    "D8": lambda: _random_days(1000),
    "D8-small": lambda: _random_days(50),
    "horizon": horizon,
}
SMALL = ["D3", "D6-small", "D7-small", "D8-small"]


if __name__ == "__main__":
    main()
