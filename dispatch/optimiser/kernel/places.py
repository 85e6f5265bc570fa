"""Where one order fits best, and a first plan made of that."""

from __future__ import annotations

import numpy as np

from dispatch.optimiser.kernel.compiled import Array, inlined, jit
from dispatch.optimiser.kernel.layout import (
    AMOUNT,
    BREAK_FROM,
    BREAK_SECONDS,
    BREAK_TO,
    CAP,
    CAPACITY,
    CLOSES,
    DAY,
    DONE_IN,
    DONE_OUT,
    DUE_IN,
    DUE_OUT,
    FIRST,
    FLAGS,
    GROUP,
    LAST,
    LATE,
    LATE_PRICE,
    LEG,
    LOAD,
    MOVED_PRICE,
    NEVER,
    OPENS,
    OVERTIME,
    OVERTIME_PRICE,
    PERSON,
    PIN,
    PRIZE,
    SECONDS,
    START_BY,
    STOP,
    TOLD_BY,
)
from dispatch.optimiser.kernel.routes import cost, cut, extra, insert, overtime, settle


@inlined
def uniform(state: Array) -> float:
    """The next number of xorshift64* in [0, 1)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inlined
def lateness(orders: Array, day: int, order: int, start: int) -> int:
    """What it costs that an order starts at `start`."""
    price = 0
    if start > orders[day, order, START_BY]:
        price += orders[day, order, LATE_PRICE]
    if start > orders[day, order, TOLD_BY]:
        price += orders[day, order, MOVED_PRICE]
    return int(price)


@jit
def finish(routes: Array, r: int, orders: Array, k: int, taken: int, still: int, leg: int) -> int:
    """When a shift ends after one more stop, left at `taken` (break taken) or `still`, behind row `k`."""
    last, day = routes[r, 0, LAST], routes[r, 2, DAY]
    opens, until, length = routes[r, 1, BREAK_FROM], routes[r, 1, BREAK_TO], routes[r, 1, BREAK_SECONDS]
    done, due = taken, still
    for row in range(k + 1, last + 1):
        arrives = done + leg
        if due <= until:
            arrives = min(arrives, max(due + leg, opens) + length)
        if row == last:
            return int(arrives)
        stop = routes[r, row, STOP]
        cap = orders[day, stop, CLOSES] if routes[r, row, LATE] else orders[day, stop, CAP]
        start = max(due + leg, orders[day, stop, OPENS])
        due = start + orders[day, stop, SECONDS] if start <= cap else NEVER
        start = max(arrives, orders[day, stop, OPENS])
        done = start + orders[day, stop, SECONDS] if start <= cap else NEVER
        leg = routes[r, row, LEG]
    return NEVER


@inlined
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
    day = routes[r, 2, DAY]
    opens, cap, closes = orders[day, order, OPENS], orders[day, order, CAP], orders[day, order, CLOSES]
    seconds = orders[day, order, SECONDS]
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
            detour += lateness(orders, day, order, still if fits_still and still <= closes else taken)
            if detour >= best:
                continue
        if routes[r, 1, OVERTIME_PRICE] > 0:
            limited = closes if is_late else cap
            taken = taken + seconds if taken <= limited else NEVER
            still = leaves if still <= limited else NEVER
            home = finish(routes, r, orders, k, taken, still, outward)
            detour += overtime(routes, r, home) - routes[r, 0, OVERTIME]
            if detour >= best:
                continue
        if blink > 0.0 and uniform(state) < blink:
            continue
        best, place, late = detour, k, is_late
    return best, place, late


@inlined
def may(routes: Array, r: int, orders: Array, suits: Array, order: int) -> bool:
    """Whether somebody may be sent to an order, whatever the time."""
    pin = orders[0, order, PIN]
    if pin >= 0 and pin != routes[r, 2, PERSON]:
        return False
    fits = routes[r, 0, LOAD] + orders[0, order, AMOUNT] <= routes[r, 2, CAPACITY]
    return bool(fits and (pin >= 0 or suits[orders[0, order, GROUP], r] >= 0))


@jit
def resume(
    routes: Array,
    route_of: Array,
    orders: Array,
    suits: Array,
    travel: Array,
    plan: Array,
    r: int,
    gone: Array,
) -> None:
    """Give a route the orders of an older plan in their order, without those that do not fit any more."""
    for order in plan:
        last = routes[r, 0, LAST]
        if route_of[order] >= 0 or last + 3 >= routes.shape[1] or not may(routes, r, orders, suits, order):
            continue
        more = extra(routes, r, orders, suits, order)
        for late in range(2):
            holds = insert(routes, r, orders, travel, order, last - 1, late, more) and settle(
                routes, r, orders
            )
            if holds:
                route_of[order] = r
                break
            gone[order] = 1
            cut(routes, r, orders, suits, travel, gone)
            gone[order] = 0


@jit
def begin(
    routes: Array,
    route_of: Array,
    orders: Array,
    suits: Array,
    travel: Array,
    back: Array,
    queue: Array,
    state: Array,
) -> None:
    """A first plan: each order of the queue where it costs least, if anywhere below its prize."""
    for order in queue:
        if route_of[order] >= 0:
            continue
        best, best_route, place, late = int(orders[0, order, PRIZE]), -1, 0, 0
        if orders[0, order, PIN] >= 0:
            best = NEVER
        for route in range(routes.shape[0]):
            full = routes[route, 0, LAST] + 3 >= routes.shape[1]
            if full or not may(routes, route, orders, suits, order):
                continue
            more = extra(routes, route, orders, suits, order)
            price, k, is_late = find_place(
                routes, route, orders, travel, back, order, best - more, 0.0, state
            )
            if k >= 0:
                best, best_route, place, late = price + more, route, k, is_late
        if best_route >= 0:
            more = extra(routes, best_route, orders, suits, order)
            insert(routes, best_route, orders, travel, order, place, late, more)
            settle(routes, best_route, orders)
            route_of[order] = best_route


@jit
def total(routes: Array, route_of: Array, orders: Array) -> int:
    """What a plan costs: driving, lateness, changes, and what is not done."""
    found = 0
    for route in range(routes.shape[0]):
        found += cost(routes, route)
    for order in range(orders.shape[1]):
        if route_of[order] < 0:
            found += orders[0, order, PRIZE]
    return found


@jit
def price(routes: Array, orders: Array) -> None:
    """Price what is late on every route anew, after prices have changed."""
    for route in range(routes.shape[0]):
        if routes[route, 0, FLAGS] > 0:
            settle(routes, route, orders)
