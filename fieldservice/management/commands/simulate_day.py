"""Keep the demo companies alive."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fieldservice.demo import simulator


class Command(BaseCommand):
    """Let requests arrive, engineers finish and customers rate, until it is ended."""

    help = "Simulate the demo companies' day: one act per company every few seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pause", type=float, default=4.0, help="seconds between two rounds")
        parser.add_argument("--rounds", type=int, default=None, help="stop after this many rounds")

    def handle(self, *args: Any, **options: Any) -> None:
        done = simulator.run(pause_seconds=options["pause"], acts=options["rounds"])
        self.stdout.write(f"{done} acts")
