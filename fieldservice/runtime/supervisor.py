"""Runs processes as children: starts them, restarts what dies, and ends them, whatever happens to us.

Each child leads a session of its own, so one signal reaches all it started, and a Ctrl-C in the terminal
reaches only us. Who the children are is written down before anything can go wrong, so that the next start
can end what a killed supervisor left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .commands import Command
from .files import ROOT, CannotStart, identity, last_lines, make_directory, read_json, started_at, write_json

GRACE_SECONDS = 6
HEALTHY_SECONDS = 30
MOST_FAILURES = 6
LONGEST_LOG = 5 * 2**20


@dataclass
class Child:
    """One process and how it has fared."""

    command: Command
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    retry_at: float | None = None


@dataclass
class Supervisor:
    """The children of one run. `record` is the file that names them; `say` prints a line for a person."""

    environment: Mapping[str, str]
    logs: Path
    record: Path
    say: Callable[[str], None]
    facts: dict[str, Any] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    stopping: bool = False
    hurried: bool = False

    def heed_signals(self) -> None:
        """Ctrl-C and its like ask for an orderly end; a second one for an immediate end."""

        def heed(_signal: int, _frame: object) -> None:
            self.hurried, self.stopping = self.stopping, True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, heed)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def start(self, command: Command) -> Child:
        """Start a child that should run until the end."""
        failures = self.children[command.name].failures if command.name in self.children else 0
        child = Child(command, self._spawn(command), time.monotonic(), failures)
        self.children[command.name] = child
        self._write_record()
        return child

    def run(self, command: Command) -> str:
        """Run a command to its end and return what it printed; CannotStart when it fails."""
        child = self.start(command)
        while child.process.poll() is None:
            if self.stopping:
                return ""
            time.sleep(0.02)
        del self.children[command.name]
        self._write_record()
        if child.process.returncode:
            raise CannotStart(self.report(child, "failed"))
        return self.log(command.name).read_text(encoding="utf-8", errors="replace")

    def tend(self) -> None:
        """Report and restart children that ended; later each time, and not for ever."""
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.retry_at is not None:
                if now >= child.retry_at:
                    self.start(child.command)
            elif child.process.poll() is None:
                if child.failures and now - child.started > HEALTHY_SECONDS:
                    child.failures = 0
            elif child.process.returncode == 0 and child.command.name == "simulator":
                self.say("The simulated day is over.")
                del self.children[child.command.name]
            else:
                self._plan_restart(child, now)

    def report(self, child: Child, what: str) -> str:
        """What happened to a child, with the end of its log."""
        log = self.log(child.command.name)
        code = child.process.returncode
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return f"{child.command.name} {what} ({how}). The end of {log}:\n{last_lines(log)}"

    def stop(self) -> None:
        """End all children: politely first, then surely."""
        self.stopping = True
        groups = [child.process for child in self.children.values() if child.retry_at is None]
        for process in groups:
            signal_group(process.pid, signal.SIGTERM)
        until = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < until and not self.hurried and any(group_lives(p.pid, p) for p in groups):
            time.sleep(0.02)
        for process in groups:
            signal_group(process.pid, signal.SIGKILL)
            process.wait()
        self.children.clear()
        self.record.unlink(missing_ok=True)

    def _plan_restart(self, child: Child, now: float) -> None:
        # A group may outlive its leader: granian's workers, Celery's processes.
        signal_group(child.process.pid, signal.SIGKILL)
        child.failures += 1
        if child.failures >= MOST_FAILURES:
            self.say(self.report(child, f"failed {child.failures} times and is given up"))
            del self.children[child.command.name]
            return
        wait = 2 ** (child.failures - 1)
        child.retry_at = now + wait
        self.say(f"{self.report(child, 'stopped')}\nIt starts again in {wait} s.")

    def _spawn(self, command: Command) -> subprocess.Popen[bytes]:
        log = self.log(command.name)
        make_directory(log.parent)
        if log.exists() and log.stat().st_size > LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        kept = "wb" if command.name in ("migrate", "seed") else "ab"
        with log.open(kept) as output:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, *command.arguments],
                cwd=ROOT,
                env={**self.environment, "FIELDSERVICE_ROLE": command.role, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _write_record(self) -> None:
        processes = {
            child.command.name: identity(child.process.pid)
            for child in self.children.values()
            if child.retry_at is None
        }
        write_json(
            self.record, {**self.facts, **identity(os.getpid()), "boot": boot(), "children": processes}
        )


def boot() -> str:
    """Changes when the machine starts, and with it the meaning of every process number."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def living_children(record: Path) -> dict[str, int]:
    """The children in a record, by name, of which at least a part still runs."""
    written = read_json(record)
    if not isinstance(written, dict) or written.get("boot") != boot():
        return {}
    return {
        name: child["pid"]
        for name, child in written.get("children", {}).items()
        if started_at(child["pid"]) in (None, child["started"]) and group_lives(child["pid"])
    }


def end_leftovers(record: Path) -> list[str]:
    """End what a killed supervisor left behind; return the names."""
    left = living_children(record)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left.values():
            signal_group(pid, number)
        until = time.monotonic() + GRACE_SECONDS
        while any(group_lives(pid) for pid in left.values()) and time.monotonic() < until:
            time.sleep(0.02)
    return list(left)


def signal_group(pid: int, number: int) -> None:
    """Signal everything in the group that `pid` led, if any of it is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def group_lives(pid: int, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether anything of the group runs; `process` is reaped on the way when it is our own child."""
    if process is not None:
        process.poll()
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
