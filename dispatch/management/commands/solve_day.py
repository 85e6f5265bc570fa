"""Plan a day in the field from a file: the optimiser of the product, without a tenant."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispatch.management.solving import prepare, search_arguments, search_with_bar
from dispatch.optimiser import days
from dispatch.optimiser.problem import BadProblem


class Command(BaseCommand):
    help = "Plan a day: engineers, orders, promises and breaks from DAY.json; the plan goes to --output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("day", metavar="DAY.json")
        parser.add_argument("--output", metavar="PLAN.json", required=True)
        search_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write {"routes": {engineer: [order, …]}}; print {"cost_hours", "served", "of", "unserved": [order, …], …}."""
        day = _read(Path(options["day"]))
        target = Path(options["output"])
        if not target.parent.is_dir():
            raise CommandError(
                f"{target.parent} is not a folder; make it first, then {target.name} can be written."
            )
        try:
            prepare()
            began = time.monotonic()
            solution = search_with_bar(days.problem_of(day), options, began=began)
        except BadProblem as problem:
            raise CommandError(f"{options['day']}: {problem}") from problem
        _write(target, days.plan_of(day, solution.routes))
        told = {
            "cost_hours": round(solution.cost / 3600, 2),
            "served": len(day["orders"]) - len(solution.unserved),
            "of": len(day["orders"]),
            "unserved": [day["orders"][i]["id"] for i in solution.unserved],
            "steps": solution.steps,
            "seconds": round(solution.seconds, 2),
        }
        self.stdout.write(json.dumps(told))


def _read(path: Path) -> dict[str, Any]:
    try:
        day = json.loads(path.read_bytes())
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}.") from problem
    except ValueError as problem:
        raise CommandError(f"{path} is not JSON: {problem}.") from problem
    except RecursionError as problem:
        raise CommandError(f"{path} is nested too deeply for a day.") from problem
    if not isinstance(day, dict):
        raise CommandError(f'{path} holds no day: an object with "engineers" and "orders" is needed.')
    return day


def _write(target: Path, plan: Any) -> None:
    """The whole plan or nothing: written beside the target first."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(plan))
        beside.replace(target)
    except OSError as problem:
        beside.unlink(missing_ok=True)
        raise CommandError(f"{target} cannot be written: {problem.strerror}.") from problem
