"""One embedded Valkey: cache, live feed and broker. It keeps nothing: PostgreSQL remembers."""

from __future__ import annotations

import socket
import struct
import subprocess
import time

from . import binaries
from .clusters import Cluster, prepare
from .files import CannotStart, last_lines

# Each test process uses a few of its own, so there are more than the product needs.
DATABASES = 256


def running(cluster: Cluster) -> bool:
    """Whether the server answers now."""
    return _ask(cluster, b"PING\r\n").startswith(b"+PONG")


def start(cluster: Cluster) -> None:
    """Start the server. Call under the cluster's start lock."""
    prepare(cluster)
    log = cluster.home / "valkey.log"
    command = [
        str(binaries.valkey()), "--port", "0",
        "--unixsocket", str(cluster.valkey_socket), "--unixsocketperm", "700",
        "--daemonize", "yes", "--dir", str(cluster.home), "--logfile", str(log), "--loglevel", "warning",
        "--save", "", "--appendonly", "no", "--databases", str(DATABASES),
        "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=binaries.environment())  # noqa: S603
    until = time.monotonic() + 10
    while not running(cluster):
        if result.returncode or time.monotonic() > until:
            raise CannotStart(
                f"Valkey did not start in {cluster.home}. It said: {result.stderr.strip() or 'nothing'}\n"
                f"The end of its log, {log}:\n{last_lines(log)}"
            )
        time.sleep(0.01)


def pid(cluster: Cluster) -> int | None:
    """The server's process, as the kernel tells whoever is connected to it."""
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(str(cluster.valkey_socket))
            credentials = server.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return None
    return int(struct.unpack("3i", credentials)[0])


def stop(cluster: Cluster) -> None:
    """Stop the server; return when it is down."""
    _ask(cluster, b"SHUTDOWN NOSAVE\r\n")
    until = time.monotonic() + 5
    while running(cluster) and time.monotonic() < until:
        time.sleep(0.01)


def _ask(cluster: Cluster, command: bytes) -> bytes:
    """The first bytes of the answer, or nothing where no server listens."""
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(2)
        try:
            server.connect(str(cluster.valkey_socket))
            server.sendall(command)
            return server.recv(64)
        except OSError:
            return b""
