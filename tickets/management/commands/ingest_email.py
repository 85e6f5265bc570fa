"""`manage.py ingest_email --tenant SLUG FILE...`: take in raw e-mails, one per file."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.clock import now
from core.mailbox import messages_in
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.queries import find_tenant
from tickets import services
from tickets.services import Intake

COUNTED = {
    Intake.OPENED: "tickets_opened",
    Intake.REPLY: "replies",
    Intake.KNOWN: "replies",
    Intake.AUTOMATIC: "automatic",
    Intake.BOUNCE: "bounces",
    Intake.QUARANTINED: "quarantined",
}
POSTMAN = Actor.system("e-mail file")


class Command(BaseCommand):
    """Each message is its own transaction. The last line is JSON; its six counts add up to `messages`.

    A message that is known already belongs to a conversation: it counts as a reply. A file that the system
    does not let us read holds no message for us: it is named on stderr, and the exit code is 1.
    """

    help = (
        "Take in raw e-mail messages, one per file; folders are read whole, by name; mailbox files are split."
    )

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
        names = ("messages", "tickets_opened", "replies", "automatic", "bounces", "quarantined", "lost")
        counts = dict.fromkeys(names, 0)
        known = unread = 0
        for path in tqdm(files, unit="file", disable=not self.stderr.isatty() or None):
            try:
                for outcome in self._take_in(tenant, path):
                    counts["messages"] += 1
                    counts[COUNTED[outcome]] += 1
                    known += outcome == Intake.KNOWN
            except OSError as problem:
                unread += 1
                self.stderr.write(f"{path}: {problem.strerror or problem}; left where it is.")
        if known:
            self.stderr.write(f"{known} of the replies were known already.")
        self.stdout.write(json.dumps(counts))
        if unread:
            raise CommandError(f"{unread} of {len(files)} files could not be read; see above.")

    def _take_in(self, tenant: Tenant, path: Path) -> Iterator[Intake]:
        with path.open("rb") as file:
            for message in messages_in(file):
                yield self._take(tenant, message)

    def _take(self, tenant: Tenant, message: bytes | BinaryIO) -> Intake:
        with tenant_active(tenant.pk):
            return services.take_in_email(raw=message, at=now(), actor=POSTMAN)


def _files(paths: list[Path]) -> Iterator[Path]:
    """The files to read, each once, in order; links in folders are followed to files, never to folders."""
    seen: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found = sorted(child for child in _walk(path) if child.is_file())
        elif path.is_file():
            found = [path]
        else:
            raise CommandError(f"{path} is neither a file nor a folder. Nothing was read.")
        for child in found:
            if (whole := child.resolve()) not in seen:
                seen.add(whole)
                yield child


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(where) / name for name in names)
