"""`make clean`: remove caches, and all data unless something runs on it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from . import keeper, leases
from .clusters import Cluster, cluster, outside
from .files import ROOT, command_of, data, read_json, try_lock
from .supervisor import living_children

# Named one by one: FIELDSERVICE_DATA may be a directory that holds other things too.
DATA = (
    "main", "test", "logs", "media", "mail", "static", "compiled", "secret_key", "demo.json", "seed.json", "demo.lock",
    "processes.json",
)  # fmt: skip
CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache", "staticfiles")


def main() -> None:
    """Remove what can be made again; refuse, with status 1, to remove data that is in use."""
    for path in _caches():
        shutil.rmtree(path, ignore_errors=True)
    base = data()
    if not base.exists():
        return _say("Removed the caches; there is no data.")
    with ExitStack() as locks:
        if reason := _reason_to_keep(base, locks):
            sys.exit(f"Removed the caches, but kept {base}: {reason}")
        own = [outside(base)] if base != ROOT / ".data" else [outside(base), outside(ROOT)]
        for path in [*(base / name for name in DATA), *base.glob("beat-schedule*"), *own]:
            _remove(path)
        with suppress(OSError):
            base.rmdir()
    return _say(f"Removed the caches and the data in {base}.")


def _reason_to_keep(base: Path, locks: ExitStack) -> str | None:
    """Why the data must stay, or None with every cluster stopped and locked against use."""
    demo = try_lock(base / "demo.lock")
    if demo:
        locks.enter_context(demo)
    record = base / "processes.json"
    written = read_json(record) or {}
    if demo is None:
        pid = written.get("pid", "unknown yet")
        return f"the demo runs on it (pid {pid}). Stop it with Ctrl-C, or: kill {pid}"
    if left := living_children(record):
        pids = " ".join(f"-{pid}" for pid in left.values())
        return f"{', '.join(left)} of a killed demo still run on it. Start the demo again, or: kill -- {pids}"
    for one in _clusters(base):
        alone = leases.alone(one)
        if alone is None:
            using = [f"pid {pid} ({command_of(pid)[:70]})" for pid in leases.users(one)]
            return f"its servers are used by {', '.join(using) or 'another process'}. End that first."
        locks.enter_context(alone)
        keeper.stop(one)
    return None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _clusters(base: Path) -> Iterator[Cluster]:
    for lock in sorted(base.glob("*/users.lock")):
        yield cluster(lock.parent.name, base)


def _caches() -> Iterator[Path]:
    for name in CACHES:
        yield ROOT / name
    for path in ROOT.iterdir():
        if path.is_dir() and not path.name.startswith("."):
            yield from path.rglob("__pycache__")


def _say(text: str) -> None:
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
