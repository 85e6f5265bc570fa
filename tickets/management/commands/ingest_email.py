"""`manage.py ingest_email --tenant SLUG FILE...`: take in raw e-mails, one per file."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.utils import translation
from django.utils.translation import gettext as _
from tqdm import tqdm

from channels import services as channels
from channels.enums import InboundStatus
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
T = TypeVar("T")
POSTMAN = Actor.system("e-mail file")
WORTH_A_WORKER = 20
"""Fewer conversations than this are taken in before another process has begun."""


@dataclass(slots=True)
class _Taken:
    """What became of the messages of some files, the files that could not be read, and what is to be told."""

    outcomes: Counter[Intake] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Tally:
    """What was taken in, written down after each message by whoever did it: it outlives their processes.

    `number` is that of an open file, which a forked process has from its parent.
    """

    number: int

    def note(self, path: Path, outcome: Intake) -> None:
        """Write down what became of the next message of this file."""
        os.write(self.number, b"%s\0%s\0" % (outcome.encode(), os.fsencode(path)))

    def read(self) -> dict[Path, list[Intake]]:
        """What became of the messages of each file so far, in their order."""
        words = os.pread(self.number, os.fstat(self.number).st_size, 0).split(b"\0")
        found: dict[Path, list[Intake]] = {}
        for outcome, path in zip(words[::2], words[1::2], strict=False):
            found.setdefault(Path(os.fsdecode(path)), []).append(Intake(outcome.decode()))
        return found


@dataclass(frozen=True, slots=True)
class _Work:
    """For whom mail is taken in, which addresses are theirs, and where it is told, if several share the work."""

    tenant: Tenant
    ours: frozenset[str]
    tally: _Tally | None = None


class Command(BaseCommand):
    """Each message is its own transaction. The last line is JSON; its six counts add up to `messages`.

    A message that is known already belongs to a conversation: it counts as a reply. A file that the system
    does not let us read holds no message for us: it is named on stderr, and the exit code is 1. Several
    processes share the work by conversations, so that an answer always comes after what it answers. A message
    that ends its process is kept as it came, in quarantine, and named on stderr.
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
                for line in (*taken.unread, *taken.told):
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
        work = _Work(tenant, own_email_addresses())
    groups = conversations(files)
    # What an open transaction of the caller holds cannot be seen by another process.
    workers = 1 if connection.in_atomic_block else min(workers, len(groups) // WORTH_A_WORKER)
    if workers < 2:
        yield from (([path], _take_in(work, [path])) for path in chain.from_iterable(groups))
        return
    connections.close_all()  # A connection belongs to one process.
    with tempfile.TemporaryFile() as file:
        yield from _share(replace(work, tally=_Tally(file.fileno())), groups, workers)


def _share(
    work: _Work, groups: Sequence[list[Path]], workers: int
) -> Iterator[tuple[Sequence[Path], _Taken]]:
    unfinished: list[Path] = []
    with _processes(workers) as pool:
        doing = {pool.submit(_take_in, work, group): group for group in groups}
        for done in as_completed(doing):
            try:
                yield doing[done], done.result()
            except BrokenProcessPool:
                unfinished += doing[done]
    if unfinished and work.tally is not None:
        yield from _finish(work, work.tally, unfinished)


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("fork"), initializer=_begin_process)


def _begin_process() -> None:
    """Leave alone what the parent has open: two that speak on one connection wait for each other's answers."""
    for one in connections.all(initialized_only=True):
        one.connection, one.in_atomic_block, one.savepoint_ids = None, False, []


def _finish(work: _Work, tally: _Tally, paths: Sequence[Path]) -> Iterator[tuple[Sequence[Path], _Taken]]:
    """Go on where a process ended, with one message at a time: the one that ends it again is set aside."""
    done = tally.read()
    with closing(_Alone()) as alone:
        for path in paths:
            yield [path], _finish_file(alone, work, tally, path, done.get(path, []))


class _Alone:
    """One process that does one thing at a time; another takes its place when it ends."""

    def __init__(self) -> None:
        self._pool = _processes(1)

    def do(self, what: Callable[..., T], *given: Any) -> T | None:
        """Do it in the process; None when that ended it."""
        try:
            return self._pool.submit(what, *given).result()
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = _processes(1)
            return None

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()


def _finish_file(alone: _Alone, work: _Work, tally: _Tally, path: Path, done: Sequence[Intake]) -> _Taken:
    """What became of a file's messages: those done before, those after them, and each that ended a process."""
    told: list[str] = []
    while True:
        rest = alone.do(_take_in, work, [path], len(done))
        if rest is not None:
            return _Taken(rest.outcomes + Counter(done), rest.unread, told)
        done = tally.read().get(path, [])
        if alone.do(_set_aside, work, path, len(done)) is None:
            ended = f"{path}: reading it ended the process; what was not read is left where it is."
            return _Taken(Counter(done), [ended], told)
        done = tally.read().get(path, [])
        told.append(f"{path}: reading message {len(done)} of it ended the process; it is set aside.")


def _take_in(work: _Work, files: Sequence[Path], skipped: int = 0) -> _Taken:
    """Take in the messages of these files, in their order, without the first ones `skipped`."""
    taken = _Taken()
    for path in files:
        try:
            with path.open("rb") as file:
                for message in islice(messages_in(file), skipped, None):
                    with tenant_active(work.tenant.pk):
                        keep_tenant(work.tenant)
                        outcome = services.take_in_email(raw=message, at=now(), actor=POSTMAN, ours=work.ours)
                    taken.outcomes[outcome] += 1
                    if work.tally is not None:
                        work.tally.note(path, outcome)
        except OSError as problem:
            taken.unread.append(f"{path}: {problem.strerror or problem}; left where it is.")
    return taken


def _set_aside(work: _Work, path: Path, number: int) -> Intake | None:
    """Keep a message that ended the process as it came, unread; None when there is no such message."""
    with path.open("rb") as file:
        for raw in islice(messages_in(file), number, number + 1):
            with tenant_active(work.tenant.pk), translation.override(work.tenant.language):
                kept = channels.set_aside_email(
                    raw=raw, reason=_("Reading it ended the process."), at=now(), actor=POSTMAN
                )
            outcome = Intake.QUARANTINED if kept.status == InboundStatus.QUARANTINED else Intake.KNOWN
            if work.tally is not None:
                work.tally.note(path, outcome)
            return outcome
    return None


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
