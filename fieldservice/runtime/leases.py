"""Who uses an embedded cluster: every such process holds a shared lock for as long as it lives.

The kernel drops the lock however the process ends, so "is anybody left?" is one attempt at the exclusive
lock, and no list of users can be out of date.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from .clusters import Cluster
from .files import CannotStart, make_directory, open_lock, try_lock

MOST_SLOTS = 64

_held: dict[Path, IO[str]] = {}


def users_lock(cluster: Cluster) -> Path:
    return cluster.home / "users.lock"


def join(cluster: Cluster) -> None:
    """Count this process among the users until it ends; waits while the servers are being stopped."""
    path = users_lock(cluster)
    while path not in _held:
        handle = open_lock(path)
        fcntl.flock(handle, fcntl.LOCK_SH)
        if _is_still(handle, path):
            _held[path] = handle
        else:
            handle.close()


def holds(cluster: Cluster) -> bool:
    """Whether this process still has its lease: removing the data directory takes it away."""
    path = users_lock(cluster)
    return path in _held and _is_still(_held[path], path)


def leave(cluster: Cluster) -> None:
    """No longer count this process among the users."""
    handle = _held.pop(users_lock(cluster), None)
    if handle:
        handle.close()


def alone(cluster: Cluster, *, wait: float = 0.5) -> IO[str] | None:
    """The exclusive lock, or None while others use the cluster. Nobody can join before it is closed.

    Give up this process's own lease first. The keeper looks for a moment now and then, hence the wait.
    """
    handle = open_lock(users_lock(cluster))
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() >= until:
                handle.close()
                return None
            time.sleep(0.02)


def wait_until_alone(cluster: Cluster) -> None:
    """Return once nobody uses the cluster; by then somebody may have joined again."""
    with open_lock(users_lock(cluster)) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)


def take_slot(cluster: Cluster) -> int:
    """The smallest number that no other living process has taken; ours until this process ends."""
    make_directory(cluster.home / "slots")
    for number in range(MOST_SLOTS):
        path = cluster.home / "slots" / str(number)
        if handle := try_lock(path):
            _held[path] = handle
            return number
    raise CannotStart(f"{MOST_SLOTS} test processes use {cluster.home} already; wait for some to end.")


def users(cluster: Cluster) -> list[int]:
    """The processes that hold a lease now, as far as the kernel tells."""
    try:
        inode = users_lock(cluster).stat().st_ino
        rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    except OSError:
        return []
    found = {int(row[4]) for row in rows if "READ" in row and row[5].endswith(f":{inode}")}
    return sorted(found - {os.getpid()})


def _is_still(handle: IO[str], path: Path) -> bool:
    """Whether the locked file is the one at `path`: `make clean` may have removed it meanwhile."""
    try:
        return os.fstat(handle.fileno()).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False
