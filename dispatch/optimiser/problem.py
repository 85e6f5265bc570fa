"""A day to plan, as the search sees it: who works when and where, what is to be done, what each costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.kernel import layout as k

FOREVER = k.NEVER - 1
LONGEST = FOREVER // 4
"""Times and prices beyond it (four years of seconds) are refused: they are a mistake."""
HIGHEST_OVERTIME = 100_000

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
    """One shift of somebody who can be sent: leaves `start` when it begins, is at `end` before it ends.

    Whoever works on several days, or twice on one, is several workers with the same `person`. `shift` ends
    when the driver must be home; what lies after `regular_end` costs `overtime_price` an hour.
    """

    start: Place
    end: Place
    shift: tuple[int, int]
    can: frozenset[int] = frozenset()
    levels: Mapping[int, int] = field(default_factory=dict)
    pause: Break | None = None
    regular_end: int = FOREVER
    overtime_price: int = 0
    person: int = -1
    """Who it is, told by any number; the worker's own index when negative."""
    capacity: int = FOREVER
    kind: int = -1
    """Workers of one kind (0 and above) are alike: only one of those without work is tried."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Work at one place. Not doing it costs `prize`.

    When: `window` bounds its start, and so does one of `hours` where there are any. A start after `start_by`
    costs `late_price`. Who: needs every one of `needs` and at least each of `levels`; nobody of `forbidden`;
    `prices` tells what a person costs more than others. `pinned` is the only person who may, and must, do
    it; pinned and with a window of one moment it is locked. Where: at `place`; who is done goes on from
    `leaves`, which is elsewhere when the order stands for several visits that may not be parted.

    What the customer was told: `was` is the expected person; anybody else, or nobody, costs `change_price`.
    `told` is the promised time of arrival: who is early waits, who is late pays `moved_price`.

    With others: orders of one `crew` (a number of 0 and above) start together, each with another person, all
    or none. One that waits for the order with the index `after` starts `gap` seconds or more after its end, at
    most `within` later than that, by the `same_person` if told so, and is not done without it; where it `binds`,
    neither is that order without this one.
    """

    place: Place
    seconds: int
    window: tuple[int, int]
    prize: int
    hours: tuple[tuple[int, int], ...] = ()
    start_by: int = FOREVER
    late_price: int = 0
    needs: frozenset[int] = frozenset()
    levels: Mapping[int, int] = field(default_factory=dict)
    forbidden: frozenset[int] = frozenset()
    prices: Mapping[int, int] = field(default_factory=dict)
    leaves: Place | None = None
    amount: int = 0
    pinned: int = -1
    was: int = -1
    change_price: int = 0
    told: tuple[int, int] | None = None
    moved_price: int = 0
    crew: int = -1
    after: int = -1
    gap: int = 0
    within: int = FOREVER
    same_person: bool = False
    binds: bool = False
    name: str = ""

    @property
    def is_locked(self) -> bool:
        """Whether neither the person nor the time may change."""
        return self.pinned >= 0 and self.window[0] == self.window[1]


@dataclass(frozen=True, slots=True)
class Problem:
    """Workers and orders; places are told apart by `travel`.

    `plan` is where to start from: for each worker the indices of orders in driving order. What does not fit
    any more is planned anew.
    """

    workers: Sequence[Worker]
    orders: Sequence[Order]
    travel: Travel
    plan: Sequence[Sequence[int]] = ()


def check(problem: Problem) -> None:
    """Raises BadProblem for what no plan could keep, naming the engineer or order."""
    if not problem.workers:
        raise BadProblem("There is nobody to send: give at least one engineer.")
    for number, worker in enumerate(problem.workers):
        if not 0 <= worker.shift[0] <= LONGEST or not 0 <= worker.shift[1] <= LONGEST:
            raise BadProblem(
                f"Engineer {worker.name or number} works from {worker.shift[0]} to {worker.shift[1]} s."
            )
        if not 0 <= worker.overtime_price <= HIGHEST_OVERTIME:
            raise BadProblem(
                f"An hour of overtime of engineer {worker.name or number} costs {worker.overtime_price} s; "
                f"give 0 to {HIGHEST_OVERTIME}."
            )
    persons = persons_of(problem)
    for number, order in enumerate(problem.orders):
        _check_order(order, str(order.name or number), persons)
        if order.after >= len(problem.orders):
            raise BadProblem(f"Order {order.name or number} waits for an order that is not there.")
    known = [i for route in problem.plan for i in route]
    if len(problem.plan) > len(problem.workers) or not all(0 <= i < len(problem.orders) for i in known):
        raise BadProblem("The plan to start from names engineers or orders that are not there.")


def persons_of(problem: Problem) -> list[int]:
    """Who each worker is."""
    return [n if worker.person < 0 else worker.person for n, worker in enumerate(problem.workers)]


def _check_order(order: Order, name: str, persons: list[int]) -> None:
    numbers = (
        order.seconds,
        *order.window,
        order.prize,
        order.late_price,
        order.change_price,
        order.moved_price,
        order.amount,
        *order.prices.values(),
        *(moment for hours in order.hours for moment in hours),
    )
    if max(abs(value) for value in numbers) > LONGEST:
        raise BadProblem(f"Order {name} has a time or price beyond all measure: {max(numbers, key=abs)}.")
    if order.seconds < 0:
        raise BadProblem(f"Order {name} takes {order.seconds} s; give a duration.")
    if order.window[0] > order.window[1]:
        raise BadProblem(f"Order {name} must start after {order.window[0]} and before {order.window[1]}.")
    if order.gap < 0 or order.gap > LONGEST:
        raise BadProblem(f"Order {name} waits {order.gap} s; give 0 or more.")
    if order.within < 0:
        raise BadProblem(f"Order {name} follows within {order.within} s; give 0 or more.")
    if order.pinned >= 0 and order.pinned not in persons:
        raise BadProblem(f"Order {name} is promised to an engineer who is not there.")
    if min(order.prices.values(), default=0) < 0:
        raise BadProblem(
            f"Order {name} has a price below zero for an engineer; give the others a higher one."
        )
