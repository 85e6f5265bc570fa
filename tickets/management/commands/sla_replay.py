"""`manage.py sla_replay`: try a promise on made-up histories. No tenant is needed, and nothing is written."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tickets import cases


class Command(BaseCommand):
    help = (
        "Reckon due time, elapsed business minutes and outcome of SLA cases in a JSON file (see docs/sla.md)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="CASES.json", help="a list of cases; - reads standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        raws = _read(options["file"])
        try:
            results = [cases.result(cases.read_case(raw, index)) for index, raw in enumerate(raws)]
        except cases.BadCase as error:
            raise CommandError(f"{error} Nothing was reckoned.") from error
        self.stdout.write(json.dumps(results, ensure_ascii=False, indent=1))


def _read(name: str) -> list[Any]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}. Name a JSON file of cases.") from error
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{name} is not JSON: {error}. Write a list of cases.") from error
    if not isinstance(found, list):
        raise CommandError(f'{name} holds no list; write [{{"id": …, "zone": …, "events": […]}}].')
    return found
