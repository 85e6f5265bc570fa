"""A day to plan, as the search sees it: who works when and where, what is to be done, what each costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel import layout as k

NEIGHBOURS = 100
HELPERS = 5
FOREVER = k.NEVER - 1
LONGEST = FOREVER // 4
"""Times and prices beyond it (four years of seconds) are refused: they are a mistake."""

Ints = NDArray[np.int32]
Place = tuple[float, float]
Travel = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.int64]]
"""Whole seconds from each place of the first list to each of the second; a place is two numbers."""


class BadProblem(ValueError):
    """The day cannot be planned as it was given; the message names the order or engineer and the way out."""


@dataclass(frozen=True, slots=True)
class Break:
    """A pause of `seconds` that begins between `opens` and `closes`, before, during or after any leg."""

    opens: int
    closes: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who can be sent. Leaves `start` when the shift begins and is at `end` before it ends."""

    start: Place
    end: Place
    shift: tuple[int, int]
    can: frozenset[int] = frozenset()
    pause: Break | None = None
    capacity: int = FOREVER
    kind: int = -1
    """Workers of one kind (0 and above) are alike: only one of those without work is tried."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Work at one place. `window` bounds its start; a start after `start_by` costs `late_price`.

    Not doing it costs `prize`. `pinned` is the index of the only worker who may, and must, do it. `was` is
    whom the customer expects; anybody else, or nobody, costs `change_price` more.
    """

    place: Place
    seconds: int
    window: tuple[int, int]
    prize: int
    start_by: int = FOREVER
    late_price: int = 0
    needs: frozenset[int] = frozenset()
    amount: int = 0
    pinned: int = -1
    was: int = -1
    change_price: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Workers and orders; places are told apart by `travel`."""

    workers: Sequence[Worker]
    orders: Sequence[Order]
    travel: Travel


@dataclass(slots=True)
class Arrays:
    """The problem in the compiled search's own numbering: orders in the order of `numbering`."""

    numbering: NDArray[np.int64]
    orders: Ints
    able: NDArray[np.bool_]
    routes: Ints
    travel: NDArray[Any]
    back: NDArray[Any]
    neighbours: Ints
    helpers: Ints
    help_distance: Ints
    queue: Ints
    centres: NDArray[np.float64]


def arrays_of(problem: Problem) -> Arrays:
    """Number, measure and pack a problem. Raises BadProblem for what no plan could keep."""
    _check(problem)
    spots = np.array([order.place for order in problem.orders], np.float64).reshape(-1, 2)
    numbering = _bisected(spots)
    orders = [problem.orders[i] for i in numbering]
    spots = spots[numbering]
    starts = np.array([worker.start for worker in problem.workers], np.float64)
    ends = np.array([worker.end for worker in problem.workers], np.float64)
    travel, back = _matrices(problem, spots, starts, ends)
    groups: dict[frozenset[int], int] = {}
    rows = _order_rows(orders, [groups.setdefault(order.needs, len(groups)) for order in orders])
    able = np.array([[needs <= worker.can for worker in problem.workers] for needs in groups], np.bool_)
    able = able.reshape(-1, len(problem.workers))
    helpers, distance = _helpers(travel, rows[:, k.GROUP], able)
    return Arrays(
        numbering=numbering,
        orders=rows,
        able=able,
        routes=_empty_routes(problem, len(orders)),
        travel=travel,
        back=back,
        neighbours=_neighbours(travel, len(orders)),
        helpers=helpers,
        help_distance=distance,
        queue=_queue(orders),
        centres=spots,
    )


def _check(problem: Problem) -> None:
    if not problem.workers:
        raise BadProblem("There is nobody to send: give at least one engineer.")
    for number, worker in enumerate(problem.workers):
        if not 0 <= worker.shift[0] <= LONGEST or not 0 <= worker.shift[1] <= LONGEST:
            raise BadProblem(
                f"Engineer {worker.name or number} works from {worker.shift[0]} to {worker.shift[1]} s."
            )
    for number, order in enumerate(problem.orders):
        name = order.name or number
        numbers = (
            order.seconds,
            *order.window,
            order.prize,
            order.late_price,
            order.change_price,
            order.amount,
        )
        if max(abs(value) for value in numbers) > LONGEST:
            raise BadProblem(f"Order {name} has a time or price beyond all measure: {max(numbers, key=abs)}.")
        if order.seconds < 0:
            raise BadProblem(f"Order {name} takes {order.seconds} s; give a duration.")
        if order.window[0] > order.window[1]:
            raise BadProblem(f"Order {name} must start after {order.window[0]} and before {order.window[1]}.")
        if order.pinned >= len(problem.workers):
            raise BadProblem(f"Order {name} is promised to an engineer who is not there.")


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
    problem: Problem, spots: NDArray[np.float64], starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Seconds from each place to each, and the same to-from. Orders first, then starts, then ends."""
    same = bool(np.array_equal(starts, ends))
    places = np.concatenate([spots, starts] if same else [spots, starts, ends])
    too_long = 1 + max(0, *(worker.shift[1] - worker.shift[0] for worker in problem.workers))
    rows = [
        _packed(problem.travel(places[i : i + 512], places), too_long) for i in range(0, len(places), 512)
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


def _order_rows(orders: Sequence[Order], groups: list[int]) -> Ints:
    """One row for each order; those of one group need the same, and `able` tells who has it."""
    rows = np.zeros((len(orders), k.ORDER), np.int32)
    rows[:, k.GROUP] = groups
    for row, order in zip(rows, orders, strict=True):
        row[k.OPENS], row[k.CLOSES] = max(0, order.window[0]), order.window[1]
        row[k.CAP] = min(order.window[1], order.start_by)
        row[k.SECONDS], row[k.AMOUNT], row[k.PIN] = order.seconds, order.amount, order.pinned
        row[k.PRIZE] = order.prize + (order.change_price if order.was >= 0 else 0)
        row[k.LATE_PRICE], row[k.START_BY] = order.late_price, min(order.start_by, FOREVER)
        row[k.WAS], row[k.CHANGE_PRICE] = order.was, order.change_price
    return rows


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
        block[0, k.CAPACITY], block[0, k.KIND] = (
            worker.capacity,
            worker.kind if worker.kind >= 0 else -2 - number,
        )
        head, pause = block[1], worker.pause
        head[k.START], head[k.END] = worker.shift
        head[k.BREAK_FROM], head[k.BREAK_TO] = (pause.opens, pause.closes) if pause else (k.NEVER, -1)
        head[k.BREAK_SECONDS], head[k.HAS_BREAK] = (pause.seconds, 1) if pause else (0, 0)
    return routes


def _neighbours(travel: NDArray[Any], n_orders: int) -> Ints:
    """Each order's nearest orders, itself first; -1 where there are fewer."""
    wanted = min(NEIGHBOURS, n_orders)
    found = np.full((n_orders, NEIGHBOURS), -1, np.int32)
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


def _helpers(travel: NDArray[Any], groups: Ints, able: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The nearest workers who can do each order, and how far the nearest has to go."""
    n_orders, n_workers = len(groups), able.shape[1]
    wanted = min(HELPERS, n_workers)
    helpers = np.full((n_orders, HELPERS), -1, np.int32)
    distance = np.full(n_orders, FOREVER, np.int32)
    for begin in range(0, n_orders, 512):
        legs = travel[n_orders : n_orders + n_workers, begin : min(begin + 512, n_orders)].T.astype(np.int64)
        legs[~able[groups[begin : begin + 512]]] = FOREVER
        ranked = np.argsort(legs, axis=1, kind="stable")[:, :wanted]
        near = np.take_along_axis(legs, ranked, axis=1)
        helpers[begin : begin + 512, :wanted] = np.where(near < FOREVER, ranked, -1)
        distance[begin : begin + 512] = near[:, 0]
    return helpers, distance


def _queue(orders: Sequence[Order]) -> Ints:
    """The order in which a first plan is made: promises as they come, then what is dear, then what is due."""
    promised = [i for i, order in enumerate(orders) if order.pinned >= 0]
    promised.sort(key=lambda i: orders[i].window)
    others = [i for i, order in enumerate(orders) if order.pinned < 0]
    others.sort(key=lambda i: (-orders[i].prize, orders[i].start_by))
    return np.array(promised + others, np.int32)
