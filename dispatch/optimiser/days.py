"""A day in the field as JSON, and the plan that comes back.

Times are whole seconds from midnight, places metres on a plane, travel straight at the day's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.optimiser.problem import FOREVER, BadProblem, Break, Order, Problem, Travel, Worker

UNSERVED_SECONDS = {1: 36_000, 2: 14_400, 3: 7_200, 4: 3_600}
"""What it costs not to do work of a priority; half of it when it starts after its `start_by`."""


def problem_of(day: Mapping[str, Any]) -> Problem:
    """Read a day. Raises BadProblem that names the order or engineer which cannot be read."""
    engineers = _rows(day, "engineers")
    known = {engineer["id"]: number for number, engineer in enumerate(engineers)}
    lunch = day.get("lunch")
    pause = Break(int(lunch["from"]), int(lunch["to"]), int(lunch["seconds"])) if lunch else None
    workers = [_each("engineer", row, lambda row: _worker(row, pause)) for row in engineers]
    orders = [_each("order", row, lambda row: _order(row, known)) for row in _rows(day, "orders")]
    return Problem(workers, orders, plane(float(day["speed_mps"])))


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
    if not speed_mps > 0:
        raise BadProblem(f"The speed is {speed_mps} m/s; give one above zero.")

    def travel(from_places: NDArray[np.float64], to_places: NDArray[np.float64]) -> NDArray[np.int64]:
        apart = from_places[:, None, :] - to_places[None, :, :]
        return np.rint(np.hypot(apart[..., 0], apart[..., 1]) / speed_mps).astype(np.int64)

    return travel


def _rows(day: Mapping[str, Any], name: str) -> list[Any]:
    rows = day.get(name)
    if not isinstance(rows, list):
        raise BadProblem(f'The day has no list "{name}".')
    return rows


def _each(what: str, row: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(row)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        name = row.get("id", row) if isinstance(row, dict) else row
        raise BadProblem(f"{what} {name!r} cannot be read: {type(problem).__name__} {problem}.") from problem


def _worker(row: Any, pause: Break | None) -> Worker:
    home = _place(row)
    shift = int(row["shift"][0]), int(row["shift"][1])
    return Worker(home, home, shift, frozenset(row["can"]), pause)


def _order(row: Any, known: Mapping[Any, int]) -> Order:
    prize = UNSERVED_SECONDS[int(row["priority"])]
    start_by, locked = row.get("start_by"), row.get("locked")
    window = int(row["window"][0]), int(row["window"][1])
    if int(row["seconds"]) <= 0:
        raise ValueError(f"it takes {row['seconds']} s; give a duration above zero")
    pinned, needs = -1, frozenset(row["needs"])
    if locked:
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
    )


def _place(row: Any) -> tuple[float, float]:
    x, y = float(row["x"]), float(row["y"])
    if not (np.isfinite(x) and np.isfinite(y)):
        raise ValueError("its place is not a number")
    return x, y
