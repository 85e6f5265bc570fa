"""A plan on its way through the search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


@dataclass(slots=True)
class Walk:
    """Where one walk stands. `orders` is its own where linked orders are held at moments it chose."""

    routes: Ints
    route_of: Ints
    orders: Ints
    cost: int
    owns_orders: bool = False

    def copy(self) -> Walk:
        """Another walk from the same place."""
        orders = self.orders.copy() if self.owns_orders else self.orders
        return Walk(self.routes.copy(), self.route_of.copy(), orders, self.cost, self.owns_orders)

    def take(self, other: Walk) -> None:
        """Go back to where another walk stands, in place."""
        self.routes[:], self.route_of[:], self.cost = other.routes, other.route_of, other.cost
        if self.owns_orders:
            self.orders[:] = other.orders
