"""What processor time the product's processes and the database take."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from bench.__main__ import DATA

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds_used() -> dict[str, float]:
    """Processor seconds taken so far by each process of `bench.processes.running` with all it started, and by
    the database."""
    stats = list(_stats())
    found = json.loads((DATA / "bench-processes.json").read_text())
    used = {
        name: sum(spent for _pid, _parent, session, spent in stats if session == child["pid"])
        for name, child in found["children"].items()
    }
    backend = backend_pid()
    postmaster = next((parent for pid, parent, _session, _spent in stats if pid == backend), 0)
    used["database"] = sum(spent for pid, parent, _s, spent in stats if postmaster in (pid, parent))
    return used


def backend_pid() -> int:
    """The database's process that answers this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def seconds_of(pid: int) -> float:
    """Processor seconds that one process has taken so far."""
    return next(spent for one, _parent, _session, spent in _stats() if one == pid)


def _stats() -> Iterator[tuple[int, int, int, float]]:
    """(process, parent, session, processor seconds) of every process."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = path.read_text().rpartition(")")[2].split()
        except OSError:  # It has ended meanwhile.
            continue
        yield int(path.parent.name), int(facts[1]), int(facts[3]), sum(map(int, facts[11:15])) / _TICKS
