"""The two halves of one step: take work out, and put it back."""

from __future__ import annotations

from dispatch.optimiser.kernel.compiled import Array, inlined
from dispatch.optimiser.kernel.layout import (
    AMOUNT,
    BEFORE,
    BROKEN,
    CAP,
    FEW_UNSERVED,
    FIRST,
    GROUP,
    KEYS,
    LAST,
    MOST_POOLED,
    MOST_TOUCHED,
    NEAR_UNSERVED,
    NEVER,
    OPENS,
    POOLED,
    PRIZE,
    SECONDS,
    SPLIT,
    STAYS,
    STOP,
    TOUCHED,
    WAITING,
)
from dispatch.optimiser.kernel.places import find_place, may, uniform
from dispatch.optimiser.kernel.routes import copy, cost, cut, extra, insert


@inlined
def touch(
    routes: Array, route: int, step: int, touched: Array, touched_in: Array, saved: Array, counts: Array
) -> None:
    """Remember a route as it is before the step changes it."""
    number = counts[TOUCHED]
    touched[number] = route
    touched_in[route] = step
    copy(routes, route, saved, number)
    counts[TOUCHED] = number + 1
    counts[BEFORE] += cost(routes, route)


@inlined
def take_string(
    routes: Array,
    route: int,
    near: int,
    orders: Array,
    longest: float,
    split: float,
    state: Array,
    pool: Array,
    pool_was: Array,
    gone: Array,
    counts: Array,
) -> None:
    """Mark and pool a string of stops that holds `near`; half the time some inside it stay."""
    count = routes[route, 0, LAST] - FIRST - 1
    at = FIRST + 1
    while routes[route, at, STOP] != near:
        at += 1
    size = min(int(1.0 + uniform(state) * min(float(count), longest)), count)
    keep = 0
    if 1 < size < count and uniform(state) < 0.5:
        keep = 1
        while size + keep < count and uniform(state) > split:
            keep += 1
    span = size + keep
    low = max(FIRST + 1, at - span + 1)
    high = min(at, FIRST + 1 + count - span)
    first = low + int(uniform(state) * (high - low + 1))
    hole = first + 1 + int(uniform(state) * (size - 1)) if keep > 0 else -1
    pooled = counts[POOLED]
    for k in range(first, first + span):
        if keep > 0 and hole <= k < hole + keep:
            continue
        stop = routes[route, k, STOP]
        if orders[0, stop, STAYS]:
            continue
        gone[stop] = 1
        pool[pooled] = stop
        pool_was[pooled] = route
        pooled += 1
    counts[POOLED] = pooled


@inlined
def ruin(
    seed: int,
    step: int,
    longest: float,
    most_strings: float,
    state: Array,
    routes: Array,
    route_of: Array,
    orders: Array,
    suits: Array,
    travel: Array,
    neighbours: Array,
    order_side: Array,
    side: int,
    settings: Array,
    touched: Array,
    touched_in: Array,
    saved: Array,
    pool: Array,
    pool_was: Array,
    gone: Array,
    counts: Array,
) -> None:
    """Take strings out of the routes around `seed`, and up what waits there."""
    only_able = route_of[seed] < 0 and uniform(state) < 0.5
    strings = int(1.0 + uniform(state) * most_strings)
    taken, taken_up = 0, 0
    for index in range(neighbours.shape[1]):
        near = neighbours[seed, index]
        if near < 0:
            break
        if order_side[near] != side:
            continue
        route = route_of[near]
        if route < 0:
            close = index < settings[NEAR_UNSERVED] and taken_up < settings[FEW_UNSERVED]
            if close and (index == 0 or uniform(state) < 0.7):
                pool[counts[POOLED]] = near
                pool_was[counts[POOLED]] = -1
                counts[POOLED] += 1
                counts[BEFORE] += orders[0, near, PRIZE]
                taken_up += 1
            continue
        if taken >= strings:
            if index >= settings[NEAR_UNSERVED] or counts[WAITING] == 0:
                break
            continue
        if touched_in[route] == step or orders[0, near, STAYS]:
            continue
        if only_able and suits[orders[0, seed, GROUP], route] < 0:
            continue
        if counts[POOLED] + longest + 2 >= MOST_POOLED or counts[TOUCHED] + 2 >= MOST_TOUCHED:
            break
        touch(routes, route, step, touched, touched_in, saved, counts)
        take_string(
            routes, route, near, orders, longest, settings[SPLIT], state, pool, pool_was, gone, counts
        )
        taken += 1
        if not cut(routes, route, orders, suits, travel, gone):
            counts[BROKEN] = 1
    for index in range(counts[POOLED]):
        gone[pool[index]] = 0
        route_of[pool[index]] = -1


@inlined
def key(kind: int, order: int, orders: Array, help_distance: Array, state: Array) -> float:
    """What to sort by when work is put back, the smallest first."""
    if kind == 1:
        return -float(orders[0, order, PRIZE])
    if kind == 2:
        return -float(orders[0, order, PRIZE] / (orders[0, order, SECONDS] + 900.0))
    if kind == 3:
        return -float(orders[0, order, SECONDS])
    if kind == 4:
        return -float(help_distance[order])
    if kind == 5:
        return float(help_distance[order])
    if kind == 6:
        return float(orders[0, order, CAP] - orders[0, order, OPENS])
    if kind == 7:
        return float(orders[0, order, OPENS])
    if kind == 8:
        return -float(orders[0, order, CAP])
    if kind == 9:
        return -float(orders[0, order, AMOUNT])
    return float(uniform(state))


@inlined
def rank(
    pool: Array,
    pool_was: Array,
    weight: Array,
    count: int,
    keys: Array,
    orders: Array,
    help_distance: Array,
    state: Array,
) -> None:
    """Sort what was taken out by one key, drawn by its share in `keys`."""
    pick, kind = uniform(state), 0
    while kind < KEYS - 1 and pick >= keys[kind]:
        pick -= keys[kind]
        kind += 1
    for index in range(count):
        order, was = pool[index], pool_was[index]
        value = key(kind, order, orders, help_distance, state)
        slot = index - 1
        while slot >= 0 and weight[slot] > value:
            pool[slot + 1], pool_was[slot + 1], weight[slot + 1] = pool[slot], pool_was[slot], weight[slot]
            slot -= 1
        pool[slot + 1], pool_was[slot + 1], weight[slot + 1] = order, was, value


@inlined
def put_back(
    order: int,
    was: int,
    step: int,
    state: Array,
    routes: Array,
    orders: Array,
    suits: Array,
    travel: Array,
    back: Array,
    helpers: Array,
    route_side: Array,
    side: int,
    blink: float,
    touched: Array,
    touched_in: Array,
    saved: Array,
    version: Array,
    known: Array,
    counts: Array,
) -> tuple[int, int]:
    """Put one order where it costs least: (its route or -1, what that costs, its prize when nowhere).

    The route it was on (`was`, or -1) is tried first, as what is dearer than a known place is soon passed over.
    `known` holds for each helper the version of its route, a price, and the place at that price; a place of -1
    says that nothing there is cheaper.
    """
    width, n_touched = routes.shape[1], counts[TOUCHED]
    best, best_route, place, late = int(orders[0, order, PRIZE]), -1, 0, 0
    for trial in range(-1 if was >= 0 else 0, n_touched):
        route = touched[trial] if trial >= 0 else was
        if trial >= 0 and route == was:
            continue
        if routes[route, 0, LAST] + 3 >= width or not may(routes, route, orders, suits, order):
            continue
        more = extra(routes, route, orders, suits, order)
        price, k, is_late = find_place(routes, route, orders, travel, back, order, best - more, blink, state)
        if k >= 0:
            best, best_route, place, late = price + more, route, k, is_late
    if n_touched < MOST_TOUCHED:
        for slot in range(helpers.shape[1]):
            route = helpers[order, slot]
            if route < 0:
                break
            if touched_in[route] == step or route_side[route] != side:
                continue
            is_known = known[order, slot, 0] == version[route]
            if not is_known or (known[order, slot, 2] < 0 and known[order, slot, 1] < best):
                known[order, slot, 0] = version[route]
                known[order, slot, 1] = NEVER
                known[order, slot, 2] = -1
                if routes[route, 0, LAST] + 3 < width and may(routes, route, orders, suits, order):
                    more = extra(routes, route, orders, suits, order)
                    price, k, is_late = find_place(
                        routes, route, orders, travel, back, order, best - more, 0.0, state
                    )
                    known[order, slot, 1] = price + more
                    known[order, slot, 2] = k
                    known[order, slot, 3] = is_late
            if known[order, slot, 2] >= 0 and known[order, slot, 1] < best and uniform(state) >= blink:
                best, best_route = int(known[order, slot, 1]), route
                place, late = int(known[order, slot, 2]), int(known[order, slot, 3])
    if best_route < 0:
        return -1, best
    if touched_in[best_route] != step:
        touch(routes, best_route, step, touched, touched_in, saved, counts)
    more = extra(routes, best_route, orders, suits, order)
    insert(routes, best_route, orders, travel, order, place, late, more)
    return best_route, best
