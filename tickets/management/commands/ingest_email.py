"""`manage.py ingest_email --tenant SLUG FILE...`: take in raw e-mails, one per file."""

from __future__ import annotations

import json
import multiprocessing
import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from tqdm import tqdm

from channels.queries import own_email_addresses
from core.clock import now
from core.mailbox import conversations, messages_in
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.queries import find_tenant, keep_tenant
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
NAMES = ("messages", "tickets_opened", "replies", "automatic", "bounces", "quarantined", "lost")
POSTMAN = Actor.system("e-mail file")
WORTH_A_WORKER = 20
"""Fewer conversations than this are taken in before another process has begun."""


@dataclass(slots=True)
class _Taken:
    """What became of the messages of some files, and of the files that could not be read."""

    outcomes: Counter[Intake] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)


class Command(BaseCommand):
    """Each message is its own transaction. The last line is JSON; its six counts add up to `messages`.

    A message that is known already belongs to a conversation: it counts as a reply. A file that the system
    does not let us read holds no message for us: it is named on stderr, and the exit code is 1. Several
    processes share the work by conversations, so that an answer always comes after what it answers.
    """

    help = (
        "Take in raw e-mail messages, one per file; folders are read whole, by name; mailbox files are split."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="the company's slug")
        parser.add_argument(
            "--workers",
            type=int,
            default=len(os.sched_getaffinity(0)),
            help="how many processes share the work; as many as there are cores unless you say otherwise",
        )
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="FILE", help="a message, or a folder of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no company “{options['tenant']}”. Look at its address: /t/<slug>/…")
        files = list(_files(options["paths"]))
        counts = dict.fromkeys(NAMES, 0)
        known, unread = 0, 0
        with tqdm(total=len(files), unit="file", disable=not self.stderr.isatty() or None) as told:
            for group, taken in _take_in_all(tenant, files, options["workers"]):
                told.update(len(group))
                counts["messages"] += taken.outcomes.total()
                for outcome, count in taken.outcomes.items():
                    counts[COUNTED[outcome]] += count
                known += taken.outcomes[Intake.KNOWN]
                unread += len(taken.unread)
                for line in taken.unread:
                    self.stderr.write(line)
        if known:
            self.stderr.write(f"{known} of the replies were known already.")
        self.stdout.write(json.dumps(counts))
        if unread:
            raise CommandError(f"{unread} of {len(files)} files could not be read; see above.")


def _take_in_all(
    tenant: Tenant, files: Sequence[Path], workers: int
) -> Iterator[tuple[Sequence[Path], _Taken]]:
    """Take in the files, in one process or several; yields what is done as soon as it is."""
    with tenant_active(tenant.pk):
        ours = own_email_addresses()
    take_in = partial(_take_in, tenant, ours)
    # What an open transaction of the caller holds cannot be seen by another process.
    groups = conversations(files) if workers > 1 and not connection.in_atomic_block else []
    workers = min(workers, len(groups) // WORTH_A_WORKER)
    if workers < 2:
        yield from (([path], take_in([path])) for path in files)
        return
    connections.close_all()  # A connection belongs to one process.
    unfinished: list[list[Path]] = []
    with _processes(workers) as pool:
        doing = {pool.submit(take_in, group): group for group in groups}
        for done in as_completed(doing):
            try:
                yield doing[done], done.result()
            except BrokenProcessPool:
                unfinished.append(doing[done])
    for group in unfinished:  # Each alone, so that the one that kills its process keeps no other out.
        yield group, _take_in_alone(take_in, group)


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("fork"), initializer=_begin_process)


def _begin_process() -> None:
    """Leave alone what the parent has open: two that speak on one connection wait for each other's answers."""
    for one in connections.all(initialized_only=True):
        one.connection, one.in_atomic_block, one.savepoint_ids = None, False, []


def _take_in_alone(take_in: Callable[[Sequence[Path]], _Taken], group: Sequence[Path]) -> _Taken:
    with _processes(1) as pool:
        try:
            return pool.submit(take_in, group).result()
        except BrokenProcessPool:
            return _Taken(
                unread=[f"{path}: reading it ended the process; left where it is." for path in group]
            )


def _take_in(tenant: Tenant, ours: frozenset[str], files: Sequence[Path]) -> _Taken:
    """Take in the messages of these files, in their order."""
    taken = _Taken()
    for path in files:
        try:
            with path.open("rb") as file:
                for message in messages_in(file):
                    with tenant_active(tenant.pk):
                        keep_tenant(tenant)
                        outcome = services.take_in_email(raw=message, at=now(), actor=POSTMAN, ours=ours)
                    taken.outcomes[outcome] += 1
        except OSError as problem:
            taken.unread.append(f"{path}: {problem.strerror or problem}; left where it is.")
    return taken


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
