"""Orders whose time hangs on that of others: each is held at one moment, and moved only between rounds."""

from __future__ import annotations

from dispatch.optimiser.kernel.compiled import Array, jit
from dispatch.optimiser.kernel.layout import CAP, CLOSES, LAST, NEVER, OPENS
from dispatch.optimiser.kernel.places import find_place, may
from dispatch.optimiser.kernel.routes import extra


@jit
def hold(orders: Array, base: Array, order: int, moment: int) -> None:
    """Let an order start at one moment only, on the kinds of day when its own window allows it."""
    for day in range(orders.shape[0]):
        fits = base[day, order, OPENS] <= moment <= base[day, order, CLOSES]
        orders[day, order, OPENS] = moment if fits else NEVER
        orders[day, order, CLOSES] = moment if fits else -1
        orders[day, order, CAP] = min(moment, base[day, order, CAP]) if fits else -1


@jit
def price_moments(
    routes: Array,
    orders: Array,
    base: Array,
    suits: Array,
    travel: Array,
    back: Array,
    order: int,
    moments: Array,
    prices: Array,
    state: Array,
) -> None:
    """What it costs to do an order at each moment on each route, into `prices`; NEVER where it cannot be."""
    for index in range(len(moments)):
        hold(orders, base, order, moments[index])
        for route in range(routes.shape[0]):
            prices[index, route] = NEVER
            if routes[route, 0, LAST] + 3 >= routes.shape[1] or not may(routes, route, orders, suits, order):
                continue
            price, k, _late = find_place(routes, route, orders, travel, back, order, NEVER, 0.0, state)
            if k >= 0:
                prices[index, route] = price + extra(routes, route, orders, suits, order)
    hold(orders, base, order, -1)
