"""Chains: an order takes another's place, that one a third's on the next route, until one finds room."""

from __future__ import annotations

from dispatch.optimiser.kernel.compiled import Array, inlined, jit
from dispatch.optimiser.kernel.layout import FIRST, LAST, NEVER, PIN, PRIZE, STAYS, STOP
from dispatch.optimiser.kernel.places import find_place, may
from dispatch.optimiser.kernel.routes import copy, cost, cut, extra, insert, settle

LEAST = 10
"""Chains that gain less, in seconds of cost, are left alone."""


@inlined
def stays(orders: Array, order: int) -> bool:
    """Whether an order takes no part in chains: locked, linked, or promised to one person."""
    return bool(orders[0, order, STAYS] or orders[0, order, PIN] >= 0)


@inlined
def join(
    routes: Array,
    r: int,
    orders: Array,
    suits: Array,
    travel: Array,
    back: Array,
    order: int,
    most: int,
    state: Array,
) -> int:
    """What it costs that an order joins a route, when less than `most`; else NEVER."""
    if routes[r, 0, LAST] + 3 >= routes.shape[1] or not may(routes, r, orders, suits, order):
        return NEVER
    price, k, _late = find_place(routes, r, orders, travel, back, order, most, 0.0, state)
    return int(price + extra(routes, r, orders, suits, order)) if k >= 0 else NEVER


@jit
def measure(
    mine: Array,
    routes: Array,
    route_of: Array,
    orders: Array,
    suits: Array,
    travel: Array,
    back: Array,
    offsets: Array,
    who: Array,
    slot: Array,
    most: int,
    saved: Array,
    gone: Array,
    freed: Array,
    instead: Array,
    joined: Array,
    state: Array,
) -> None:
    """Reckon what changes on the routes `mine`, which are left as they were.

    `joined[u, r]`: order u joins route r; `freed[v]`: v leaves its route; `instead[u, i]`: u comes in place of its
    i-th neighbour. `who[offsets[v] : offsets[v + 1]]` have v as neighbour, number `slot`.
    """
    for r in mine:
        for u in range(orders.shape[1]):
            joined[u, r] = NEVER
            if route_of[u] != r and not stays(orders, u):
                joined[u, r] = join(routes, r, orders, suits, travel, back, u, most, state)
        was = cost(routes, r)
        copy(routes, r, saved, 0)
        for row in range(FIRST + 1, saved[0, 0, LAST]):
            v = saved[0, row, STOP]
            freed[v] = NEVER
            fits = False
            if not stays(orders, v):
                gone[v] = 1
                fits = cut(routes, r, orders, suits, travel, gone)
                gone[v] = 0
                freed[v] = cost(routes, r) - was if fits else NEVER
            for i in range(offsets[v], offsets[v + 1]):
                u, price = who[i], NEVER
                if fits and route_of[u] != r and not stays(orders, u):
                    price = join(routes, r, orders, suits, travel, back, u, most - freed[v], state)
                instead[u, slot[i]] = price + freed[v] if price < NEVER else NEVER
            copy(saved, 0, routes, r)


@inlined
def crosses(entry: int, route: int, ends: Array, parents: Array, route_of: Array) -> bool:
    """Whether a chain touches a route already; -1 is the work that waits."""
    while entry >= 0:
        if route_of[ends[entry]] == route:
            return True
        entry = parents[entry]
    return False


@jit
def close(
    first: int,
    last: int,
    route_of: Array,
    orders: Array,
    joined: Array,
    ends: Array,
    totals: Array,
    parents: Array,
    found: Array,
    count: int,
) -> int:
    """End each chain of a level where its last order joins a route, or is left undone for one that waited."""
    for entry in range(first, last):
        order, total = ends[entry], totals[entry]
        best, best_route = -LEAST, -2
        for route in range(joined.shape[1]):
            value = total + joined[order, route]
            if value < best and not crosses(entry, route, ends, parents, route_of):
                best, best_route = value, route
        value = total + orders[0, order, PRIZE]
        if route_of[order] >= 0 and value < best and crosses(entry, -1, ends, parents, route_of):
            best, best_route = value, -1
        if best_route > -2:
            found[count, 0], found[count, 1], found[count, 2] = best, entry, best_route
            count += 1
    return count


@jit
def seek(
    longest: int,
    route_of: Array,
    orders: Array,
    near: Array,
    freed: Array,
    instead: Array,
    joined: Array,
    ends: Array,
    totals: Array,
    parents: Array,
    kept: Array,
    found: Array,
) -> int:
    """Follow chains of up to `longest` orders; how many that gain are in `found`: (cost, last entry, route or -1).

    Entries are orders (`ends`) with what all up to them changes (`totals`) and the one before (`parents`). A chain
    begins with work that waits, or that leaves its route; of chains that end at one order the best are kept.
    """
    n, count = 0, 0
    for order in range(orders.shape[1]):
        gain = -orders[0, order, PRIZE] if route_of[order] < 0 else freed[order]
        if gain < 0 and not stays(orders, order):
            ends[n], totals[n], parents[n] = order, gain, -1
            n += 1
    first, last = 0, n
    for length in range(1, longest + 1):
        count = close(first, last, route_of, orders, joined, ends, totals, parents, found, count)
        if length == longest:
            break
        kept[:, :] = -1
        for entry in range(first, last):
            order, total = ends[entry], totals[entry]
            for i in range(near.shape[1]):
                value = total + instead[order, i]
                other = near[order, i]
                if value >= 0 or route_of[other] < 0:
                    continue
                place, worst = -1, value
                for b in range(kept.shape[1]):
                    if kept[other, b] < 0:
                        place = b
                        break
                    if totals[kept[other, b]] > worst:
                        place, worst = b, totals[kept[other, b]]
                if place < 0 or crosses(entry, route_of[other], ends, parents, route_of):
                    continue
                if kept[other, place] < 0:
                    kept[other, place] = n
                    n += 1
                slot = kept[other, place]
                ends[slot], totals[slot], parents[slot] = other, value, entry
        first, last = last, n
    return count


@jit
def carry_out(
    chain: Array,
    last_route: int,
    routes: Array,
    route_of: Array,
    orders: Array,
    suits: Array,
    travel: Array,
    back: Array,
    saved: Array,
    gone: Array,
    state: Array,
) -> int:
    """Let each order of a chain take the next one's place, the last join a route (-1: stay undone).

    What that changes, reckoned exactly; 0, and all is as it was, when it gains nothing.
    """
    before, after, fits = 0, 0, True
    for i in range(len(chain) + 1):
        route = route_of[chain[i]] if i < len(chain) else last_route
        if route >= 0:
            copy(routes, route, saved, i)
            before += cost(routes, route)
    for order in chain:
        if route_of[order] < 0:
            before += orders[0, order, PRIZE]
            continue
        gone[order] = 1
        fits = cut(routes, route_of[order], orders, suits, travel, gone) and fits
        gone[order] = 0
    for i in range(len(chain)):
        order = chain[i]
        route = route_of[chain[i + 1]] if i + 1 < len(chain) else last_route
        if route < 0:
            after += orders[0, order, PRIZE]
        elif fits:
            _price, k, late = find_place(routes, route, orders, travel, back, order, NEVER, 0.0, state)
            more = extra(routes, route, orders, suits, order)
            fits = k >= 0 and insert(routes, route, orders, travel, order, k, late, more)
            fits = fits and settle(routes, route, orders)
    for i in range(len(chain) + 1):
        route = route_of[chain[i]] if i < len(chain) else last_route
        if route >= 0:
            after += cost(routes, route)
    if fits and after < before:
        for i in range(len(chain)):
            route_of[chain[i]] = route_of[chain[i + 1]] if i + 1 < len(chain) else last_route
        return int(after - before)
    for i in range(len(chain) + 1):
        route = route_of[chain[i]] if i < len(chain) else last_route
        if route >= 0:
            copy(saved, i, routes, route)
    return 0
