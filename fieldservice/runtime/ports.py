"""TCP ports on loopback: is one free, and who holds it otherwise."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from .files import CannotStart, command_of

HOST = "127.0.0.1"
LISTENING = "0A"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    return _refusal(port) is None


def next_free(port: int) -> int:
    """The first free port from `port` on."""
    for candidate in range(port, min(port + 200, 65536)):
        if is_free(candidate):
            return candidate
    raise CannotStart(
        f"No port from {port} to {port + 199} is free on {HOST}. Choose another: DEMO_PORT=9000 make demo"
    )


def require_free(port: int) -> None:
    """Raise CannotStart, naming the port, who holds it and the way out, unless a server can listen on it."""
    refusal = _refusal(port)
    if refusal is None:
        return
    if refusal == errno.EACCES:
        raise CannotStart(
            f"Port {port} needs rights that you do not have. Choose another: DEMO_PORT=8000 make demo"
        )
    process = holder(port)
    who = f"by pid {process} ({command_of(process)[:80]})" if process else "by another program"
    raise CannotStart(
        f"Port {port} is in use {who}. Stop that, or choose another port: "
        f"DEMO_PORT={next_free(port + 1)} make demo"
    )


def holder(port: int) -> int | None:
    """The process that listens on the port, where the system lets us see it."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in sockets for link in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue
    return None


def _refusal(port: int) -> int | None:
    """The error number with which the system refuses the port, or None."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as problem:
            return problem.errno
    return None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        except OSError:
            continue
        found |= {
            row[9] for row in rows if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port
        }
    return found
