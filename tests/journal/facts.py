"""Facts and handlers for the delivery tests only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection

from journal import registry
from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    """A fact of nobody: tests decide who reacts."""

    outbound_only: ClassVar[bool] = True
    number: int


@contextmanager
def reacting(*functions: Callable[[Any], None]) -> Iterator[None]:
    """Let these functions, and no others, handle SomethingHappened."""
    name = SomethingHappened.name()
    registry._handlers[name] = [registry.Handler(f.__name__, f) for f in functions]
    try:
        yield
    finally:
        del registry._handlers[name]


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` at the same moment in `count` threads, each with a connection of its own."""
    gate, results = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == count, "a thread failed"
    return results
