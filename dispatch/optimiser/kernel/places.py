"""Where one order fits best, and a first plan made of that."""

from __future__ import annotations

import numpy as np

from dispatch.optimiser.kernel.compiled import Array, jit
from dispatch.optimiser.kernel.layout import (
    AMOUNT,
    BREAK_FROM,
    BREAK_SECONDS,
    BREAK_TO,
    CAP,
    CAPACITY,
    CHANGE_PRICE,
    CLOSES,
    DONE_IN,
    DONE_OUT,
    DUE_IN,
    DUE_OUT,
    FIRST,
    GROUP,
    LAST,
    LATE_PRICE,
    LEG,
    LOAD,
    NEVER,
    OPENS,
    PIN,
    PRIZE,
    SECONDS,
    STOP,
    WAS,
)
from dispatch.optimiser.kernel.routes import cost, insert, settle


@jit
def uniform(state: Array) -> float:
    """The next number of xorshift64* in [0, 1)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@jit
def find_place(
    routes: Array,
    r: int,
    orders: Array,
    travel: Array,
    back: Array,
    order: int,
    limit: int,
    blink: float,
    state: Array,
) -> tuple[int, int, int]:
    """The cheapest place below `limit`: (what it costs, row before it or -1, late or not)."""
    opens, cap, closes = orders[order, OPENS], orders[order, CAP], orders[order, CLOSES]
    seconds, late_price = orders[order, SECONDS], orders[order, LATE_PRICE]
    first, until, length = routes[r, 1, BREAK_FROM], routes[r, 1, BREAK_TO], routes[r, 1, BREAK_SECONDS]
    earliest_end = opens + seconds
    best, place, late = limit, -1, 0
    inward = int(back[order, routes[r, FIRST, STOP]])
    for k in range(FIRST, routes[r, 0, LAST]):
        following = routes[r, k + 1, STOP]
        outward = int(travel[order, following])
        detour = inward + outward - routes[r, k, LEG]
        arrive_leg = inward
        inward = int(back[order, following])
        if detour >= best:
            continue
        due, done = routes[r, k, DUE_OUT], routes[r, k, DONE_OUT]
        if due > closes and done > closes:
            break
        due_in, done_in = routes[r, k + 1, DUE_IN], routes[r, k + 1, DONE_IN]
        if done_in < earliest_end and due_in < earliest_end:
            continue
        arrives = done + arrive_leg
        if due <= until:
            arrives = min(arrives, max(due + arrive_leg, first) + length)
        taken = max(arrives, opens)
        still = max(due + arrive_leg, opens)
        fits_taken = taken + seconds + outward <= done_in
        leaves = still + seconds
        fits_still = leaves + outward <= due_in or (
            leaves <= until and max(leaves + outward, first) + length <= done_in
        )
        is_late = 0
        if not ((fits_taken and taken <= cap) or (fits_still and still <= cap)):
            if not ((fits_taken and taken <= closes) or (fits_still and still <= closes)):
                continue
            is_late = 1
            detour += late_price
            if detour >= best:
                continue
        if blink > 0.0 and uniform(state) < blink:
            continue
        best, place, late = detour, k, is_late
    return best, place, late


@jit
def may(routes: Array, r: int, orders: Array, able: Array, order: int) -> bool:
    """Whether somebody may be sent to an order, whatever the time."""
    pin = orders[order, PIN]
    if pin >= 0:
        return bool(pin == r)
    return bool(
        able[orders[order, GROUP], r] and routes[r, 0, LOAD] + orders[order, AMOUNT] <= routes[r, 0, CAPACITY]
    )


@jit
def change(orders: Array, order: int, route: int) -> int:
    """What it costs that somebody else comes than the customer was told."""
    was = orders[order, WAS]
    return int(orders[order, CHANGE_PRICE]) if was >= 0 and was != route else 0


@jit
def begin(
    routes: Array,
    route_of: Array,
    orders: Array,
    able: Array,
    travel: Array,
    back: Array,
    queue: Array,
    state: Array,
) -> None:
    """A first plan: each order of the queue where it costs least, if anywhere below its prize."""
    for order in queue:
        best, best_route, place, late = int(orders[order, PRIZE]), -1, 0, 0
        if orders[order, PIN] >= 0:
            best = NEVER
        for route in range(routes.shape[0]):
            full = routes[route, 0, LAST] + 2 >= routes.shape[1]
            if full or not may(routes, route, orders, able, order):
                continue
            extra = change(orders, order, route)
            price, k, is_late = find_place(
                routes, route, orders, travel, back, order, best - extra, 0.0, state
            )
            if k >= 0:
                best, best_route, place, late = price + extra, route, k, is_late
        if best_route >= 0:
            insert(routes, best_route, orders, travel, order, place, late, change(orders, order, best_route))
            settle(routes, best_route, orders)
            route_of[order] = best_route


@jit
def total(routes: Array, route_of: Array, orders: Array) -> int:
    """What a plan costs: driving, lateness, changes, and what is not done."""
    found = 0
    for route in range(routes.shape[0]):
        found += cost(routes, route)
    for order in range(orders.shape[0]):
        if route_of[order] < 0:
            found += orders[order, PRIZE]
    return found
