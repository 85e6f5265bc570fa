"""Load service requests from a CSV file and let the rules plan what is field work."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from core.clock import now
from dispatch import queries, reasons, services
from dispatch.imports.mapping import (
    SHIPPED,
    BadRow,
    FileMapping,
    Request,
    check_columns,
    load_mapping,
    request_of,
)
from dispatch.imports.reading import Row, UnreadableFile, read
from inventory import queries as inventory
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.postgres.statistics import refresh_statistics
from tenants.queries import find_tenant
from workforce import queries as workforce

BATCH = 500
WRITES_TO = ("journal", "customers", "workforce", "tickets", "dispatch")
ACTOR = Actor.system("import")


class Command(BaseCommand):
    """`--format nyc311` or `--mapping FILE.json`; the last line on stdout is JSON of the counts."""

    help = "Load service requests from a CSV file; running it again creates nothing twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.csv", type=Path)
        parser.add_argument("--tenant", required=True, help="the tenant's slug")
        parser.add_argument("--format", choices=sorted(SHIPPED), help="a mapping that ships with the project")
        parser.add_argument("--mapping", type=Path, help="a mapping of your own (docs/imports.md)")
        parser.add_argument("--no-dispatch", action="store_true", help="leave the planning to the worker")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no tenant “{options['tenant']}”. Give the slug as in /t/<slug>/.")
        try:
            mapping = _mapping(options)
            columns, rows = read(_bytes(options["file"]))
            check_columns(mapping, columns)
            with tenant_active(tenant.pk):
                parts = frozenset(inventory.parts().values_list("code", flat=True))
            mapping.check_parts(parts)
        except UnreadableFile as problem:
            raise CommandError(str(problem)) from problem
        counts = self._load(tenant, mapping, list(rows), parts)
        if not options["no_dispatch"]:
            self._dispatch(tenant)
        self.stdout.write(json.dumps(counts))

    def _load(
        self, tenant: Tenant, mapping: FileMapping, rows: list[Row], parts: frozenset[str]
    ) -> dict[str, int]:
        """Batch by batch, each in a transaction of its own: an interrupted import is finished by the next."""
        counts = {"rows": len(rows), "created": 0, "duplicates": 0, "rejected": 0}
        good = self._good(rows, mapping, counts, parts)
        with _bar(len(rows), "import") as bar:
            while batch := list(islice(good, BATCH)):
                with tenant_active(tenant.pk):
                    loaded = services.import_requests(requests=batch, mapping=mapping, actor=ACTOR, at=now())
                counts["created"] += loaded.created
                counts["duplicates"] += loaded.duplicates
                if loaded.created:
                    refresh_statistics(WRITES_TO)
                bar.update(len(batch))
        return counts

    def _good(
        self, rows: list[Row], mapping: FileMapping, counts: dict[str, int], parts: frozenset[str]
    ) -> Iterator[Request]:
        for row in rows:
            try:
                yield request_of(row, mapping, parts)
            except BadRow as problem:
                counts["rejected"] += 1
                tqdm.write(f"line {row.line}: {problem}", file=sys.stderr)

    def _dispatch(self, tenant: Tenant) -> None:
        with tenant_active(tenant.pk):
            at, waiting = now(), queries.tray().count()
            if not waiting:
                return
            with _bar(waiting, "dispatch") as bar:
                counts = services.auto_dispatch_open(actor=ACTOR, at=at, progress=bar.update)
            names = dict(workforce.skills().values_list("id", "name"))
            why_not = [(reasons.words(why, names), number) for why, number in queries.unplanned_reasons(at)]
        told = (
            f"auto-dispatch: {counts['assigned']} of {waiting} work orders planned, "
            f"{counts['nobody']} that nobody can do, {counts['no_rule']} to which no rule applies"
        )
        self.stderr.write(told)
        for why, number in why_not:
            self.stderr.write(f"  {number} × {why.strip()}")


def _bar(total: int, what: str) -> tqdm[Any]:
    """A bar on a terminal; nothing elsewhere."""
    return tqdm(total=total, desc=what, unit="rows", file=sys.stderr, disable=not sys.stderr.isatty())


def _mapping(options: dict[str, Any]) -> FileMapping:
    if bool(options["format"]) == bool(options["mapping"]):
        known = ", ".join(sorted(SHIPPED))
        raise CommandError(f"Say either --format ({known}) or --mapping FILE.json.")
    return load_mapping(options["mapping"] or SHIPPED[options["format"]])


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
