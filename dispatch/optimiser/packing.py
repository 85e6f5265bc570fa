"""A problem as the compiled search reads it: numbered, measured and packed into arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel import layout as k
from dispatch.optimiser.linked import Group, groups_of
from dispatch.optimiser.problem import FOREVER, LONGEST, BadProblem, Order, Problem, check, persons_of

NEIGHBOURS = 100
HELPERS = 5
Ints = NDArray[np.int32]


@dataclass(slots=True)
class Arrays:
    """The problem in the compiled search's own numbering: orders in the order of `numbering`."""

    numbering: NDArray[np.int64]
    orders: Ints
    suits: Ints
    routes: Ints
    travel: NDArray[Any]
    back: NDArray[Any]
    neighbours: Ints
    helpers: Ints
    help_distance: Ints
    queue: Ints
    centres: NDArray[np.float64]
    plan: list[Ints]
    groups: list[Group]


def arrays_of(problem: Problem) -> Arrays:
    """Number, measure and pack a problem. Raises BadProblem for what no plan could keep."""
    check(problem)
    numbering = _bisected(np.array([order.place for order in problem.orders], np.float64).reshape(-1, 2))
    orders = [problem.orders[i] for i in numbering]
    spots = np.array([order.place for order in orders], np.float64).reshape(-1, 2)
    travel, back = _matrices(problem, orders, spots)
    persons = persons_of(problem)
    groups, suits = _suits(problem, orders, persons)
    days, rows = _by_day(problem, orders, _order_rows(orders, groups))
    routes = _empty_routes(problem, len(orders))
    routes[:, 2, k.PERSON], routes[:, 2, k.DAY] = persons, days
    helpers, distance = _helpers(travel, rows, routes, suits)
    back_to = np.empty(len(orders), np.int32)
    back_to[numbering] = np.arange(len(orders))
    return Arrays(
        numbering=numbering,
        orders=rows,
        suits=suits,
        routes=routes,
        travel=travel,
        back=back,
        neighbours=nearest(travel, len(orders), NEIGHBOURS),
        helpers=helpers,
        help_distance=distance,
        queue=_queue(orders),
        centres=spots,
        plan=[back_to[np.array(stops, np.int64)] for stops in problem.plan],
        groups=groups_of(list(problem.orders), back_to),
    )


def _bisected(spots: NDArray[np.float64]) -> NDArray[np.int64]:
    """An order in which near places have near numbers: halved along the longer side, and again."""
    found: list[NDArray[np.int64]] = []
    waiting = [np.arange(len(spots))]
    while waiting:
        group = waiting.pop()
        if len(group) <= 4:
            found.append(group)
            continue
        extent = np.ptp(spots[group], axis=0)
        ranked = group[np.argsort(spots[group][:, int(np.argmax(extent))], kind="stable")]
        middle = len(ranked) // 2
        waiting += [ranked[middle:], ranked[:middle]]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _matrices(
    problem: Problem, orders: Sequence[Order], spots: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Seconds from each place to each, and the same to-from. Orders first, then starts, then ends."""
    starts = np.array([worker.start for worker in problem.workers], np.float64)
    ends = np.array([worker.end for worker in problem.workers], np.float64)
    bases = [starts] if np.array_equal(starts, ends) else [starts, ends]
    places = np.concatenate([spots, *bases])
    left = np.array([order.leaves or order.place for order in orders], np.float64).reshape(-1, 2)
    origins = np.concatenate([left, *bases])
    too_long = 1 + max(0, *(worker.shift[1] - worker.shift[0] for worker in problem.workers))
    rows = [
        _packed(problem.travel(origins[i : i + 512], places), too_long) for i in range(0, len(places), 512)
    ]
    travel = np.concatenate(rows)
    del rows
    symmetric = bool(np.array_equal(travel, travel.T)) if len(places) <= 2_000 else _looks_symmetric(travel)
    return travel, travel if symmetric else np.ascontiguousarray(travel.T)


def _packed(legs: NDArray[np.int64], too_long: int) -> NDArray[Any]:
    """Legs in as few bytes as hold them; those nobody can drive in a shift are told as `too_long`."""
    if int(legs.max(initial=0)) > LONGEST or int(legs.min(initial=0)) < 0:
        raise BadProblem("A travel time is negative or longer than years; look at the coordinates.")
    legs = np.minimum(legs, too_long)
    return legs.astype(np.uint16 if int(legs.max(initial=0)) < 65_536 else np.int32)


def _looks_symmetric(travel: NDArray[Any]) -> bool:
    step = 512
    return all(
        np.array_equal(travel[i : i + step], travel[:, i : i + step].T) for i in range(0, len(travel), step)
    )


def _suits(problem: Problem, orders: Sequence[Order], persons: list[int]) -> tuple[list[int], Ints]:
    """Groups of orders that ask for the same, and for each what every worker costs more; -1: may not."""
    numbers: dict[Any, int] = {}
    members: list[Order] = []
    groups = []
    for order in orders:
        asked = (order.needs, _frozen(order.levels), order.forbidden, _frozen(order.prices))
        if asked not in numbers:
            numbers[asked] = len(members)
            members.append(order)
        groups.append(numbers[asked])
    suits = np.zeros((len(members), len(persons)), np.int32)
    for row, order in zip(suits, members, strict=True):
        for number, (worker, person) in enumerate(zip(problem.workers, persons, strict=True)):
            can = order.needs <= worker.can and person not in order.forbidden
            can = can and all(worker.levels.get(skill, -1) >= level for skill, level in order.levels.items())
            row[number] = order.prices.get(person, 0) if can else -1
    return groups, suits


def _frozen(numbers: Any) -> frozenset[tuple[int, int]]:
    return frozenset(numbers.items()) if numbers else frozenset()


def _order_rows(orders: Sequence[Order], groups: list[int]) -> Ints:
    """One row for each order; those of one group ask for the same, and `suits` tells who has it."""
    rows = np.zeros((len(orders), k.ORDER), np.int32)
    rows[:, k.GROUP] = groups
    for row, order in zip(rows, orders, strict=True):
        row[k.OPENS], row[k.CLOSES] = max(0, order.window[0]), order.window[1]
        row[k.SECONDS], row[k.AMOUNT], row[k.PIN] = order.seconds, order.amount, order.pinned
        row[k.PRIZE] = order.prize + (order.change_price if order.was >= 0 else 0)
        if order.pinned >= 0:
            row[k.PRIZE] = LONGEST
        row[k.LATE_PRICE], row[k.START_BY] = order.late_price, min(order.start_by, FOREVER)
        row[k.WAS], row[k.CHANGE_PRICE] = order.was, order.change_price
        row[k.STAYS], row[k.TOLD_BY] = order.is_locked, FOREVER
        if order.told and not order.is_locked:
            row[k.OPENS] = max(row[k.OPENS], min(order.told[0], order.window[1]))
            row[k.TOLD_BY], row[k.MOVED_PRICE] = order.told[1], order.moved_price
        row[k.CAP] = min(row[k.CLOSES], row[k.START_BY], row[k.TOLD_BY])
    return rows


def _by_day(problem: Problem, orders: Sequence[Order], rows: Ints) -> tuple[list[int], Ints]:
    """The kind of day of each worker, and the rows as they are on each: open as long as the shift sees it."""
    choosy = [i for i, order in enumerate(orders) if order.hours]
    kinds: dict[bytes, int] = {}
    tables: list[Ints] = []
    days = []
    for worker in problem.workers:
        spans = np.array([_open(orders[i], rows[i], worker.shift) for i in choosy], np.int32)
        if spans.tobytes() not in kinds:
            kinds[spans.tobytes()] = len(tables)
            table = rows.copy()
            if choosy:
                table[choosy, k.OPENS], table[choosy, k.CLOSES] = spans[:, 0], spans[:, 1]
                table[choosy, k.CAP] = np.minimum(table[choosy, k.CAP], spans[:, 1])
            tables.append(table)
        days.append(kinds[spans.tobytes()])
    return days, np.stack(tables)


def _open(order: Order, row: Ints, shift: tuple[int, int]) -> tuple[int, int]:
    """When work may start in a shift: the longest of the order's hours that its window and the shift meet."""
    first, last = max(int(row[k.OPENS]), shift[0]), min(int(row[k.CLOSES]), shift[1])
    spans = [(max(opens, first), min(closes, last)) for opens, closes in order.hours]
    opens, closes = max(spans, key=lambda span: span[1] - span[0])
    return (opens, closes) if opens <= closes else (FOREVER, -1)


def _empty_routes(problem: Problem, n_orders: int) -> Ints:
    """Every worker's route without stops. The width holds as many stops as the shortest work lets in."""
    shortest = np.cumsum(np.sort([order.seconds for order in problem.orders])) if n_orders else np.zeros(0)
    longest = max(worker.shift[1] - worker.shift[0] for worker in problem.workers)
    most = min(n_orders, int(np.searchsorted(shortest, longest, side="right")))
    routes = np.zeros((len(problem.workers), k.FIRST + most + 6, k.COLUMNS), np.int32)
    same = all(worker.start == worker.end for worker in problem.workers)
    for number, (block, worker) in enumerate(zip(routes, problem.workers, strict=True)):
        start = n_orders + number
        end = start if same else start + len(problem.workers)
        block[k.FIRST : k.FIRST + 2, k.STOP] = start, end
        block[0, k.LAST] = k.FIRST + 1
        block[2, k.CAPACITY] = worker.capacity
        block[2, k.KIND] = worker.kind if worker.kind >= 0 else -2 - number
        head, pause = block[1], worker.pause
        head[k.START], head[k.END] = worker.shift
        head[k.REGULAR_END], head[k.OVERTIME_PRICE] = worker.regular_end, worker.overtime_price
        head[k.BREAK_FROM], head[k.BREAK_TO] = (pause.opens, pause.closes) if pause else (k.NEVER, -1)
        head[k.BREAK_SECONDS], head[k.HAS_BREAK] = (pause.seconds, 1) if pause else (0, 0)
    return routes


def nearest(travel: NDArray[Any], n_orders: int, count: int) -> Ints:
    """Each order's nearest orders, itself first; -1 where there are fewer than `count`."""
    wanted = min(count, n_orders)
    found = np.full((n_orders, count), -1, np.int32)
    for begin in range(0, n_orders, 512):
        block = travel[begin : min(begin + 512, n_orders), :n_orders].astype(np.int64)
        rows = np.arange(len(block))
        block[rows, begin + rows] = -1
        near = np.argpartition(block, wanted - 1, axis=1)[:, :wanted] if wanted < n_orders else None
        if near is None:
            near = np.tile(np.arange(n_orders), (len(block), 1))
        ranked = np.argsort(np.take_along_axis(block, near, axis=1), axis=1, kind="stable")
        found[begin : begin + 512, :wanted] = np.take_along_axis(near, ranked, axis=1)
    return found


def _helpers(travel: NDArray[Any], orders: Ints, routes: Ints, suits: Ints) -> tuple[Ints, Ints]:
    """The nearest workers who can do each order in its window, and how far the nearest has to go."""
    n_orders, n_workers = orders.shape[1], len(routes)
    persons = Counter(routes[:, 2, k.PERSON].tolist())
    wanted = min(HELPERS * max(persons.values()), n_workers)
    helpers = np.full((n_orders, wanted), -1, np.int32)
    distance = np.full(n_orders, FOREVER, np.int32)
    opens, closes = orders[:, :, k.OPENS].min(axis=0), orders[:, :, k.CLOSES].max(axis=0)
    for begin in range(0, n_orders, 512):
        part = slice(begin, min(begin + 512, n_orders))
        legs = travel[n_orders : n_orders + n_workers, part].T.astype(np.int64)
        pins = orders[0, part, k.PIN][:, None]
        fits = np.where(pins >= 0, pins == routes[:, 2, k.PERSON], suits[orders[0, part, k.GROUP]] >= 0)
        fits &= (opens[part, None] <= routes[:, 1, k.END]) & (closes[part, None] >= routes[:, 1, k.START])
        legs[~fits] = FOREVER
        ranked = np.argsort(legs, axis=1, kind="stable")[:, :wanted]
        near = np.take_along_axis(legs, ranked, axis=1)
        helpers[part] = np.where(near < FOREVER, ranked, -1)
        distance[part] = near[:, 0]
    return helpers, distance


def _queue(orders: Sequence[Order]) -> Ints:
    """The order in which a first plan is made: promises as they come, then what is dear, then what is due."""
    promised = [i for i, order in enumerate(orders) if order.pinned >= 0]
    promised.sort(key=lambda i: (not orders[i].is_locked, orders[i].window))
    others = [i for i, order in enumerate(orders) if order.pinned < 0]
    others.sort(key=lambda i: (-orders[i].prize, orders[i].start_by))
    return np.array(promised + others, np.int32)
