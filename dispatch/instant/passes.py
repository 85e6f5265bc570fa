"""The passes over all rows once they are compiled.

Compiling happens in a thread of its own, never in a request: until it is done numpy answers. What was compiled
is kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from typing import NamedTuple

import numpy as np

from dispatch.instant import tables as t


class Passes(NamedTuple):
    """The compiled passes; see `scan` and `pair`."""

    scan: Callable[..., None]
    pair: Callable[..., int]


_ready: list[Passes] = []
_began = Lock()


def compiled() -> Passes | None:
    """The passes when they are compiled; the first time that they are not, a thread begins to."""
    if _ready:
        return _ready[0]
    if _began.acquire(blocking=False):
        Thread(target=compile_now, name="compile-instant", daemon=True).start()
    return None


def compile_now() -> Passes:
    """Compile, or load what was compiled before, by asking about nobody."""
    # The compiler takes most of a second to load: only a process that ranks engineers needs it.
    from dispatch.instant.kernel import pair, scan  # noqa: PLC0415

    table = np.zeros((0, t.WIDTH), np.int64), np.zeros(1, np.int64), np.zeros((3, 0)), np.zeros(1, np.int64)
    ways = np.zeros(0, np.int64), np.zeros(0)
    trips = np.zeros(3), np.zeros(3), *ways, *ways
    nobody, none, spans = np.zeros(0, np.bool_), np.zeros(0, np.int64), np.zeros((0, 2), np.int64)
    asked = np.zeros(6, np.int64)
    scan(*table, *trips, nobody, none, spans, asked, np.zeros((5, 0), np.int64), np.zeros(0))
    pairs = np.zeros((6, 0), np.int64), np.zeros(0)
    pair(*table, *trips, nobody, none, none, spans, asked, spans, *pairs)
    _ready.append(Passes(scan, pair))
    return _ready[0]
