"""D6: a day of 25 engineers is planned anew at eleven, because two are ill and five urgent calls came in.

Through the product's own planning (`planning.plans`), with the evaluator as the judge; no database. The day is
the shared generator's, shrunk so that trips by the product's travel times take about as long as there.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from dispatch import evaluator
from dispatch.evaluator import FOREVER, Person, Span, Stop, Work
from dispatch.optimiser.days import UNSERVED_SECONDS
from dispatch.policy import OVERTIME, PRODUCT
from dispatch.rules import window_told
from dispatch.travel import ESTIMATE, Point
from planning.days import Placed, Prices, Task
from planning.plans import Effort, plan
from planning.sheet import Plan

HOUR = 3600
DAY = 20_000 * 24 * HOUR
"""Midnight of the day, in seconds since 1970."""
ELEVEN = DAY + 11 * HOUR
FREEZE = PRODUCT.limit("freeze_minutes") * 60
SHRINK, METRES_A_DEGREE = 0.35, 111_195
LONGEST_PROMISE = 5 * HOUR
"""A window that long or shorter was agreed with the customer; a longer one is when the site is open."""
ILL, URGENT, URGENT_WITHIN = 2, 5, 3 * HOUR
MOST_DISTURBED, MOST_COST = 5.0, 1.10
ALLOWED = {"within_shifts": 0, "with_an_hour_of_overtime": HOUR}


@dataclass(frozen=True, slots=True)
class Morning:
    """What was planned before, and what is left to plan at eleven: `people` with what must not move."""

    people: list[Person]
    tasks: list[Task]
    told: int
    """How many customers wait for somebody."""

    def begin(self) -> list[Person]:
        """The people as a run finds them; it changes its own."""
        return [replace(person, stops=list(person.stops)) for person in self.people]


def morning(day: dict[str, Any], effort: Effort, seed: int) -> Morning:
    """Plan a day, then let two engineers fall ill and five urgent calls come in."""
    people = [_person(row) for row in day["engineers"]]
    promised = [row for row in day["orders"] if row["locked"]]
    for row in promised:
        start = DAY + row["locked"]["start"]
        work = _work(row)
        people[row["locked"]["engineer"]].stops = [_stop(work.id, start, start + work.seconds, work.place)]
    tasks = [Task(_work(row), row["priority"]) for row in day["orders"] if not row["locked"]]
    found = plan(people, tasks, [(DAY, DAY + 24 * HOUR)], prices=_prices(0), effort=effort)
    dice = Random(seed)
    away = {person.id for person in dice.sample(people, ILL)}
    left = {task.work.id: task for task in (*(one.task for one in found.placed), *_tasks(promised))}
    locked = {row["id"] + 1 for row in promised}
    agreed = {row["id"] + 1: span for row in day["orders"] if (span := _agreed(row))}
    known: list[Task] = []
    told = 0
    for person in people:
        ill = person.id in away
        coming = [stop for stop in person.stops if stop.start >= ELEVEN]
        told += len(coming)
        free = [s for s in coming if ill or not (s.start < ELEVEN + FREEZE or s.visit_id in locked)]
        known += [
            _known(left[abs(stop.visit_id)], person.id, stop, agreed.get(abs(stop.visit_id))) for stop in free
        ]
        person.stops = [stop for stop in person.stops if stop not in free]
        person.absences = [(ELEVEN, FOREVER)] if ill else []
    waiting = [task for task, _reasons in found.unplaced]
    return Morning(people, [*known, *waiting, *_urgent(day, dice)], told)


def _urgent(day: dict[str, Any], dice: Random) -> list[Task]:
    """Five orders of the day once more, elsewhere by a little, as urgent calls of this moment."""
    chosen = dice.sample([row for row in day["orders"] if not row["locked"]], URGENT)
    found = []
    for number, row in enumerate(chosen):
        near = row | {axis: row[axis] + dice.randint(-2_000, 2_000) for axis in "xy"}
        work = replace(_work(near), id=100_000 + number, window=(ELEVEN, DAY + 24 * HOUR))
        found.append(Task(replace(work, promised=(ELEVEN, ELEVEN + URGENT_WITHIN), priority=1), 1))
    return found


def _person(row: dict[str, Any]) -> Person:
    return Person(
        id=row["id"] + 1,
        name=str(row["id"]),
        home=_place(row),
        skills={can + 1: (1, FOREVER) for can in row["can"]},
        shifts=[(DAY + row["shift"][0], DAY + row["shift"][1])],
        breaks=[(DAY + 11 * HOUR + 1800, DAY + 14 * HOUR, 1800)],
    )


def _work(row: dict[str, Any]) -> Work:
    opens, closes = row["window"]
    late = FOREVER if row["start_by"] is None else DAY + row["start_by"]
    return Work(
        id=row["id"] + 1,
        seconds=row["seconds"],
        place=_place(row),
        skills={need + 1: 1 for need in row["needs"]},
        promised=(DAY + opens, late),
        window=(DAY + opens, DAY + closes + row["seconds"]),
        priority=row["priority"],
    )


def _tasks(rows: Iterable[dict[str, Any]]) -> list[Task]:
    return [Task(_work(row), row["priority"]) for row in rows]


def _place(row: dict[str, Any]) -> Point:
    return row["x"] * SHRINK / METRES_A_DEGREE, row["y"] * SHRINK / METRES_A_DEGREE


def _stop(number: int, start: int, end: int, place: Point | None) -> Stop:
    return Stop(number, f"#{number}", start, end, place)


def _agreed(row: dict[str, Any]) -> Span | None:
    """The window that the customer agreed to, if any."""
    opens, closes = row["window"]
    return (DAY + opens, DAY + closes) if closes - opens <= LONGEST_PROMISE else None


def _known(task: Task, person_id: int, stop: Stop, agreed: Span | None) -> Task:
    """A visit of which the customer was told as the product tells them."""
    promised = (_instant(agreed[0]), _instant(agreed[1])) if agreed else (None, None)
    window = window_told(_instant(stop.start), promised)
    told = int(window.start_at.timestamp()), int(window.end_at.timestamp())
    return replace(task, visit_id=task.work.id, was=(person_id, stop.start), told=told)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def again(at: Morning, price: int, effort: Effort, overtime: int = 0) -> tuple[list[Person], Plan]:
    """The plan of eleven with a price on every change that a customer sees, where everybody may work so many seconds
    longer."""
    people = [replace(person, overtime=overtime) for person in at.begin()]
    policy = PRODUCT.allowing(OVERTIME) if overtime else PRODUCT
    rest = [(ELEVEN, DAY + 24 * HOUR)]
    return people, plan(people, at.tasks, rest, prices=_prices(price), effort=effort, policy=policy)


def _prices(change: int) -> Prices:
    """The shared checker's prices of work that is not done."""
    return Prices(change=change, prizes=UNSERVED_SECONDS)


def scores(at: Morning, people: Sequence[Person], found: Plan) -> dict[str, Any]:
    """What customers see of a plan, and what it costs without any price on changes."""
    placed = {one.task.work.id: one for one in found.placed}
    ill = {person.id for person in at.people if person.absences}
    seen: Counter[str] = Counter()
    for task in at.tasks:
        if task.was is not None:
            whose = "ill " if task.was[0] in ill else ""
            seen[whose + _seen(task, placed.get(task.work.id), is_ill=bool(whose))] += 1
    walls = [(p.id, stop) for p in at.people for stop in p.stops]
    stand = {p.id: p.stops for p in people}
    urgent = [task for task in at.tasks if task.priority == 1 and is_feasible(at, task)]
    on_time = [task for task in urgent if _is_on_time(task, placed)]
    return {
        "disturbed_pct": round(100 * (seen["moved"] + seen["dropped"] + seen["late"]) / at.told, 1),
        "seen": dict(sorted(seen.items())),
        "told": at.told,
        "p1_on_time": f"{len(on_time)}/{len(urgent)}",
        "locks_moved": sum(stop not in stand[who] for who, stop in walls),
        "cost_hours": round(cost(at, people, found) / HOUR, 2),
    }


def _seen(task: Task, one: Placed | None, *, is_ill: bool) -> str:
    if task.was is None or task.told is None or one is None:
        return "dropped"
    if not is_ill and one.person_id != task.was[0]:
        return "moved"
    return "kept" if task.told[0] <= one.start <= task.told[1] else "late"


def _is_on_time(task: Task, placed: dict[int, Any]) -> bool:
    one = placed.get(task.work.id)
    return one is not None and one.start <= task.work.promised[1]


def is_feasible(at: Morning, task: Task) -> bool:
    """Whether anybody could come in time if nothing stood in the way but what must not move."""
    until = min(task.work.promised[1] + task.work.seconds, DAY + 24 * HOUR)
    found = (evaluator.earliest_start(who, task.work, ELEVEN, until) for who in at.people)
    return any(verdict.start is not None and not verdict.broken for verdict in found)


def cost(at: Morning, people: Sequence[Person], found: Plan) -> int:
    """Driving from now on, work left undone and late starts, in seconds."""
    total = sum(UNSERVED_SECONDS[task.priority] for task, _reasons in found.unplaced)
    for one in found.placed:
        if one.start > one.task.work.promised[1]:
            total += UNSERVED_SECONDS[one.task.priority] // 2
    for person in people:
        place = person.home
        for stop in person.stops:
            if stop.start >= ELEVEN:
                total += ESTIMATE.trip(place, stop.place)[0] * 60
            place = stop.place
    return total


def replanning(day: dict[str, Any], effort: Effort, draw: int) -> dict[str, dict[str, Any]]:
    """One day planned anew with the product's own price on changes, beside the plan without any price: within the
    shifts, and with an hour of overtime allowed. `draw` chooses who is ill and what is urgent."""
    at = morning(day, effort, draw)
    return {name: _anew(day["seed"], draw, at, effort, overtime) for name, overtime in ALLOWED.items()}


def _anew(seed: int, draw: int, at: Morning, effort: Effort, overtime: int) -> dict[str, Any]:
    began = time.process_time()
    found = again(at, PRODUCT.limit("change_price_seconds"), effort, overtime)
    spent = time.process_time() - began
    free = scores(at, *again(at, 0, effort, overtime))
    seen = scores(at, *found)
    ratio = round(seen["cost_hours"] / free["cost_hours"], 3)
    return {
        "seed": seed,
        "draw": draw,
        **seen,
        "cost_ratio": ratio,
        "without_price": free,
        "cpu_seconds": round(spent, 1),
        "within": seen["disturbed_pct"] <= MOST_DISTURBED
        and ratio <= MOST_COST
        and len(set(seen["p1_on_time"].split("/"))) == 1
        and not seen["locks_moved"],
    }
