"""What work not done, and work that is late, costs while the search is hot: more than it will in the end.

With prices as they are, what waits is decided at a heat at which routes are still driven carelessly and have little
room. At twice the price nearly all is taken in first; as routes become tight, prices fall to what they are, and what is
not worth its driving is left out again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.kernel import places

if TYPE_CHECKING:
    from dispatch.optimiser.packing import Arrays
    from dispatch.optimiser.walk import Walk

FALL, REAL = 1_000.0, 60.0
"""Heats, in seconds of cost, between which prices fall to what they are."""
COLUMNS = [k.PRIZE, k.LATE_PRICE]
DEAREST = k.NEVER // 4
"""No price is raised beyond this."""


class Prices:
    """Raises the prices in the arrays of a problem, and tells what a plan costs without that."""

    def __init__(self, arrays: Arrays, eager: float) -> None:
        """`eager`: by what prices are multiplied at first; 1 leaves them as they are."""
        self.arrays, self.eager, self.factor = arrays, eager, 1.0
        self.real = arrays.orders[:, :, COLUMNS].copy()
        self.pinned = arrays.orders[:, :, k.PIN] >= 0

    def cool(self, walks: Iterable[Walk], heat: float) -> None:
        """Set the prices of a heat, and what the walks cost at them."""
        factor = factor_at(heat, self.eager)
        if factor == self.factor:
            return
        self.factor = factor
        raised = np.maximum(self.real, np.minimum(self.real * factor, DEAREST)).astype(np.int32)
        raised[self.pinned, 0] = self.real[self.pinned, 0]
        self.arrays.orders[:, :, COLUMNS] = raised
        for walk in walks:
            walk.orders[:, :, COLUMNS] = raised
            places.price(walk.routes, walk.orders)
            walk.cost = int(places.total(walk.routes, walk.route_of, walk.orders))

    def really(self, walk: Walk) -> Walk:
        """A copy of a walk at the prices as they are."""
        found = walk.copy()
        if self.factor == 1.0:
            return found
        found.orders, found.owns_orders = self._as_they_are(walk.orders), True
        places.price(found.routes, found.orders)
        found.cost = int(places.total(found.routes, found.route_of, found.orders))
        return found

    def _as_they_are(self, orders: NDArray[np.int32]) -> NDArray[np.int32]:
        own = orders.copy()
        own[:, :, COLUMNS] = self.real
        return own


def factor_at(heat: float, eager: float) -> float:
    """By what prices are multiplied: `eager` above FALL, 1 below REAL, between them a power of the heat."""
    share = math.log(max(heat, REAL) / REAL) / math.log(FALL / REAL)
    return math.exp(math.log(eager) * min(1.0, share))
