"""`manage.py ingest_email --tenant SLUG FILE...`: take in raw e-mails, one per file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.clock import now
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.queries import find_tenant
from tickets import services
from tickets.services import Intake

LARGEST = 100 * 1024 * 1024
COUNTED = {
    Intake.OPENED: "tickets_opened",
    Intake.REPLY: "replies",
    Intake.KNOWN: "replies",
    Intake.AUTOMATIC: "automatic",
    Intake.BOUNCE: "bounces",
    Intake.QUARANTINED: "quarantined",
}


class Command(BaseCommand):
    """Each file is its own transaction. The last line is JSON; its six counts add up to `messages`.

    A message that is known already belongs to a conversation: it counts as a reply, and in `duplicates`.
    """

    help = "Take in raw e-mail messages, one per file; folders are read whole, by name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="the company's slug")
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="FILE", help="a message, or a folder of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no company “{options['tenant']}”. Look at its address: /t/<slug>/…")
        files = list(_files(options["paths"]))
        counts = dict.fromkeys(
            ("messages", "tickets_opened", "replies", "automatic", "bounces", "quarantined", "lost"), 0
        )
        counts["duplicates"] = 0
        for path in tqdm(files, unit="message", disable=not self.stderr.isatty() or None):
            outcome = self._take_in(tenant, path)
            counts["messages"] += 1
            counts[COUNTED[outcome] if outcome else "lost"] += 1
            counts["duplicates"] += outcome == Intake.KNOWN
        self.stdout.write(json.dumps(counts))

    def _take_in(self, tenant: Tenant, path: Path) -> Intake | None:
        """One file; None, with its reason on stderr, when it could not even be stored."""
        try:
            if path.stat().st_size > LARGEST:
                self.stderr.write(f"{path}: larger than {LARGEST // 1024**2} MB; left where it is.")
                return None
            raw = path.read_bytes()
        except OSError as problem:
            self.stderr.write(f"{path}: {problem.strerror}; left where it is.")
            return None
        with tenant_active(tenant.pk):
            return services.take_in_email(raw=raw, at=now(), actor=Actor.system("e-mail file"))


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.rglob("*") if child.is_file())
        elif path.is_file():
            yield path
        else:
            raise CommandError(f"{path} is neither a file nor a folder. Nothing was read.")
