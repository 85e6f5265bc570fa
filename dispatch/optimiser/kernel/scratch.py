"""The room a search needs while it runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel.layout import COLUMNS, COUNTS, MOST_POOLED, MOST_TOUCHED


def scratch(
    routes: NDArray[np.int32], n_orders: int, route_side: NDArray[np.int32], side: int, slots: int
) -> tuple[NDArray[np.generic], ...]:
    """The arguments of `anneal` from `every` to `counts`, in its order; `slots` helpers for each order."""
    n_routes, width = routes.shape[:2]
    return (
        np.flatnonzero(route_side == side),
        np.empty(MOST_TOUCHED, np.int32),
        np.full(n_routes, -1, np.int64),
        np.empty((MOST_TOUCHED, width, COLUMNS), np.int32),
        np.ones(n_routes, np.int32),
        np.zeros((n_orders, slots, 4), np.int32),
        np.empty(MOST_POOLED, np.int32),
        np.empty(MOST_POOLED, np.int32),
        np.empty(MOST_POOLED, np.float64),
        np.zeros(n_orders, np.uint8),
        np.zeros(n_routes, np.uint8),
        np.empty(n_orders, np.int32),
        np.zeros(n_orders, np.uint8),
        np.empty(n_orders, np.int32),
        np.empty(n_orders, np.int32),
        np.full(n_orders, -1, np.int32),
        np.zeros(COUNTS, np.int64),
    )
