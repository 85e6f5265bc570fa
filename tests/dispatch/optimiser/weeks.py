"""Made-up weeks with every rule a problem can hold, and a checker that shares nothing with the optimiser."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from dispatch.optimiser.days import plane
from dispatch.optimiser.problem import Break, Order, Problem, Worker
from dispatch.optimiser.search import Solution

HOUR, DAY = 3600, 86_400
SPEED = 10.0
Starts = dict[int, int]


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


def with_links(problem: Problem, seed: int) -> Problem:
    """The same week with crews of two and three, and work that waits for other work or for a crew."""
    rng = random.Random(seed)
    orders = list(problem.orders)
    for crew in range(4):
        members = [crew * 3 + n for n in range(rng.choice([2, 2, 3]))]
        for i in members:
            window = orders[members[0]].window
            orders[i] = replace(
                orders[i], crew=crew, window=window, levels={}, hours=(), forbidden=frozenset()
            )
    for number in range(12, 20):
        after = rng.randrange(number)
        orders[number] = replace(orders[number], after=after, gap=rng.choice([0, 1800, DAY // 2]))
    return replace(problem, orders=orders)


def with_close_links(problem: Problem, seed: int) -> Problem:
    """The same week with work that goes right after other work, or by the same person, also after crews and in
    chains of three."""
    rng = random.Random(seed)
    orders = list(problem.orders)
    for number in range(20, 38):
        if number % 3:
            after = number - 1 if number % 3 == 1 else rng.choice([number - 1, number - 2, rng.randrange(12)])
            right_after = rng.random() < 0.5
            orders[number] = replace(
                orders[number],
                after=after,
                gap=rng.choice([0, 600]),
                within=1800 if right_after else 2**28,
                binds=right_after,
                same_person=not right_after or rng.random() < 0.3,
                window=problem.orders[after].window,
                hours=problem.orders[after].hours,
            )
    return replace(problem, orders=orders)


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
    pairs = zip(solution.routes, solution.starts, strict=True)
    told = {i: start for stops, starts in pairs for i, start in zip(stops, starts, strict=True)}
    held = {i: start for i, start in told.items() if _is_linked(problem, i)}
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
            driven = _cheapest(problem, worker, stops, held)
            if driven is None:
                wrong.append(f"{worker.name} cannot drive {stops}")
            else:
                cost += sum(driven[1:3])
                wrong += [f"{i} starts at {told[i]}, not {t}" for i, t in driven[3].items() if told[i] != t]
    for i, order in enumerate(problem.orders):
        if i not in served:
            wrong += [f"promise {i} dropped"] * (order.pinned >= 0)
            cost += order.prize + (order.change_price if order.was >= 0 else 0)
    if set(solution.unserved) != set(range(len(problem.orders))) - served:
        wrong.append("what is left does not fit what is planned")
    return wrong + _broken_links(problem, solution, told), cost


def _is_linked(problem: Problem, number: int) -> bool:
    order = problem.orders[number]
    return order.crew >= 0 or order.after >= 0 or any(other.after == number for other in problem.orders)


def _broken_links(problem: Problem, solution: Solution, told: Starts) -> list[str]:
    wrong = []
    person_of = {
        i: problem.workers[number].person for number, stops in enumerate(solution.routes) for i in stops
    }
    for i, order in enumerate(problem.orders):
        mates = [j for j, other in enumerate(problem.orders) if order.crew >= 0 and other.crew == order.crew]
        if len({told.get(j) for j in mates}) > 1:
            wrong.append(f"crew {order.crew} does not start together")
        if i in told and len({person_of[j] for j in mates}) < len(mates):
            wrong.append(f"crew {order.crew} is short of people")
        if order.after >= 0 and i in told:
            first = told.get(order.after)
            ready = 0 if first is None else first + problem.orders[order.after].seconds + order.gap
            if first is None or not ready <= told[i] <= ready + order.within:
                wrong.append(f"{i} does not wait for {order.after}")
            elif order.same_person and person_of[i] != person_of[order.after]:
                wrong.append(f"{i} and {order.after} are done by two")
        if order.binds and order.after in told and i not in told:
            wrong.append(f"{order.after} is done without {i}")
    return wrong


def _may(order: Order, worker: Worker, person: int) -> bool:
    if order.pinned >= 0:
        return order.pinned == person
    able = all(worker.levels.get(skill, 0) >= level for skill, level in order.levels.items())
    return able and order.needs <= worker.can and person not in order.forbidden


Drive = tuple[int, int, int, Starts]


def _cheapest(problem: Problem, worker: Worker, stops: list[int], held: Starts) -> Drive | None:
    """Of all legs the pause can be taken on: fewest deadlines missed, then least overtime."""
    found = [
        drive
        for leg in (range(len(stops) + 1) if worker.pause else [-1])
        if (drive := _drive(problem, worker, stops, leg, held))
    ]
    return min(found, key=lambda drive: drive[:2]) if found else None


def _drive(problem: Problem, worker: Worker, stops: list[int], pause_leg: int, held: Starts) -> Drive | None:
    """(deadlines missed, overtime, all else, when each begins); linked orders begin when they are `held`."""
    now, at, cost, missed = worker.shift[0], worker.start, 0, 0
    begins: Starts = {}
    for leg in range(len(stops) + 1):
        order = problem.orders[stops[leg]] if leg < len(stops) else None
        seconds = round(math.dist(at, order.place if order else worker.end) / SPEED)
        cost += seconds
        if leg == pause_leg and worker.pause:
            if now > worker.pause.closes:
                return None
            now = max(now + seconds, worker.pause.opens) + worker.pause.seconds
        else:
            now += seconds
        if order is None:
            over = max(0, now - worker.regular_end) * worker.overtime_price // 3600
            return (missed, over, cost, begins) if now <= worker.shift[1] else None
        start = _begin(order, now, held.get(stops[leg]))
        if start is None:
            return None
        if start > order.start_by:
            missed, cost = missed + 1, cost + order.late_price
        if order.told and start > order.told[1] and not _is_locked(order):
            missed, cost = missed + 1, cost + order.moved_price
        begins[stops[leg]] = start
        now, at = start + order.seconds, order.leaves or order.place
    return None


def _is_locked(order: Order) -> bool:
    return order.pinned >= 0 and order.window[0] == order.window[1]


def _begin(order: Order, now: int, held: int | None) -> int | None:
    """The first moment from `now` on at which an order may begin."""
    first = max(now, order.window[0])
    if order.told and not _is_locked(order):
        first = max(first, min(order.told[0], order.window[1]))
    if held is not None:
        first = max(first, held)
    starts = [
        max(first, opens) for opens, closes in order.hours or (order.window,) if max(first, opens) <= closes
    ]
    start = min(starts, default=None)
    return start if start is not None and start <= order.window[1] and held in (None, start) else None
