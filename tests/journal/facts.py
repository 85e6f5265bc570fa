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


@dataclass(frozen=True, kw_only=True)
class ThingMoved(Event):
    """A fact about one thing: it may be told together with those about others."""

    outbound_only: ClassVar[bool] = True
    thing_id: int


@contextmanager
def reacting(
    *functions: Callable[[Any], None], to: type[Event] = SomethingHappened, many: bool = False
) -> Iterator[None]:
    """Let these functions, and no others, handle a fact, one or `many` at a time."""
    registry._handlers[to.name()] = [registry.Handler(f.__name__, f, many) for f in functions]
    try:
        yield
    finally:
        del registry._handlers[to.name()]


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
