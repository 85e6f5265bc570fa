"""Chains of orders that take each other's place, looked for between rounds.

The search takes work out of neighbouring routes and puts it back one by one. What waits often needs more: one takes
another's place, that one a third's, on five or six routes, until the last finds room. All such replacements are
reckoned once, so that the best chains are paths through a table (cyclic transfers, Thompson and Psaraftis, 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel import chains as kernel
from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.kernel import places
from dispatch.optimiser.packing import nearest

if TYPE_CHECKING:
    from dispatch.optimiser.packing import Arrays
    from dispatch.optimiser.walk import Walk

LONGEST, KEPT = 6, 6
"""Of how many orders a chain is at most, and how many chains to each order are followed."""
DEAREST = 7_200
"""Seconds of cost: a replacement that costs more is left out."""
ALL_NEAR, NEAR = 1_500, 250
"""Up to so many orders each may take the place of any other; above, of that many nearest."""
TURNS = 6
"""How often chains are looked for between two rounds, as long as there are some."""

Everywhere = Callable[[Callable[[int], None]], None]
"""Does something for each thread, by its number, and waits for all."""


class Chains:
    """Looks for chains on any walk through a problem. Needs some 4 kB for each order (of 1,000 to 5,000)."""

    def __init__(self, arrays: Arrays, threads: int) -> None:
        self.arrays, self.threads = arrays, threads
        n_orders, (n_routes, width) = arrays.orders.shape[1], arrays.routes.shape[:2]
        self.near = nearest(arrays.travel, n_orders, n_orders if n_orders <= ALL_NEAR else NEAR)
        self._turn_round()
        self.freed = np.full(n_orders, k.NEVER, np.int32)
        self.instead = np.full(self.near.shape, k.NEVER, np.int32)
        self.joined = np.full((n_orders, n_routes), k.NEVER, np.int32)
        self.saved = np.empty((threads, LONGEST + 1, width, k.COLUMNS), np.int32)
        self.gone = np.zeros((threads, n_orders), np.uint8)
        entries = n_orders * (1 + KEPT * (LONGEST - 1))
        self.ends, self.parents = np.empty(entries, np.int32), np.empty(entries, np.int32)
        self.totals = np.empty(entries, np.int64)
        self.found = np.empty((entries, 3), np.int64)
        self.kept = np.empty((n_orders, KEPT), np.int32)
        self.state = np.ones(1, np.uint64)

    def _turn_round(self) -> None:
        """For each order, whose neighbour it is and as which one."""
        whose, slots = np.nonzero(self.near >= 0)
        named = self.near[whose, slots]
        ranked = np.argsort(named, kind="stable")
        self.who, self.slot = whose[ranked].astype(np.int32), slots[ranked].astype(np.int32)
        counts = np.bincount(named, minlength=len(self.near))
        self.offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def improve(self, walk: Walk, everywhere: Everywhere) -> None:
        """Carry out chains that gain, the best first, as long as there are some."""
        stale = np.arange(len(walk.routes))
        self.freed[:], self.instead[:, :] = k.NEVER, k.NEVER
        for _turn in range(TURNS):
            everywhere(self._measuring(walk, stale))
            stale = self._carry_out(walk)
            if not len(stale):
                break
        walk.cost = int(places.total(walk.routes, walk.route_of, walk.orders))

    def _rules(self, walk: Walk) -> Sequence[NDArray[Any]]:
        arrays = self.arrays
        return walk.routes, walk.route_of, walk.orders, arrays.suits, arrays.travel, arrays.back

    def _measuring(self, walk: Walk, stale: NDArray[np.int64]) -> Callable[[int], None]:
        def measure(thread: int) -> None:
            kernel.measure(
                stale[thread :: self.threads],
                *self._rules(walk),
                self.offsets,
                self.who,
                self.slot,
                DEAREST,
                self.saved[thread],
                self.gone[thread],
                self.freed,
                self.instead,
                self.joined,
                self.state,
            )

        return measure

    def _carry_out(self, walk: Walk) -> NDArray[np.int64]:
        """Look for chains and carry out those that do not meet; the routes that are others now."""
        count = kernel.seek(
            LONGEST,
            walk.route_of,
            walk.orders,
            self.near,
            self.freed,
            self.instead,
            self.joined,
            self.ends,
            self.totals,
            self.parents,
            self.kept,
            self.found,
        )
        met: set[int] = set()
        changed: set[int] = set()
        for row in np.argsort(self.found[:count, 0], kind="stable"):
            _cost, entry, last = self.found[row].tolist()
            chain = self._chain(entry)
            routes = {int(route) for route in walk.route_of[chain] if route >= 0} | ({last} - {-1})
            waiting = {-1 - int(order) for order in chain if walk.route_of[order] < 0}
            if met.isdisjoint(routes | waiting):
                met |= routes | waiting
                tools = self.saved[0], self.gone[0], self.state
                if kernel.carry_out(chain, last, *self._rules(walk), *tools):
                    changed |= routes
        return np.array(sorted(changed), np.int64)

    def _chain(self, entry: int) -> NDArray[np.int32]:
        """The orders of a chain, the first one first."""
        orders = []
        while entry >= 0:
            orders.append(self.ends[entry])
            entry = self.parents[entry]
        return np.array(orders[::-1], np.int32)
