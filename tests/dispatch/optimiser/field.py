"""Made-up days in the field, and a checker that shares nothing with the optimiser."""

from __future__ import annotations

import math
import random
from typing import Any

HOUR = 3600
UNSERVED = {1: 36_000, 2: 14_400, 3: 7_200, 4: 3_600}
Day = dict[str, Any]


def engineer(number: int, x: object = 0, y: object = 0, **changes: Any) -> dict[str, Any]:
    """One who works from 8 to 17 and can do 1 and 2."""
    return {"id": number, "x": x, "y": y, "shift": [8 * HOUR, 17 * HOUR], "can": [1, 2]} | changes


def order(number: int, x: object = 1000, y: object = 0, **changes: Any) -> dict[str, Any]:
    """An hour of work at any time of the day, of the lowest priority, that anybody can do."""
    plain = {"id": number, "x": x, "y": y, "seconds": HOUR, "priority": 4, "window": [8 * HOUR, 17 * HOUR]}
    return plain | {"start_by": None, "needs": [], "locked": None} | changes


def day(engineers: list[Any], orders: list[Any], **changes: Any) -> Day:
    """A day at 10 m/s with half an hour of lunch between half past eleven and two."""
    lunch = {"from": 11 * HOUR + 1800, "to": 14 * HOUR, "seconds": 1800}
    return {"speed_mps": 10.0, "lunch": lunch, "engineers": engineers, "orders": orders} | changes


def random_day(seed: int, n_orders: int = 40, n_engineers: int = 6) -> Day:
    """Skills, windows, deadlines and promises at random; not everything can be served."""
    rng = random.Random(seed)

    def place() -> dict[str, int]:
        return {"x": rng.randint(0, 30_000), "y": rng.randint(0, 30_000)}

    engineers = [engineer(n, **place(), can=rng.sample(range(8), 5)) for n in range(n_engineers)]
    orders = []
    for n in range(n_orders):
        opens = rng.choice([8, 8, 9, 11, 13]) * HOUR
        orders.append(
            order(
                n,
                **place(),
                seconds=rng.randint(10, 120) * 60,
                priority=rng.choice([1, 2, 3, 3, 4]),
                window=[opens, opens + rng.choice([1, 2, 8]) * HOUR],
                start_by=opens + rng.choice([1800, HOUR]) if rng.random() < 0.4 else None,
                needs=rng.sample(range(8), rng.choice([0, 1, 1, 2])),
            )
        )
    for n, one in enumerate(orders[:n_engineers]):
        one["locked"] = {"engineer": n, "start": 15 * HOUR}
        one["window"], one["start_by"], one["seconds"] = [15 * HOUR, 15 * HOUR], None, HOUR // 2
        one["x"], one["y"] = engineers[n]["x"] + 500, engineers[n]["y"]
    return day(engineers, orders)


def check(given: Day, plan: dict[str, Any]) -> tuple[list[str], int]:
    """(what is wrong with a plan, its cost in seconds)."""
    engineers = {str(one["id"]): one for one in given["engineers"]}
    orders = {one["id"]: one for one in given["orders"]}
    wrong: list[str] = []
    seen: set[int] = set()
    cost = 0
    for name, ids in plan["routes"].items():
        stops = [orders[i] for i in ids]
        wrong += [f"{i} twice" for i in ids if i in seen]
        seen |= set(ids)
        wrong += [f"{name} may not do {s['id']}" for s in stops if not _may(engineers[name], s)]
        if not stops:
            continue
        driven = _best_times(given, engineers[name], stops)
        if driven is None:
            wrong.append(f"the route of {name} cannot be driven")
        else:
            cost += driven
    wrong += [f"promise {i} dropped" for i, one in orders.items() if one["locked"] and i not in seen]
    return wrong, cost + sum(UNSERVED[one["priority"]] for i, one in orders.items() if i not in seen)


def _may(who: dict[str, Any], what: dict[str, Any]) -> bool:
    if what["locked"]:
        return bool(what["locked"]["engineer"] == who["id"])
    return all(need in who["can"] for need in what["needs"])


def _best_times(given: Day, who: dict[str, Any], stops: list[Any]) -> int | None:
    """Travel and lateness, with lunch on the leg where it makes fewest stops late, the earliest of those."""
    chosen: tuple[int, int] | None = None
    for lunch_leg in range(len(stops) + 1) if given["lunch"] else [-1]:
        found = _drive(given, who, stops, lunch_leg)
        if found and (chosen is None or found[0] < chosen[0]):
            chosen = found
    return chosen[1] if chosen else None


def _drive(given: Day, who: dict[str, Any], stops: list[Any], lunch_leg: int) -> tuple[int, int] | None:
    now, at, late, cost = who["shift"][0], who, 0, 0
    for leg, stop in enumerate([*stops, who]):
        travel = round(math.hypot(at["x"] - stop["x"], at["y"] - stop["y"]) / given["speed_mps"])
        if leg == lunch_leg:
            if now > given["lunch"]["to"]:
                return None
            now = max(now + travel, given["lunch"]["from"]) + given["lunch"]["seconds"]
        else:
            now += travel
        cost, at = cost + travel, stop
        if stop is who:
            return (late, cost) if now <= who["shift"][1] else None
        now = max(now, stop["window"][0])
        if now > stop["window"][1]:
            return None
        if stop["start_by"] is not None and now > stop["start_by"]:
            late, cost = late + 1, cost + UNSERVED[stop["priority"]] // 2
        now += stop["seconds"]
    return None
