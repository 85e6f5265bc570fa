"""What the commands of the optimiser share: their options, and a bar on a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from dispatch.optimiser.problem import Order, Problem, Worker
from dispatch.optimiser.search import Budget, Solution, Tuning, solve


def search_arguments(parser: argparse.ArgumentParser) -> None:
    """How long to search, with what seed, on how many threads."""
    parser.add_argument("--budget-seconds", type=_seconds, default=5.0, metavar="S")
    parser.add_argument(
        "--steps", type=int, help="steps per round instead of seconds: the same plan every time"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, choices=range(1, 33), metavar="N")


def prepare() -> None:
    """Compile the search, or load it from its cache, before the clock runs."""
    order = Order(place=(1.0, 1.0), seconds=60, window=(0, 3600), prize=600)
    worker = Worker(start=(0.0, 0.0), end=(0.0, 0.0), shift=(0, 7200))
    problem = Problem([worker], [order], lambda a, b: abs(a[:, None, 0] - b[None, :, 0]).astype(int))
    solve(problem, Budget(steps=1, rounds=1, threads=1))


def search_with_bar(
    problem: Problem, options: Mapping[str, Any], *, began: float, tuning: Tuning | None = None
) -> Solution:
    """Search as the options say, with a progress bar on a terminal."""
    with tqdm(total=100, unit="%", disable=not sys.stderr.isatty()) as bar:

        def progress(share: float, cost: int) -> bool:
            bar.update(round(100 * share) - bar.n)
            bar.set_postfix(cost=cost)
            return True

        budget = Budget(seconds=options["budget_seconds"], steps=options["steps"], threads=options["threads"])
        return solve(problem, budget, seed=options["seed"], tuning=tuning, progress=progress, began=began)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is no budget: give seconds above 0 and up to a day.")
    return value
