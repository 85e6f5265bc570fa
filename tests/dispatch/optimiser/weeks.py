"""Made-up weeks with every rule a problem can hold, and a checker that shares nothing with the optimiser."""

from __future__ import annotations

import math
import random

from dispatch.optimiser.days import plane
from dispatch.optimiser.problem import Break, Order, Problem, Worker
from dispatch.optimiser.search import Solution

HOUR, DAY = 3600, 86_400
SPEED = 10.0
Start = dict[int, int]


def random_week(seed: int, *, persons: int = 5, days: int = 3, orders: int = 60) -> Problem:
    """Shifts of several people over several days, some with overtime or a pause, and all kinds of orders."""
    rng = random.Random(seed)
    homes = [(rng.randint(0, 30_000), rng.randint(0, 30_000)) for _person in range(persons)]
    levels = [{skill: rng.randint(1, 3) for skill in rng.sample(range(4), 3)} for _person in range(persons)]
    workers = []
    for day in range(days):
        for person in range(persons):
            begin = day * DAY + rng.choice([7, 8, 9]) * HOUR
            noon = Break(day * DAY + 11 * HOUR, day * DAY + 13 * HOUR, HOUR // 2)
            workers.append(
                Worker(
                    start=homes[person],
                    end=homes[(person + day) % persons],
                    shift=(begin, begin + 10 * HOUR),
                    levels=levels[person],
                    can=frozenset({person % 2}),
                    pause=noon if rng.random() < 0.8 else None,
                    regular_end=begin + 8 * HOUR,
                    overtime_price=rng.choice([0, 1800, 5400]),
                    person=100 + person,
                    name=f"{person} on {day}",
                )
            )
    return Problem(workers, [_order(rng, n, persons, days) for n in range(orders)], plane(SPEED))


def _order(rng: random.Random, number: int, persons: int, days: int) -> Order:
    first = rng.randrange(days)
    last = rng.randrange(first, days)
    opens, closes = rng.choice([(8, 17), (9, 12), (13, 18)])
    hours = tuple((day * DAY + opens * HOUR, day * DAY + closes * HOUR) for day in range(days))
    told = None
    if rng.random() < 0.3:
        at = first * DAY + rng.randint(opens, closes - 1) * HOUR
        told = (at, at + HOUR)
    who = [100 + person for person in range(persons)]
    prize = rng.choice([3600, 7200, 14_400])
    return Order(
        place=(rng.randint(0, 30_000), rng.randint(0, 30_000)),
        seconds=rng.randint(15, 150) * 60,
        window=(first * DAY, last * DAY + 20 * HOUR),
        prize=prize,
        hours=hours if rng.random() < 0.6 else (),
        start_by=first * DAY + rng.randint(9, 40) * HOUR if rng.random() < 0.4 else 2**28,
        late_price=prize // 2,
        needs=frozenset({rng.randrange(2)}) if rng.random() < 0.3 else frozenset(),
        levels={rng.randrange(4): rng.randint(1, 3)} if rng.random() < 0.5 else {},
        forbidden=frozenset(rng.sample(who, 2)) if rng.random() < 0.2 else frozenset(),
        prices={rng.choice(who): 900} if rng.random() < 0.3 else {},
        leaves=(rng.randint(0, 30_000), rng.randint(0, 30_000)) if rng.random() < 0.1 else None,
        was=rng.choice(who) if rng.random() < 0.3 else -1,
        change_price=1200,
        told=told,
        moved_price=900,
        name=f"order {number}",
    )


def check_week(problem: Problem, solution: Solution) -> tuple[list[str], int]:
    """(what is wrong with a plan, its cost in seconds)."""
    wrong: list[str] = []
    served: set[int] = set()
    cost = 0
    for number, stops in enumerate(solution.routes):
        worker = problem.workers[number]
        person = number if worker.person < 0 else worker.person
        wrong += [f"{i} twice" for i in stops if i in served]
        served |= set(stops)
        for i in stops:
            order = problem.orders[i]
            wrong += [f"{person} may not do {i}"] * (not _may(order, worker, person))
            cost += order.prices.get(person, 0)
            cost += order.change_price if order.was not in (-1, person) else 0
        if stops:
            driven = _cheapest(problem, worker, stops)
            if driven is None:
                wrong.append(f"{worker.name} cannot drive {stops}")
            else:
                cost += driven
    for i, order in enumerate(problem.orders):
        if i not in served:
            wrong += [f"promise {i} dropped"] * (order.pinned >= 0)
            cost += order.prize + (order.change_price if order.was >= 0 else 0)
    if set(solution.unserved) != set(range(len(problem.orders))) - served:
        wrong.append("what is left does not fit what is planned")
    return wrong, cost


def _may(order: Order, worker: Worker, person: int) -> bool:
    if order.pinned >= 0:
        return order.pinned == person
    able = all(worker.levels.get(skill, 0) >= level for skill, level in order.levels.items())
    return able and order.needs <= worker.can and person not in order.forbidden


def _cheapest(problem: Problem, worker: Worker, stops: list[int]) -> int | None:
    """Of all legs the pause can be taken on: fewest deadlines missed, then least overtime."""
    found = [
        drive
        for leg in (range(len(stops) + 1) if worker.pause else [-1])
        if (drive := _drive(problem, worker, stops, leg))
    ]
    return sum(min(found, key=lambda drive: drive[:2])[1:]) if found else None


def _drive(problem: Problem, worker: Worker, stops: list[int], pause_leg: int) -> tuple[int, int, int] | None:
    """(deadlines missed, overtime, all else)."""
    now, at, cost, missed = worker.shift[0], worker.start, 0, 0
    for leg in range(len(stops) + 1):
        order = problem.orders[stops[leg]] if leg < len(stops) else None
        to = order.place if order else worker.end
        seconds = round(math.dist(at, to) / SPEED)
        cost += seconds
        if leg == pause_leg and worker.pause:
            if now > worker.pause.closes:
                return None
            now = max(now + seconds, worker.pause.opens) + worker.pause.seconds
        else:
            now += seconds
        if order is None:
            over = max(0, now - worker.regular_end) * worker.overtime_price // 3600
            return (missed, over, cost) if now <= worker.shift[1] else None
        locked = order.pinned >= 0 and order.window[0] == order.window[1]
        told = order.told if not locked else None
        spans = order.hours or (order.window,)
        starts = [
            start
            for opens, closes in spans
            if (start := max(now, opens, order.window[0], min(told[0], order.window[1]) if told else 0))
            <= min(closes, order.window[1])
        ]
        if not starts:
            return None
        now = min(starts)
        if now > order.start_by:
            missed, cost = missed + 1, cost + order.late_price
        if told and now > told[1]:
            missed, cost = missed + 1, cost + order.moved_price
        now, at = now + order.seconds, order.leaves or order.place
    return None
