"""Routing instances in Solomon's format, planned by the same search.

Distances are truncated to one decimal, as the published best-known solutions count them; everything is kept
in tenths, so that it is whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.problem import BadProblem, Order, Problem, Worker
from dispatch.optimiser.search import Tuning

TENTHS = 10
UNSERVED = 1_000_000
MOST_VEHICLES_TO_TRY_ALL = 60
LARGEST = 10_000_000
"""Places, times and amounts beyond it are a mistake: in tenths they would leave the search's numbers."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A row of the file; the first one is the depot."""

    number: int
    x: float
    y: float
    demand: int
    ready: float
    due: float
    service: float


@dataclass(frozen=True, slots=True)
class Instance:
    """A fleet of equal vehicles, a depot and customers."""

    name: str
    vehicles: int
    capacity: int
    depot: Customer
    customers: list[Customer]

    def distance(self, one: Customer, other: Customer) -> int:
        """In tenths, truncated."""
        return int(math.hypot(one.x - other.x, one.y - other.y) * TENTHS)


def read_instance(text: str) -> Instance:
    """Read Solomon's or Gehring and Homberger's format. Raises BadProblem that names the line."""
    rows = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not rows:
        raise BadProblem("The file is empty.")
    numbers = [(number, fields) for number, fields in rows[1:] if _is_number(fields[0])]
    if not numbers or len(numbers[0][1]) < 2:
        raise BadProblem("The file names no vehicles: a line with their number and capacity is missing.")
    (at, fleet), rows_after = numbers[0], numbers[1:]
    vehicles, capacity = _whole(at, "number of vehicles", fleet[0]), _whole(at, "capacity", fleet[1])
    customers = [_customer(number, fields) for number, fields in rows_after]
    if len(customers) < 2:
        raise BadProblem("The file has no customers after the depot.")
    known: dict[int, int] = {}
    for (line, _fields), customer in zip(rows_after, customers, strict=True):
        if customer.number in known:
            raise BadProblem(
                f"Line {line} is customer {customer.number} again, as line {known[customer.number]}."
            )
        known[customer.number] = line
    return Instance(rows[0][1][0], vehicles, capacity, customers[0], customers[1:])


def problem_of(instance: Instance) -> Problem:
    """The instance with one worker for each vehicle that could have a customer of its own, in tenths."""
    depot = instance.depot.x, instance.depot.y
    shift = int(instance.depot.ready * TENTHS), int(instance.depot.due * TENTHS)
    fleet = [Worker(depot, depot, shift, capacity=instance.capacity, kind=0)]
    orders = [
        Order(
            place=(row.x, row.y),
            seconds=int(row.service * TENTHS),
            window=(int(row.ready * TENTHS), int(row.due * TENTHS)),
            prize=UNSERVED,
            amount=row.demand,
        )
        for row in instance.customers
    ]
    return Problem(fleet * min(instance.vehicles, len(orders)), orders, _travel)


def tuning_for(instance: Instance) -> Tuning:
    """Cooler and with longer strings than a day of field work: one stop more or less matters little here."""
    return Tuning(
        hot=300.0,
        cold=3.0,
        longest=10.0,
        blink=0.01,
        split=0.99,
        eager=1.0,
        everywhere=instance.vehicles <= MOST_VEHICLES_TO_TRY_ALL,
        keys=(0.35, 0.0, 0.0, 0.0, 0.16, 0.08, 0.10, 0.05, 0.05, 0.21),
    )


def judge(instance: Instance, routes: list[list[int]]) -> tuple[float, bool]:
    """Distance and feasibility of routes of customer indices, reckoned from the file and nothing else."""
    total, seen, feasible = 0, set(), True
    for route in routes:
        load, clock, place = 0, int(instance.depot.ready * TENTHS), instance.depot
        for index in route:
            stop = instance.customers[index]
            feasible &= index not in seen
            seen.add(index)
            load += stop.demand
            leg = instance.distance(place, stop)
            total += leg
            clock = max(clock + leg, int(stop.ready * TENTHS))
            feasible &= clock <= int(stop.due * TENTHS)
            clock += int(stop.service * TENTHS)
            place = stop
        leg = instance.distance(place, instance.depot)
        total += leg
        feasible &= load <= instance.capacity and clock + leg <= int(instance.depot.due * TENTHS)
    used = sum(bool(route) for route in routes)
    return total / TENTHS, feasible and len(seen) == len(instance.customers) and used <= instance.vehicles


def _travel(from_places: NDArray[np.float64], to_places: NDArray[np.float64]) -> NDArray[np.int64]:
    apart = from_places[:, None, :] - to_places[None, :, :]
    tenths: NDArray[np.int64] = np.floor(np.hypot(apart[..., 0], apart[..., 1]) * TENTHS).astype(np.int64)
    return tenths


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _customer(line: int, fields: list[str]) -> Customer:
    try:
        _number, x, y, _demand, ready, due, service = (float(field) for field in fields[:7])
    except ValueError as problem:
        raise BadProblem(
            f"Line {line} is no customer: number, x, y, demand, ready, due and service."
        ) from problem
    if not all(abs(value) <= LARGEST for value in (x, y, ready, due, service)):
        raise BadProblem(f"Line {line} holds a number beyond {LARGEST:,}: give places and times below it.")
    number, demand = _whole(line, "customer's number", fields[0]), _whole(line, "demand", fields[3])
    return Customer(number, x, y, demand, ready, due, service)


def _whole(line: int, what: str, text: str) -> int:
    """A whole number from 0 on, also when it is written 25.0."""
    value = float(text) if _is_number(text) else math.nan
    if not (0 <= value <= LARGEST and value == int(value)):
        raise BadProblem(f"Line {line}: the {what} is {text}; give a whole number from 0 to {LARGEST:,}.")
    return int(value)
