"""The search itself: many steps, each kept or taken back as simulated annealing says."""

from __future__ import annotations

import math

from dispatch.optimiser.kernel.compiled import Array, inlined, jit
from dispatch.optimiser.kernel.layout import (
    BEFORE,
    BLINK,
    BROKEN,
    DONE,
    FIRST,
    LAST,
    LONGEST,
    NEARBY,
    POOLED,
    PRIZE,
    STAYS,
    STOPPED,
    STRINGS,
    TOUCHED,
    WAITING,
)
from dispatch.optimiser.kernel.places import uniform
from dispatch.optimiser.kernel.routes import copy, cost, is_same, settle
from dispatch.optimiser.kernel.steps import put_back, rank, ruin


@inlined
def price(routes: Array, route_of: Array, orders: Array, touched: Array, pool: Array, counts: Array) -> int:
    """What the touched routes and the pooled orders cost now, with lateness reckoned exactly."""
    after = 0
    for index in range(counts[TOUCHED]):
        route = touched[index]
        if not settle(routes, route, orders):
            counts[BROKEN] = 1
        after += cost(routes, route)
    for index in range(counts[POOLED]):
        if route_of[pool[index]] < 0:
            after += orders[0, pool[index], PRIZE]
    return after


@inlined
def move_waiting(order: int, served: bool, waiting: Array, waits_at: Array, counts: Array) -> None:
    """Keep the list of what waits."""
    if not served and waits_at[order] < 0:
        waits_at[order] = counts[WAITING]
        waiting[counts[WAITING]] = order
        counts[WAITING] += 1
    elif served and waits_at[order] >= 0:
        counts[WAITING] -= 1
        moved = waiting[counts[WAITING]]
        waiting[waits_at[order]] = moved
        waits_at[moved] = waits_at[order]
        waits_at[order] = -1


@jit
def anneal(
    steps: int,
    hot: float,
    cold: float,
    state: Array,
    routes: Array,
    route_of: Array,
    best_routes: Array,
    best_route_of: Array,
    orders: Array,
    suits: Array,
    travel: Array,
    back: Array,
    neighbours: Array,
    helpers: Array,
    help_distance: Array,
    route_side: Array,
    order_side: Array,
    side: int,
    settings: Array,
    keys: Array,
    every: Array,
    touched: Array,
    touched_in: Array,
    saved: Array,
    version: Array,
    known: Array,
    pool: Array,
    pool_was: Array,
    weight: Array,
    gone: Array,
    dirty: Array,
    changed: Array,
    is_changed: Array,
    mine: Array,
    waiting: Array,
    waits_at: Array,
    counts: Array,
    watch: Array,
) -> int:
    """Search among the routes and orders of one side; returns how much cheaper its best is than its start.

    Changes `routes` and `route_of` in place (where the walk ended), and leaves the best in `best_routes` and
    `best_route_of`, which begin as copies. Only entries of `side` are read or written, so that two threads
    may share all arrays. Tells in `watch` how far it is, and ends early when that says STOPPED.
    """
    n_orders = orders.shape[1]
    n_mine, served, used = 0, 0, 0
    for order in range(n_orders):
        if order_side[order] != side:
            continue
        if route_of[order] < 0:
            move_waiting(order, False, waiting, waits_at, counts)
        else:
            served += 1
        if not orders[0, order, STAYS]:
            mine[n_mine] = order
            n_mine += 1
    if n_mine == 0:
        return 0
    for route in every:
        used += routes[route, 0, LAST] > FIRST + 1
    longest = min(settings[LONGEST], max(1.0, served / max(1, used)))
    most_strings = 4.0 * settings[STRINGS] / (1.0 + longest) - 1.0

    n_changed, current, best = 0, 0, 0
    nearby, corner = min(n_mine, int(settings[NEARBY])), int(uniform(state) * n_mine)
    cooling = (cold / hot) ** (1.0 / max(1, steps))
    heat = hot

    for step in range(steps):
        if step % 64 == 0:
            watch[DONE] = step
            if watch[STOPPED]:
                break
        heat *= cooling
        counts[TOUCHED], counts[POOLED], counts[BEFORE], counts[BROKEN] = 0, 0, 0, 0
        if counts[WAITING] > 0 and uniform(state) < 0.1:
            seed = waiting[int(uniform(state) * counts[WAITING])]
        else:
            seed = mine[(corner + step + int(uniform(state) * nearby)) % n_mine]
        ruin(
            seed,
            step,
            longest,
            most_strings,
            state,
            routes,
            route_of,
            orders,
            suits,
            travel,
            neighbours,
            order_side,
            side,
            settings,
            touched,
            touched_in,
            saved,
            pool,
            pool_was,
            gone,
            counts,
        )
        slack = -heat * math.log(max(1e-300, uniform(state)))
        allowed = counts[BEFORE] + slack
        n_pool = counts[POOLED]
        if not counts[BROKEN]:
            rank(pool, pool_was, weight, n_pool, keys, orders, help_distance, state)
            spent = 0
            for index in range(counts[TOUCHED]):
                spent += cost(routes, touched[index])
            for index in range(n_pool):
                if spent >= allowed:
                    counts[BROKEN] = 1  # Dearer already than what would be kept.
                    break
                order = pool[index]
                route, more = put_back(
                    order,
                    pool_was[index],
                    step,
                    state,
                    routes,
                    orders,
                    suits,
                    travel,
                    back,
                    helpers,
                    route_side,
                    side,
                    settings[BLINK],
                    touched,
                    touched_in,
                    saved,
                    version,
                    known,
                    counts,
                )
                route_of[order] = route
                spent += more
        after = 0 if counts[BROKEN] else price(routes, route_of, orders, touched, pool, counts)
        if counts[BROKEN] or after >= counts[BEFORE] + slack:
            for index in range(counts[TOUCHED]):
                copy(saved, index, routes, touched[index])
            for index in range(n_pool):
                route_of[pool[index]] = pool_was[index]
            continue
        current += after - counts[BEFORE]
        for index in range(counts[TOUCHED]):
            route = touched[index]
            if not is_same(saved, index, routes, route):
                dirty[route] = 1
                version[route] += 1
        for index in range(n_pool):
            order = pool[index]
            if not is_changed[order]:
                is_changed[order] = 1
                changed[n_changed] = order
                n_changed += 1
            move_waiting(order, route_of[order] >= 0, waiting, waits_at, counts)
        if current < best:
            best = current
            for route in every:
                if dirty[route]:
                    copy(routes, route, best_routes, route)
                    dirty[route] = 0
            for index in range(n_changed):
                best_route_of[changed[index]] = route_of[changed[index]]
                is_changed[changed[index]] = 0
            n_changed = 0
    return best
