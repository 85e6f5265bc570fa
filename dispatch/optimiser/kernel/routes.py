"""One route: when it is driven, what it costs, and how it changes."""

from __future__ import annotations

from dispatch.optimiser.kernel.compiled import Array, inlined, jit
from dispatch.optimiser.kernel.layout import (
    AMOUNT,
    BREAK_FROM,
    BREAK_SECONDS,
    BREAK_TO,
    CAP,
    CHANGE_PRICE,
    CHANGES,
    CLOSES,
    COLUMNS,
    DAY,
    DONE_IN,
    DONE_OUT,
    DUE_IN,
    DUE_OUT,
    END,
    FINISH,
    FIRST,
    FLAGS,
    GROUP,
    HAS_BREAK,
    LAST,
    LATE,
    LATE_PRICE,
    LATENESS,
    LEG,
    LENGTH,
    LOAD,
    MOVED_PRICE,
    NEVER,
    OPENS,
    OVERTIME,
    OVERTIME_PRICE,
    PERSON,
    REGULAR_END,
    SECONDS,
    START,
    START_BY,
    STARTS,
    STOP,
    TOLD_BY,
    WAS,
)


@jit
def forward(routes: Array, r: int, orders: Array, first: int) -> bool:
    """Reckon earliest departures from row `first` on; False when the route cannot be driven."""
    last, day = routes[r, 0, LAST], routes[r, 2, DAY]
    opens, until, length = routes[r, 1, BREAK_FROM], routes[r, 1, BREAK_TO], routes[r, 1, BREAK_SECONDS]
    due, done = routes[r, first - 1, DUE_OUT], routes[r, first - 1, DONE_OUT]
    for k in range(first, last):
        leg = routes[r, k - 1, LEG]
        arrives = done + leg
        if due <= until:
            arrives = min(arrives, max(due + leg, opens) + length)
        stop = routes[r, k, STOP]
        cap = orders[day, stop, CLOSES] if routes[r, k, LATE] else orders[day, stop, CAP]
        start = max(due + leg, orders[day, stop, OPENS])
        due = start + orders[day, stop, SECONDS] if start <= cap else NEVER
        start = max(arrives, orders[day, stop, OPENS])
        done = start + orders[day, stop, SECONDS] if start <= cap else NEVER
        routes[r, k, DUE_OUT] = due
        routes[r, k, DONE_OUT] = done
        if due >= NEVER and done >= NEVER:
            return False
    leg = routes[r, last - 1, LEG]
    arrives = done + leg
    if due <= until:
        arrives = min(arrives, max(due + leg, opens) + length)
    routes[r, last, FINISH] = arrives
    return bool(arrives <= routes[r, 1, END])


@jit
def backward(routes: Array, r: int, orders: Array, first: int) -> None:
    """Reckon latest arrivals from row `first` back to the first stop."""
    opens, until, length = routes[r, 1, BREAK_FROM], routes[r, 1, BREAK_TO], routes[r, 1, BREAK_SECONDS]
    done, due = routes[r, first + 1, DONE_IN], routes[r, first + 1, DUE_IN]
    day = routes[r, 2, DAY]
    for k in range(first, FIRST, -1):
        stop = routes[r, k, STOP]
        leg, seconds, earliest = routes[r, k, LEG], orders[day, stop, SECONDS], orders[day, stop, OPENS]
        cap = orders[day, stop, CLOSES] if routes[r, k, LATE] else orders[day, stop, CAP]
        leaves = due - leg
        if done >= opens + length:
            leaves = max(leaves, min(until, done - length - leg))
        due = min(cap, leaves - seconds)
        if due < earliest:
            due = -1
        done = min(cap, done - leg - seconds)
        if done < earliest:
            done = -1
        routes[r, k, DONE_IN] = done
        routes[r, k, DUE_IN] = due


@jit
def whole(routes: Array, r: int, orders: Array, travel: Array) -> bool:
    """Reckon everything of a route from its stops; False when it cannot be driven."""
    last = routes[r, 0, LAST]
    length = 0
    for k in range(FIRST, last):
        leg = int(travel[routes[r, k, STOP], routes[r, k + 1, STOP]])
        routes[r, k, LEG] = leg
        length += leg
    routes[r, 0, LENGTH] = length
    has_break = routes[r, 1, HAS_BREAK]
    routes[r, FIRST, DUE_OUT] = routes[r, 1, START] if has_break else NEVER
    routes[r, FIRST, DONE_OUT] = NEVER if has_break else routes[r, 1, START]
    routes[r, last, DONE_IN] = routes[r, 1, END]
    routes[r, last, DUE_IN] = -1
    if not forward(routes, r, orders, FIRST + 1):
        return False
    backward(routes, r, orders, last - 1)
    return True


@inlined
def overtime(routes: Array, r: int, finish: int) -> int:
    """What it costs that a shift ends at `finish`."""
    over = finish - routes[r, 1, REGULAR_END]
    return int(over * routes[r, 1, OVERTIME_PRICE] // 3600) if over > 0 else 0


@jit
def drive(routes: Array, r: int, orders: Array, place: int) -> tuple[int, int, int]:
    """Drive a route with the break behind row `place`: (deadlines missed, their price, the finish or NEVER).

    Leaves in each row when its work starts.
    """
    last, day, clock = routes[r, 0, LAST], routes[r, 2, DAY], routes[r, 1, START]
    misses, cost = 0, 0
    for k in range(FIRST, last):
        arrives = clock + routes[r, k, LEG]
        if k == place and routes[r, 1, HAS_BREAK]:
            if clock > routes[r, 1, BREAK_TO]:
                return misses, cost, NEVER
            arrives = max(arrives, routes[r, 1, BREAK_FROM]) + routes[r, 1, BREAK_SECONDS]
        if k == last - 1:
            return misses, cost, int(arrives if arrives <= routes[r, 1, END] else NEVER)
        stop = routes[r, k + 1, STOP]
        start = max(arrives, orders[day, stop, OPENS])
        if start > orders[day, stop, CLOSES]:
            return misses, cost, NEVER
        if start > orders[day, stop, START_BY]:
            misses += 1
            cost += orders[day, stop, LATE_PRICE]
        if start > orders[day, stop, TOLD_BY]:
            misses += 1
            cost += orders[day, stop, MOVED_PRICE]
        routes[r, k + 1, STARTS] = start
        clock = start + orders[day, stop, SECONDS]
    return misses, cost, NEVER


@jit
def reckon(routes: Array, r: int, orders: Array) -> bool:
    """Price late starts and overtime, with the break where it makes fewest starts miss their deadline.

    Of places for the break that are equal in that, the first with the least overtime counts.
    """
    last = routes[r, 0, LAST]
    fewest, least, price, best = NEVER, NEVER, NEVER, -1
    for place in range(FIRST, last if routes[r, 1, HAS_BREAK] else FIRST + 1):
        misses, cost, finish = drive(routes, r, orders, place)
        if finish >= NEVER:
            continue
        over = overtime(routes, r, finish)
        if misses < fewest or (misses == fewest and over < least):
            fewest, least, price, best = misses, over, cost, place
    routes[r, 0, LATENESS], routes[r, 0, OVERTIME] = price, least
    if best < 0:
        return False
    drive(routes, r, orders, best)
    return True


@jit
def settle(routes: Array, r: int, orders: Array) -> bool:
    """Take back flags of lateness that are not needed any more, and price the others exactly."""
    last = routes[r, 0, LAST]
    if routes[r, 0, FLAGS] == 0:
        routes[r, 0, LATENESS] = 0
        routes[r, 0, OVERTIME] = overtime(routes, r, routes[r, last, FINISH])
        return True
    for k in range(FIRST + 1, last):
        if routes[r, k, LATE]:
            routes[r, k, LATE] = 0
            if forward(routes, r, orders, FIRST + 1):
                routes[r, 0, FLAGS] -= 1
            else:
                routes[r, k, LATE] = 1
    if not forward(routes, r, orders, FIRST + 1):
        return False
    backward(routes, r, orders, last - 1)
    return bool(reckon(routes, r, orders))


@inlined
def cost(routes: Array, r: int) -> int:
    """What a route costs; nothing while nobody leaves home."""
    if routes[r, 0, LAST] == FIRST + 1:
        return 0
    return int(routes[r, 0, LENGTH] + routes[r, 0, LATENESS] + routes[r, 0, CHANGES] + routes[r, 0, OVERTIME])


@inlined
def extra(routes: Array, r: int, orders: Array, suits: Array, order: int) -> int:
    """What it costs that this person does an order: a price of the pair, and that of a changed promise."""
    price = max(0, suits[orders[0, order, GROUP], r])
    was = orders[0, order, WAS]
    if was >= 0 and was != routes[r, 2, PERSON]:
        price += orders[0, order, CHANGE_PRICE]
    return int(price)


@jit
def insert(
    routes: Array, r: int, orders: Array, travel: Array, order: int, after: int, late: int, change: int
) -> bool:
    """Put an order behind row `after`; False when the route cannot be driven then."""
    last = routes[r, 0, LAST]
    for k in range(last, after, -1):
        for column in range(COLUMNS):
            routes[r, k + 1, column] = routes[r, k, column]
    routes[r, after + 1, STOP] = order
    routes[r, after + 1, LATE] = late
    inward = int(travel[routes[r, after, STOP], order])
    outward = int(travel[order, routes[r, after + 2, STOP]])
    routes[r, 0, LENGTH] += inward + outward - routes[r, after, LEG]
    routes[r, after, LEG] = inward
    routes[r, after + 1, LEG] = outward
    routes[r, 0, LAST] = last + 1
    routes[r, 0, LOAD] += orders[0, order, AMOUNT]
    routes[r, 0, FLAGS] += late
    routes[r, 0, CHANGES] += change
    holds = forward(routes, r, orders, after + 1)
    backward(routes, r, orders, after + 1)
    routes[r, 0, OVERTIME] = overtime(routes, r, routes[r, last + 1, FINISH])
    return bool(holds)


@jit
def cut(routes: Array, r: int, orders: Array, suits: Array, travel: Array, gone: Array) -> bool:
    """Take every stop out that is marked in `gone`; False when what is left cannot be driven."""
    last, kept = routes[r, 0, LAST], FIRST
    for k in range(FIRST + 1, last):
        stop = routes[r, k, STOP]
        if gone[stop]:
            routes[r, 0, LOAD] -= orders[0, stop, AMOUNT]
            routes[r, 0, FLAGS] -= routes[r, k, LATE]
            routes[r, 0, CHANGES] -= extra(routes, r, orders, suits, stop)
        else:
            kept += 1
            routes[r, kept, STOP] = stop
            routes[r, kept, LATE] = routes[r, k, LATE]
    routes[r, kept + 1, STOP] = routes[r, last, STOP]
    routes[r, kept + 1, LATE] = 0
    routes[r, 0, LAST] = kept + 1
    return bool(whole(routes, r, orders, travel) and settle(routes, r, orders))


@inlined
def is_same(one: Array, at: int, other: Array, there: int) -> bool:
    """Whether two routes have the same stops, late or not alike."""
    if one[at, 0, LAST] != other[there, 0, LAST]:
        return False
    for k in range(FIRST + 1, one[at, 0, LAST]):
        if one[at, k, STOP] != other[there, k, STOP] or one[at, k, LATE] != other[there, k, LATE]:
            return False
    return True


@inlined
def copy(source: Array, at: int, target: Array, to: int) -> None:
    """Copy one route, as far as it is filled."""
    for k in range(source[at, 0, LAST] + 1):
        for column in range(COLUMNS):
            target[to, k, column] = source[at, k, column]
