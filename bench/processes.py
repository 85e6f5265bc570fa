"""The product's own processes beside a measurement, as `make demo` runs them."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from bench.__main__ import DATA
from fieldservice.runtime import commands
from fieldservice.runtime.commands import Command
from fieldservice.runtime.supervisor import Supervisor

HOST = "127.0.0.1"
START_SECONDS = 60


@contextmanager
def running(*others: Command, **environment: str) -> Iterator[int]:
    """The web's port, while it and the other processes run."""
    port = free_port()
    base_url = f"http://{HOST}:{port}"
    with started(commands.web(host=HOST, port=port), *others, FIELDSERVICE_BASE_URL=base_url, **environment):
        wait_for(port)
        yield port


@contextmanager
def started(*processes: Command, **environment: str) -> Iterator[None]:
    """These processes, which need not be well yet; facts start workers at once, as in the product."""
    supervisor = Supervisor(
        environment={**os.environ, "NUDGE_WORKERS": "1", **environment},
        logs=DATA / "logs",
        record=DATA / "bench-processes.json",
        say=lambda text: None,
    )
    try:
        for command in processes:
            supervisor.start(command)
        yield
    finally:
        supervisor.stop()


def wait_for(port: int) -> None:
    """Until something is well on the port; RuntimeError after a minute."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        connection = HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"Nothing answers on port {port}: look at {DATA / 'logs'}.")


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
