"""A day in the field as JSON, and the plan that comes back.

Times are whole seconds from midnight, places metres on a plane, travel straight at the day's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.problem import FOREVER, BadProblem, Break, Order, Problem, Travel, Worker

Read = TypeVar("Read")
UNSERVED_SECONDS = {1: 36_000, 2: 14_400, 3: 7_200, 4: 3_600}
"""What it costs not to do work of a priority; half of it when it starts after its `start_by`."""


def problem_of(day: Mapping[str, Any]) -> Problem:
    """Read a day. Raises BadProblem that names the order or engineer which cannot be read."""
    engineers, orders = _rows(day, "engineers"), _rows(day, "orders")
    known = _numbered("engineer", engineers)
    _numbered("order", orders)
    pause = _each("The lunch", day.get("lunch"), _pause)
    return Problem(
        [_each("Engineer", row, lambda row: _worker(row, pause)) for row in engineers],
        [_each("Order", row, lambda row: _order(row, known)) for row in orders],
        _each("The speed", day.get("speed_mps"), lambda speed: plane(float(speed))),
    )


def plan_of(day: Mapping[str, Any], routes: list[list[int]]) -> dict[str, dict[str, list[Any]]]:
    """The plan of a day: {"routes": {engineer id: [order id, …]}}."""
    orders, engineers = day["orders"], day["engineers"]
    return {
        "routes": {
            str(engineer["id"]): [orders[i]["id"] for i in route]
            for engineer, route in zip(engineers, routes, strict=True)
        }
    }


def plane(speed_mps: float) -> Travel:
    """Straight lines at one speed, in whole seconds, halves to the even one."""
    if not 0 < speed_mps < np.inf:
        raise BadProblem(f"The speed is {speed_mps} m/s; give one above zero.")

    def travel(from_places: NDArray[np.float64], to_places: NDArray[np.float64]) -> NDArray[np.int64]:
        apart = from_places[:, None, :] - to_places[None, :, :]
        seconds = np.hypot(apart[..., 0], apart[..., 1]) / speed_mps
        return np.rint(np.minimum(seconds, FOREVER)).astype(np.int64)

    return travel


def _rows(day: Mapping[str, Any], name: str) -> list[Any]:
    rows = day.get(name)
    if not isinstance(rows, list):
        raise BadProblem(f'The day has no list "{name}".')
    return rows


def _numbered(what: str, rows: list[Any]) -> dict[Any, int]:
    """The place of each id. Raises BadProblem where one is missing or stands twice."""
    found: dict[Any, int] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("id"), (int, str)):
            raise BadProblem(f"The {what} at place {number} has no id.")
        if row["id"] in found:
            raise BadProblem(f"There are two {what}s {row['id']!r}; give each its own id.")
        found[row["id"]] = number
    return found


def _each(what: str, row: Any, read: Callable[[Any], Read]) -> Read:
    """What `read` makes of a row. Raises BadProblem that names it."""
    name = f"{what} {row['id']!r}" if isinstance(row, dict) and "id" in row else what
    try:
        return read(row)
    except BadProblem:
        raise
    except KeyError as problem:
        raise BadProblem(f"{name} cannot be read: {problem} is missing.") from problem
    except (TypeError, ValueError, IndexError, AttributeError, OverflowError) as problem:
        raise BadProblem(f"{name} cannot be read: {problem}.") from problem


def _pause(lunch: Any) -> Break | None:
    return Break(int(lunch["from"]), int(lunch["to"]), int(lunch["seconds"])) if lunch else None


def _worker(row: Any, pause: Break | None) -> Worker:
    home = _place(row)
    shift = int(row["shift"][0]), int(row["shift"][1])
    return Worker(home, home, shift, frozenset(row["can"]), pause=pause, name=str(row["id"]))


def _order(row: Any, known: Mapping[Any, int]) -> Order:
    if row["priority"] not in UNSERVED_SECONDS:
        raise ValueError(f"its priority is {row['priority']!r}; give 1 to 4")
    prize = UNSERVED_SECONDS[row["priority"]]
    start_by, locked = row.get("start_by"), row.get("locked")
    window = int(row["window"][0]), int(row["window"][1])
    if int(row["seconds"]) <= 0:
        raise ValueError(f"it takes {row['seconds']} s; give a duration above zero")
    pinned, needs = -1, frozenset(row["needs"])
    if locked:
        if locked["engineer"] not in known:
            raise ValueError(f"it is promised to engineer {locked['engineer']!r}, who is not there")
        pinned, needs = known[locked["engineer"]], frozenset()
        window = int(locked["start"]), int(locked["start"])
    return Order(
        place=_place(row),
        seconds=int(row["seconds"]),
        window=window,
        prize=prize,
        start_by=FOREVER if start_by is None else int(start_by),
        late_price=prize // 2,
        needs=needs,
        pinned=pinned,
        name=str(row["id"]),
    )


def _place(row: Any) -> tuple[float, float]:
    x, y = float(row["x"]), float(row["y"])
    if not (np.isfinite(x) and np.isfinite(y)):
        raise ValueError("its place is not a number")
    return x, y
