"""Real processes for the tests of the runtime, on data directories of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fieldservice.runtime import keeper
from fieldservice.runtime.clusters import cluster, outside
from fieldservice.runtime.files import ROOT, read_json
from fieldservice.runtime.supervisor import end_leftovers

OURS = ("FIELDSERVICE_", "DATABASE_", "REDIS_URL", "PYTEST_", "DEMO_")


def environment(data: Path, **more: str) -> dict[str, str]:
    """A fresh person's environment, with `data` as the data directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "FIELDSERVICE_DATA": str(data), **more}


def python(data: Path, code: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a Python of its own, with `servers` imported."""
    return finish(start(data, code, **more))


def start(data: Path, code: str, **more: str) -> subprocess.Popen[str]:
    """Begin what `python` does, and leave it running."""
    program = f"from fieldservice.runtime import servers\n{code}"
    return popen([sys.executable, "-c", program], environment(data, **more))


def popen(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], seconds: float = 60) -> subprocess.CompletedProcess[str]:
    output, errors = process.communicate(timeout=seconds)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def forget(data: Path) -> None:
    """End the demo and the servers that run on `data`, and remove what lies elsewhere for it."""
    record = data / "processes.json"
    if written := read_json(record):
        os.kill(written["pid"], signal.SIGKILL)
        end_leftovers(record)
    for name in ("main", "test"):
        keeper.stop(cluster(name, data))
    shutil.rmtree(outside(data), ignore_errors=True)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C, as a terminal sends it: to the whole foreground group."""
    os.killpg(process.pid, signal.SIGINT)


def eventually(fact: Callable[[], object], seconds: float = 20) -> None:
    """Wait until `fact` holds."""
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
