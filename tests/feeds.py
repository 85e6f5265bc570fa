"""A real live feed for tests: uvicorn on a free port, as `make demo` starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection


@contextmanager
def running_feed(base_url: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The port and the process of a feed that pages of `base_url` may hear."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(
        [*command, "--timeout-graceful-shutdown", "20", "fieldservice.live:application"],
        env={**os.environ, "FIELDSERVICE_BASE_URL": base_url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        yield port, process
    finally:
        process.kill()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/healthz")
            return
        except OSError:
            assert process.poll() is None, "The feed ended at once."
            assert time.monotonic() < deadline, "The feed did not start."
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
