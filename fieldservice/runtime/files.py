"""Files, locks and processes: the few operating-system facts the other rooms share."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]


class CannotStart(SystemExit):
    """Something needed cannot run; the message names it, its state and the way out.

    A `SystemExit`, so that every entry point (manage.py, pytest, web and Celery workers) shows the message
    instead of a traceback.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def data() -> Path:
    """The directory that holds everything the product writes on this machine."""
    return ROOT / (os.environ.get("FIELDSERVICE_DATA") or ".data")


def make_directory(path: Path, *, mode: int = 0o755) -> Path:
    """Create `path` with its parents; raise CannotStart with the reason where that is impossible."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as problem:
        raise cannot_write(path, problem) from problem
    return path


def cannot_write(path: Path, problem: OSError) -> CannotStart:
    """The message for a directory or file that cannot be written."""
    if problem.errno == errno.ENOSPC:
        return CannotStart(f"No space is left on the disk that holds {path}. Free some and run it again.")
    return CannotStart(
        f"{path} cannot be written ({problem.strerror}). Make it writable for this user, or choose another "
        "directory: FIELDSERVICE_DATA=/some/directory."
    )


def require_space(path: Path, *, megabytes: int) -> None:
    """Refuse early where a new database could not even be created."""
    free = shutil.disk_usage(path).free // 2**20
    if free < megabytes:
        raise CannotStart(
            f"Only {free} MB are free on the disk that holds {path}; {megabytes} MB are needed. "
            "Free some space, or choose another directory: FIELDSERVICE_DATA=/some/directory."
        )


def write_json(path: Path, value: object) -> None:
    """Write `value` so that a reader never sees half of it."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        new.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as problem:
        new.unlink(missing_ok=True)
        raise cannot_write(path, problem) from problem


def read_json(path: Path) -> Any:
    """The value in `path`, or None where there is none or it cannot be understood."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def open_lock(path: Path) -> IO[str]:
    """The file `path`, made where there is none, to be locked."""
    make_directory(path.parent)
    try:
        return path.open("a")
    except OSError as problem:
        raise cannot_write(path, problem) from problem


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file `path`; wait for whoever holds it."""
    with open_lock(path) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def try_lock(path: Path) -> IO[str] | None:
    """An exclusive lock on the file `path`, held until it is closed; None while another process has it."""
    handle = open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def started_at(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; with `pid` it names one process for ever. None: gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def identity(pid: int) -> dict[str, Any]:
    """What tells a process from a later one with the same number."""
    return {"pid": pid, "started": started_at(pid)}


def command_of(pid: int) -> str:
    """The command line of a process, or an empty string."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def last_lines(path: Path, count: int = 12) -> str:
    """The end of a log, indented for a message."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    except OSError:
        lines = []
    return "\n".join(f"    {line}" for line in lines) or "    (the log is empty)"
