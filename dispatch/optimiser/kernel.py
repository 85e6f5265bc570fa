"""Ruin and recreate on the exact cost of a day, compiled.

Slack induction by string removals (Christiaens and Vanden Berghe, 2020): take strings of neighbouring stops out
of nearby routes, put them back one by one where they cost least, and keep the result by simulated annealing.

All times and costs are whole seconds. A route is one contiguous block of integers (`BLOCK` rows by `width`
columns), so that one look at it stays in the processor's cache. A break may be taken before, during or after any
leg; two forward rows (earliest departure with the break still due, or taken) and two backward rows (latest
arrival likewise) answer in constant time whether one more stop fits between two others.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

Array = Any
"""A numpy array of the kind its place in `problem.Arrays` says; the compiler knows the rest."""

NEVER = 1 << 29

# Rows of a route's block. Column 0 is the start, columns 1..count the stops, column count + 1 the end.
STOPS, LATE, DUE_OUT, DONE_OUT, DUE_IN, DONE_IN, LEG, HEAD = range(8)
BLOCK = 8
# Columns of the row HEAD.
COUNT, LENGTH, LATENESS, LOAD, FLAGS, CHANGES = range(6)
START, END, BREAK_FROM, BREAK_TO, BREAK_SECONDS, HAS_BREAK, CAPACITY, KIND = range(6, 14)
HEADS = 14

# Columns of an order.
OPENS, CLOSES, CAP, SECONDS, PRIZE, LATE_PRICE, PIN, AMOUNT, WAS, CHANGE_PRICE, START_BY = range(11)
ORDER = 11

# What a search is told: columns of the row of settings.
STRINGS, LONGEST, BLINK, SPLIT, FEW_UNSERVED, NEAR_UNSERVED, EVERYWHERE = range(7)
SETTINGS = 7
KEYS = 10
"""Orders in which removed work is put back: random, prize, prize per second, long first, far from help, near
to help, narrow window, early start, late end, large amount."""

MOST_TOUCHED = 192
MOST_POOLED = 512

_jit = njit(cache=True, nogil=True, fastmath=False, boundscheck=False)


@_jit
def _uniform(state: Array) -> float:
    """The next number of xorshift64* in [0, 1)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@_jit
def _forward(routes: Array, r: int, orders: Array, first: int) -> bool:
    """Reckon earliest departures from position `first` on; False when the route cannot be driven."""
    count = routes[r, HEAD, COUNT]
    opens, until, length = (
        routes[r, HEAD, BREAK_FROM],
        routes[r, HEAD, BREAK_TO],
        routes[r, HEAD, BREAK_SECONDS],
    )
    due, done = routes[r, DUE_OUT, first - 1], routes[r, DONE_OUT, first - 1]
    for k in range(first, count + 1):
        leg = routes[r, LEG, k - 1]
        arrives = done + leg
        if due <= until:
            arrives = min(arrives, max(due + leg, opens) + length)
        stop = routes[r, STOPS, k]
        cap = orders[stop, CLOSES] if routes[r, LATE, k] else orders[stop, CAP]
        start = max(due + leg, orders[stop, OPENS])
        due = start + orders[stop, SECONDS] if start <= cap else NEVER
        start = max(arrives, orders[stop, OPENS])
        done = start + orders[stop, SECONDS] if start <= cap else NEVER
        routes[r, DUE_OUT, k] = due
        routes[r, DONE_OUT, k] = done
        if due >= NEVER and done >= NEVER:
            return False
    leg = routes[r, LEG, count]
    arrives = done + leg
    if due <= until:
        arrives = min(arrives, max(due + leg, opens) + length)
    return bool(arrives <= routes[r, HEAD, END])


@_jit
def _backward(routes: Array, r: int, orders: Array, first: int) -> None:
    """Reckon latest arrivals from position `first` back to the first stop."""
    opens, until, length = (
        routes[r, HEAD, BREAK_FROM],
        routes[r, HEAD, BREAK_TO],
        routes[r, HEAD, BREAK_SECONDS],
    )
    done, due = routes[r, DONE_IN, first + 1], routes[r, DUE_IN, first + 1]
    for k in range(first, 0, -1):
        stop = routes[r, STOPS, k]
        leg, seconds, earliest = routes[r, LEG, k], orders[stop, SECONDS], orders[stop, OPENS]
        cap = orders[stop, CLOSES] if routes[r, LATE, k] else orders[stop, CAP]
        leaves = due - leg
        if done >= opens + length:
            leaves = max(leaves, min(until, done - length - leg))
        due = min(cap, leaves - seconds)
        if due < earliest:
            due = -1
        done = min(cap, done - leg - seconds)
        if done < earliest:
            done = -1
        routes[r, DONE_IN, k] = done
        routes[r, DUE_IN, k] = due


@_jit
def _whole(routes: Array, r: int, orders: Array, travel: Array) -> bool:
    """Reckon legs, length, departures and arrivals of a whole route from its stops."""
    count = routes[r, HEAD, COUNT]
    length = 0
    for k in range(count + 1):
        leg = int(travel[routes[r, STOPS, k], routes[r, STOPS, k + 1]])
        routes[r, LEG, k] = leg
        length += leg
    routes[r, HEAD, LENGTH] = length
    routes[r, DUE_OUT, 0] = routes[r, HEAD, START] if routes[r, HEAD, HAS_BREAK] else NEVER
    routes[r, DONE_OUT, 0] = NEVER if routes[r, HEAD, HAS_BREAK] else routes[r, HEAD, START]
    routes[r, DONE_IN, count + 1] = routes[r, HEAD, END]
    routes[r, DUE_IN, count + 1] = -1
    if not _forward(routes, r, orders, 1):
        return False
    _backward(routes, r, orders, count)
    return True


@_jit
def _lateness(routes: Array, r: int, orders: Array) -> int:
    """What late starts cost, with the break where it makes fewest of them; the first such place of several."""
    if routes[r, HEAD, FLAGS] == 0:
        return 0
    count = routes[r, HEAD, COUNT]
    places = count + 1 if routes[r, HEAD, HAS_BREAK] else 1
    fewest, price = NEVER, NEVER
    for place in range(places):
        clock = routes[r, HEAD, START]
        misses, cost, feasible = 0, 0, True
        for k in range(count + 1):
            arrives = clock + routes[r, LEG, k]
            if routes[r, HEAD, HAS_BREAK] and k == place:
                if clock > routes[r, HEAD, BREAK_TO]:
                    feasible = False
                    break
                arrives = max(arrives, routes[r, HEAD, BREAK_FROM]) + routes[r, HEAD, BREAK_SECONDS]
            if k == count:
                feasible = arrives <= routes[r, HEAD, END]
                break
            stop = routes[r, STOPS, k + 1]
            start = max(arrives, orders[stop, OPENS])
            if start > orders[stop, CLOSES]:
                feasible = False
                break
            if start > orders[stop, START_BY]:
                misses += 1
                cost += orders[stop, LATE_PRICE]
            clock = start + orders[stop, SECONDS]
        if feasible and misses < fewest:
            fewest, price = misses, cost
    return price


@_jit
def _settle(routes: Array, r: int, orders: Array) -> bool:
    """Take back flags of lateness that are not needed any more, and price the others exactly."""
    if routes[r, HEAD, FLAGS] > 0:
        count = routes[r, HEAD, COUNT]
        for k in range(1, count + 1):
            if routes[r, LATE, k]:
                routes[r, LATE, k] = 0
                if _forward(routes, r, orders, 1):
                    routes[r, HEAD, FLAGS] -= 1
                else:
                    routes[r, LATE, k] = 1
        if not _forward(routes, r, orders, 1):
            return False
        _backward(routes, r, orders, count)
    routes[r, HEAD, LATENESS] = _lateness(routes, r, orders)
    return True


@_jit
def _cost(routes: Array, r: int) -> int:
    return int(routes[r, HEAD, LENGTH] + routes[r, HEAD, LATENESS] + routes[r, HEAD, CHANGES])


@_jit
def _insert(
    routes: Array, r: int, orders: Array, travel: Array, order: int, after: int, late: int, change: int
) -> None:
    """Put an order behind position `after`."""
    count = routes[r, HEAD, COUNT]
    for k in range(count + 1, after, -1):
        routes[r, STOPS, k + 1] = routes[r, STOPS, k]
        routes[r, LATE, k + 1] = routes[r, LATE, k]
        routes[r, LEG, k + 1] = routes[r, LEG, k]
        routes[r, DUE_IN, k + 1] = routes[r, DUE_IN, k]
        routes[r, DONE_IN, k + 1] = routes[r, DONE_IN, k]
    routes[r, STOPS, after + 1] = order
    routes[r, LATE, after + 1] = late
    inward = int(travel[routes[r, STOPS, after], order])
    outward = int(travel[order, routes[r, STOPS, after + 2]])
    routes[r, HEAD, LENGTH] += inward + outward - routes[r, LEG, after]
    routes[r, LEG, after] = inward
    routes[r, LEG, after + 1] = outward
    routes[r, HEAD, COUNT] = count + 1
    routes[r, HEAD, LOAD] += orders[order, AMOUNT]
    routes[r, HEAD, FLAGS] += late
    routes[r, HEAD, CHANGES] += change
    _forward(routes, r, orders, after + 1)
    _backward(routes, r, orders, after + 1)


@_jit
def _cut(routes: Array, r: int, orders: Array, travel: Array, gone: Array) -> bool:
    """Take every stop out that is marked in `gone`; False when what is left cannot be driven."""
    count, kept = routes[r, HEAD, COUNT], 0
    for k in range(1, count + 1):
        stop = routes[r, STOPS, k]
        if gone[stop]:
            routes[r, HEAD, LOAD] -= orders[stop, AMOUNT]
            routes[r, HEAD, FLAGS] -= routes[r, LATE, k]
            if orders[stop, WAS] >= 0 and orders[stop, WAS] != r:
                routes[r, HEAD, CHANGES] -= orders[stop, CHANGE_PRICE]
        else:
            kept += 1
            routes[r, STOPS, kept] = stop
            routes[r, LATE, kept] = routes[r, LATE, k]
    routes[r, STOPS, kept + 1] = routes[r, STOPS, count + 1]
    routes[r, LATE, kept + 1] = 0
    routes[r, HEAD, COUNT] = kept
    return _whole(routes, r, orders, travel) and _settle(routes, r, orders)


@_jit
def _find_place(
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
    """The cheapest position below `limit`: (what it costs, position before it, late or not)."""
    opens, cap, closes = orders[order, OPENS], orders[order, CAP], orders[order, CLOSES]
    seconds, late_price = orders[order, SECONDS], orders[order, LATE_PRICE]
    first, until, length = (
        routes[r, HEAD, BREAK_FROM],
        routes[r, HEAD, BREAK_TO],
        routes[r, HEAD, BREAK_SECONDS],
    )
    best, place, late = limit, -1, 0
    inward = int(back[order, routes[r, STOPS, 0]])
    for k in range(routes[r, HEAD, COUNT] + 1):
        outward = int(travel[order, routes[r, STOPS, k + 1]])
        detour = inward + outward - routes[r, LEG, k]
        arrive_leg = inward
        inward = int(back[order, routes[r, STOPS, k + 1]])
        if detour >= best:
            continue
        due, done = routes[r, DUE_OUT, k], routes[r, DONE_OUT, k]
        if due > closes and done > closes:
            break
        due_in, done_in = routes[r, DUE_IN, k + 1], routes[r, DONE_IN, k + 1]
        if done_in < opens + seconds and due_in < opens + seconds:
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
        if blink > 0.0 and _uniform(state) < blink:
            continue
        best, place, late = detour, k, is_late
    return best, place, late


@_jit
def _may(routes: Array, r: int, orders: Array, needs: Array, can: Array, order: int) -> bool:
    pin = orders[order, PIN]
    if pin >= 0:
        return bool(pin == r)
    return bool(
        (needs[order] & ~can[r]) == 0
        and routes[r, HEAD, LOAD] + orders[order, AMOUNT] <= routes[r, HEAD, CAPACITY]
    )


@_jit
def _change(orders: Array, order: int, route: int) -> int:
    """What it costs that somebody else comes than the customer was told."""
    was = orders[order, WAS]
    return int(orders[order, CHANGE_PRICE]) if was >= 0 and was != route else 0


@_jit
def begin(
    routes: Array,
    route_of: Array,
    orders: Array,
    needs: Array,
    can: Array,
    travel: Array,
    back: Array,
    queue: Array,
) -> None:
    """A first plan: each order of the queue where it costs least, if anywhere below its prize."""
    state = np.ones(1, np.uint64)
    for order in queue:
        best, best_route, place, late = int(orders[order, PRIZE]), -1, 0, 0
        if orders[order, PIN] >= 0:
            best = NEVER
        for route in range(routes.shape[0]):
            if routes[route, HEAD, COUNT] + 2 >= routes.shape[2] or not _may(
                routes, route, orders, needs, can, order
            ):
                continue
            change = _change(orders, order, route)
            cost, k, is_late = _find_place(
                routes, route, orders, travel, back, order, best - change, 0.0, state
            )
            if k >= 0:
                best, best_route, place, late = cost + change, route, k, is_late
        if best_route >= 0:
            _insert(
                routes, best_route, orders, travel, order, place, late, _change(orders, order, best_route)
            )
            _settle(routes, best_route, orders)
            route_of[order] = best_route


@_jit
def total(routes: Array, route_of: Array, orders: Array) -> int:
    """What a plan costs: driving, lateness, changes, and what is not done."""
    cost = 0
    for route in range(routes.shape[0]):
        if routes[route, HEAD, COUNT] > 0:
            cost += _cost(routes, route)
    for order in range(orders.shape[0]):
        if route_of[order] < 0:
            cost += orders[order, PRIZE]
    return cost


@_jit
def _key(kind: int, order: int, orders: Array, help_distance: Array, state: Array) -> float:
    """What to sort by when work is put back, the smallest first."""
    if kind == 1:
        return -float(orders[order, PRIZE])
    if kind == 2:
        return -float(orders[order, PRIZE]) / (orders[order, SECONDS] + 900.0)
    if kind == 3:
        return -float(orders[order, SECONDS])
    if kind == 4:
        return -float(help_distance[order])
    if kind == 5:
        return float(help_distance[order])
    if kind == 6:
        return float(orders[order, CAP] - orders[order, OPENS])
    if kind == 7:
        return float(orders[order, OPENS])
    if kind == 8:
        return -float(orders[order, CAP])
    if kind == 9:
        return -float(orders[order, AMOUNT])
    return _uniform(state)


@_jit
def _copy(source: Array, at: int, target: Array, to: int) -> None:
    """Copy one route, as far as it is filled."""
    filled = source[at, HEAD, COUNT] + 2
    for row in range(HEAD):
        for k in range(filled):
            target[to, row, k] = source[at, row, k]
    for k in range(HEADS):
        target[to, HEAD, k] = source[at, HEAD, k]


@_jit
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
    needs: Array,
    can: Array,
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
) -> int:
    """Search among the routes and orders of one side; returns how much cheaper its best is than its start.

    Changes `routes` and `route_of` in place (where the walk ended), and leaves the best in `best_routes` and
    `best_route_of`, which begin as copies. Only entries of `side` are read or written, so that two threads may
    share all arrays.
    """
    width = routes.shape[2]
    mine = np.empty(orders.shape[0], np.int32)
    waiting = np.empty(orders.shape[0], np.int32)
    waits_at = np.full(orders.shape[0], -1, np.int32)
    n_mine, n_waiting, served, used = 0, 0, 0, 0
    for order in range(orders.shape[0]):
        if order_side[order] != side:
            continue
        if route_of[order] < 0:
            waits_at[order] = n_waiting
            waiting[n_waiting] = order
            n_waiting += 1
        else:
            served += 1
        if orders[order, PIN] < 0 or route_of[order] < 0:
            mine[n_mine] = order
            n_mine += 1
    if n_mine == 0:
        return 0
    every = np.empty(routes.shape[0], np.int32)
    n_every = 0
    for route in range(routes.shape[0]):
        if route_side[route] == side:
            every[n_every] = route
            n_every += 1
            if routes[route, HEAD, COUNT] > 0:
                used += 1
    longest = min(settings[LONGEST], max(1.0, served / max(1, used)))
    most_strings = 4.0 * settings[STRINGS] / (1.0 + longest) - 1.0
    everywhere = settings[EVERYWHERE] > 0.5

    touched = np.empty(MOST_TOUCHED, np.int32)
    touched_in = np.full(routes.shape[0], -1, np.int64)
    saved = np.empty((MOST_TOUCHED, BLOCK, width), np.int32)
    pool = np.empty(MOST_POOLED, np.int32)
    pool_was = np.empty(MOST_POOLED, np.int32)
    weight = np.empty(MOST_POOLED, np.float64)
    gone = np.zeros(orders.shape[0], np.uint8)
    dirty = np.zeros(routes.shape[0], np.uint8)
    dirty_orders = np.empty(orders.shape[0], np.int32)
    is_dirty_order = np.zeros(orders.shape[0], np.uint8)
    n_dirty_orders = 0
    current, best = 0, 0
    cooling = (cold / hot) ** (1.0 / max(1, steps))
    heat = hot

    for step in range(steps):
        heat *= cooling
        n_touched, n_pool, n_saved_orders = 0, 0, 0
        # --- ruin
        if n_waiting > 0 and _uniform(state) < 0.1:
            seed = waiting[int(_uniform(state) * n_waiting)]
        else:
            seed = mine[int(_uniform(state) * n_mine)]
        only_able = route_of[seed] < 0 and _uniform(state) < 0.5
        strings = int(1.0 + _uniform(state) * most_strings)
        cut, taken_up, before, feasible = 0, 0, 0, True
        for index in range(neighbours.shape[1]):
            near = neighbours[seed, index]
            if near < 0:
                break
            if order_side[near] != side:
                continue
            route = route_of[near]
            if route < 0:
                if (
                    index < settings[NEAR_UNSERVED]
                    and taken_up < settings[FEW_UNSERVED]
                    and (index == 0 or _uniform(state) < 0.7)
                ):
                    pool[n_pool] = near
                    pool_was[n_pool] = -1
                    n_pool += 1
                    taken_up += 1
                    before += orders[near, PRIZE]
                continue
            if cut >= strings:
                if index >= settings[NEAR_UNSERVED] or n_waiting == 0:
                    break
                continue
            if touched_in[route] == step or orders[near, PIN] >= 0:
                continue
            if only_able and (needs[seed] & ~can[route]) != 0:
                continue
            if n_pool + width >= MOST_POOLED or n_touched + 2 >= MOST_TOUCHED:
                break
            count = routes[route, HEAD, COUNT]
            at = 1
            while routes[route, STOPS, at] != near:
                at += 1
            size = int(1.0 + _uniform(state) * min(float(count), longest))
            size = min(size, count)
            keep = 0
            if size < count and size > 1 and _uniform(state) < 0.5:
                keep = 1
                while size + keep < count and _uniform(state) > settings[SPLIT]:
                    keep += 1
            span = size + keep
            low = max(1, at - span + 1)
            high = min(at, count - span + 1)
            first = low + int(_uniform(state) * (high - low + 1))
            hole = first + 1 + int(_uniform(state) * (size - 1)) if keep > 0 else -1
            touched[n_touched] = route
            touched_in[route] = step
            _copy(routes, route, saved, n_touched)
            n_touched += 1
            before += _cost(routes, route) if count > 0 else 0
            cut += 1
            for k in range(first, first + span):
                if keep > 0 and hole <= k < hole + keep:
                    continue
                stop = routes[route, STOPS, k]
                if orders[stop, PIN] >= 0:
                    continue
                gone[stop] = 1
                pool[n_pool] = stop
                pool_was[n_pool] = route
                n_pool += 1
            feasible = _cut(routes, route, orders, travel, gone) and feasible
        for index in range(n_pool):
            gone[pool[index]] = 0
            route_of[pool[index]] = -1
        # --- recreate
        if feasible:
            pick, kind = _uniform(state), 0
            while kind < KEYS - 1 and pick >= keys[kind]:
                pick -= keys[kind]
                kind += 1
            for index in range(n_pool):
                weight[index] = _key(kind, pool[index], orders, help_distance, state)
            for index in range(1, n_pool):
                order, was, value = pool[index], pool_was[index], weight[index]
                slot = index - 1
                while slot >= 0 and weight[slot] > value:
                    pool[slot + 1], pool_was[slot + 1], weight[slot + 1] = (
                        pool[slot],
                        pool_was[slot],
                        weight[slot],
                    )
                    slot -= 1
                pool[slot + 1], pool_was[slot + 1], weight[slot + 1] = order, was, value
            for index in range(n_pool):
                order = pool[index]
                best_cost, best_route, place, late = int(orders[order, PRIZE]), -1, 0, 0
                empty_kind = -1
                tries = n_every if everywhere else n_touched + helpers.shape[1]
                for trial in range(tries):
                    if everywhere:
                        route = every[trial]
                    elif trial < n_touched:
                        route = touched[trial]
                    else:
                        route = helpers[order, trial - n_touched]
                        if route < 0:
                            break
                        if touched_in[route] == step or route_side[route] != side:
                            continue
                    if everywhere and routes[route, HEAD, COUNT] == 0:
                        if routes[route, HEAD, KIND] == empty_kind:
                            continue
                        empty_kind = routes[route, HEAD, KIND]
                    if not _may(routes, route, orders, needs, can, order):
                        continue
                    if routes[route, HEAD, COUNT] + 3 >= width or (
                        touched_in[route] != step and n_touched >= MOST_TOUCHED
                    ):
                        continue
                    change = _change(orders, order, route)
                    cost, k, is_late = _find_place(
                        routes,
                        route,
                        orders,
                        travel,
                        back,
                        order,
                        best_cost - change,
                        settings[BLINK],
                        state,
                    )
                    if k >= 0:
                        best_cost, best_route, place, late = cost + change, route, k, is_late
                if best_route >= 0:
                    if touched_in[best_route] != step:
                        touched[n_touched] = best_route
                        touched_in[best_route] = step
                        _copy(routes, best_route, saved, n_touched)
                        n_touched += 1
                        if routes[best_route, HEAD, COUNT] > 0:
                            before += _cost(routes, best_route)
                    _insert(
                        routes,
                        best_route,
                        orders,
                        travel,
                        order,
                        place,
                        late,
                        _change(orders, order, best_route),
                    )
                    route_of[order] = best_route
        # --- judge
        after = 0
        if feasible:
            for index in range(n_touched):
                route = touched[index]
                if routes[route, HEAD, FLAGS] > 0:
                    feasible = _settle(routes, route, orders) and feasible
                else:
                    routes[route, HEAD, LATENESS] = 0
                if routes[route, HEAD, COUNT] > 0:
                    after += _cost(routes, route)
            for index in range(n_pool):
                if route_of[pool[index]] < 0:
                    after += orders[pool[index], PRIZE]
        if not feasible or after - before >= -heat * math.log(max(1e-300, _uniform(state))):
            for index in range(n_touched):
                _copy(saved, index, routes, touched[index])
            for index in range(n_pool):
                route_of[pool[index]] = pool_was[index]
            continue
        current += after - before
        for index in range(n_touched):
            dirty[touched[index]] = 1
        for index in range(n_pool):
            order = pool[index]
            if not is_dirty_order[order]:
                is_dirty_order[order] = 1
                dirty_orders[n_dirty_orders] = order
                n_dirty_orders += 1
            if route_of[order] < 0 and waits_at[order] < 0:
                waits_at[order] = n_waiting
                waiting[n_waiting] = order
                n_waiting += 1
            elif route_of[order] >= 0 and waits_at[order] >= 0:
                n_waiting -= 1
                moved = waiting[n_waiting]
                waiting[waits_at[order]] = moved
                waits_at[moved] = waits_at[order]
                waits_at[order] = -1
        if current < best:
            best = current
            for index in range(n_every):
                route = every[index]
                if dirty[route]:
                    _copy(routes, route, best_routes, route)
                    dirty[route] = 0
            for index in range(n_dirty_orders):
                order = dirty_orders[index]
                best_route_of[order] = route_of[order]
                is_dirty_order[order] = 0
            n_dirty_orders = 0
    return best
