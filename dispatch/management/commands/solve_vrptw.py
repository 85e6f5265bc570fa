"""Plan a routing instance in Solomon's format: a yardstick for the optimiser."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispatch.management.solving import prepare, search_arguments, search_with_bar
from dispatch.optimiser import vrptw
from dispatch.optimiser.problem import BadProblem


class Command(BaseCommand):
    help = "Plan an instance in Solomon's format (distances truncated to one decimal)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.txt")
        search_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print {"distance", "routes": [[customer number, …], …], "feasible"}."""
        path = Path(options["file"])
        try:
            instance = vrptw.read_instance(path.read_text(encoding="utf-8-sig"))
            prepare()
            began = time.monotonic()
            solution = search_with_bar(
                vrptw.problem_of(instance), options, began=began, tuning=vrptw.tuning_for(instance)
            )
        except (OSError, UnicodeDecodeError) as problem:
            raise CommandError(f"{path} cannot be read: {problem}.") from problem
        except BadProblem as problem:
            raise CommandError(f"{path}: {problem}") from problem
        distance, feasible = vrptw.judge(instance, solution.routes)
        routes = [[instance.customers[i].number for i in route] for route in solution.routes if route]
        if left := [instance.customers[i].number for i in solution.unserved]:
            self.stderr.write(f"No vehicle serves customers {', '.join(map(str, left))}.")
        self.stdout.write(json.dumps({"distance": distance, "routes": routes, "feasible": feasible}))
