"""The keeper: waits until nobody uses an embedded cluster, then stops its servers.

    python -m fieldservice.runtime.keeper NAME

One runs beside each running cluster. It sleeps in the kernel, on the lock that every user shares.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import IO

from . import leases, postgres, valkey
from .clusters import Cluster, cluster
from .files import ROOT, data, identity, started_at, try_lock

# Commands come in rows; between two of them the servers need not stop.
LINGER_SECONDS = 5


def ensure(cluster: Cluster) -> None:
    """Start a keeper unless one runs."""
    lock = _claim(cluster)
    if lock is None:
        return
    lock.close()
    subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", __name__, cluster.name],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(cluster.home / "keeper.log").open("w"),
        start_new_session=True,
    )


def keep(cluster: Cluster) -> None:
    """Return once the cluster's servers are stopped and nobody uses them."""
    lock = _claim(cluster)
    if lock is None:
        return
    processes = [identity(pid) for pid in (postgres.pid(cluster), valkey.pid(cluster)) if pid]
    while True:
        leases.wait_until_alone(cluster)
        time.sleep(LINGER_SECONDS)
        # A removed directory must not come back by our looking.
        is_removed = not leases.users_lock(cluster).exists()
        alone = None if is_removed else leases.alone(cluster, wait=0)
        if alone is None and not is_removed:
            continue
        stop(cluster)
        # Somebody may have removed the directory by which a server is found.
        for process in processes:
            if process["started"] and started_at(process["pid"]) == process["started"]:
                os.kill(process["pid"], signal.SIGINT)
        # In this order: whoever joins next finds no keeper, and starts one.
        lock.close()
        if alone:
            alone.close()
        return


def stop(cluster: Cluster) -> None:
    """Stop both servers of the cluster. Call while holding the exclusive lock of its users."""
    postgres.stop(cluster)
    valkey.stop(cluster)


def _claim(cluster: Cluster) -> IO[str] | None:
    """The lock that makes a process the cluster's only keeper, or None while there is one."""
    return try_lock(cluster.home / "keeper.lock")


if __name__ == "__main__":
    keep(cluster(sys.argv[1], data()))
