"""Two weeks of sixty engineers planned in one run, through the product's own planning; no database.

Of 5,600 orders, seven of ten may be done on any of the days. The evaluator has agreed with whatever is planned.
"""

from __future__ import annotations

import resource
import time
from random import Random
from typing import Any

from dispatch.evaluator import FOREVER, Person, Work
from dispatch.travel import Point
from planning.days import Prices, Task
from planning.plans import Effort, plan

HOUR, DAY = 3600, 24 * 3600
MIDNIGHT = 20_000 * DAY
ENGINEERS, DAYS, ORDERS, SKILLS = 60, 14, 5_600, 12
STEPS = 1_000
"""Of each round, day and thread."""
MOST_MB = 500


def horizon(days: int = DAYS, engineers: int = ENGINEERS, orders: int = ORDERS) -> dict[str, Any]:
    """What the plan of so many days takes, in processor seconds and megabytes."""
    dice = Random(1)
    people = [_person(number, days, dice) for number in range(1, engineers + 1)]
    tasks = [Task(_work(number, days, dice), dice.choice((1, 2, 3, 3, 4))) for number in range(1, orders + 1)]
    stretches = [(MIDNIGHT + day * DAY, MIDNIGHT + (day + 1) * DAY) for day in range(days)]
    began = time.process_time()
    found = plan(people, tasks, stretches, prices=Prices(), effort=Effort(steps=STEPS))
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    placed = {one.task.work.id for one in found.placed}
    return {
        "name": f"{days} days of {engineers} engineers and {orders:,} orders in one run: peak memory in MB",
        "peak_mb": peak,
        "limit": MOST_MB,
        "within": peak <= MOST_MB and len(placed) + len(found.unplaced) == orders,
        "placed": len(placed),
        "explained": sum(bool(reasons) for _task, reasons in found.unplaced),
        "steps": found.steps,
        "cpu_seconds": round(spent, 1),
    }


def _person(number: int, days: int, dice: Random) -> Person:
    shifts = [(MIDNIGHT + n * DAY + 8 * HOUR, MIDNIGHT + n * DAY + 17 * HOUR) for n in range(days)]
    return Person(
        id=number,
        name=str(number),
        home=_place(dice),
        skills=dict.fromkeys(dice.sample(range(1, SKILLS + 1), 6), (1, FOREVER)),
        shifts=[shift for n, shift in enumerate(shifts) if n % 7 < 5],
        breaks=[(a + 4 * HOUR, a + 6 * HOUR, 1800) for a, _b in shifts],
    )


def _work(number: int, days: int, dice: Random) -> Work:
    first = dice.randrange(days) if dice.random() < 0.3 else None
    window = (0, days) if first is None else (first, min(days, first + 2))
    return Work(
        id=number,
        seconds=dice.randrange(20, 100, 5) * 60,
        place=_place(dice),
        skills=dict.fromkeys(dice.sample(range(1, SKILLS + 1), dice.choice((0, 1, 1, 2))), 1),
        window=(MIDNIGHT + window[0] * DAY, MIDNIGHT + window[1] * DAY),
    )


def _place(dice: Random) -> Point:
    """Anywhere within some thirty kilometres."""
    return 35.6 + dice.random() / 3.5, 139.6 + dice.random() / 3.5
