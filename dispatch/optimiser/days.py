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
NUMBER = (int, float)
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
        if not isinstance(row, dict) or not _is_name(row.get("id")):
            raise BadProblem(f"The {what} at place {number} has no id: give a number or a text.")
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
    if lunch is None:
        return None
    _must_be(dict, "the break", lunch)
    pause = Break(_whole(lunch, "from"), _whole(lunch, "to"), _whole(lunch, "seconds"))
    if pause.opens > pause.closes or pause.seconds < 0:
        raise ValueError(f"it begins between {pause.opens} and {pause.closes} and takes {pause.seconds} s")
    return pause


def _worker(row: Any, pause: Break | None) -> Worker:
    home, shift = _place(row), _span(row, "shift")
    return Worker(home, home, shift, _names(row, "can"), pause=pause, name=str(row["id"]))


def _order(row: Any, known: Mapping[Any, int]) -> Order:
    if row["priority"] not in UNSERVED_SECONDS:
        raise ValueError(f"its priority is {row['priority']!r}; give 1 to 4")
    prize, seconds, window = UNSERVED_SECONDS[row["priority"]], _whole(row, "seconds"), _span(row, "window")
    if seconds <= 0:
        raise ValueError(f"it takes {seconds} s; give a duration above zero")
    pinned, needs, locked = -1, _names(row, "needs"), row.get("locked")
    if locked is not None:
        _must_be(dict, "locked", locked)
        if locked["engineer"] not in known:
            raise ValueError(f"it is promised to engineer {locked['engineer']!r}, who is not there")
        pinned, needs = known[locked["engineer"]], frozenset()
        window = _whole(locked, "start"), _whole(locked, "start")
    return Order(
        place=_place(row),
        seconds=seconds,
        window=window,
        prize=prize,
        start_by=FOREVER if row.get("start_by") is None else _whole(row, "start_by"),
        late_price=prize // 2,
        needs=needs,
        pinned=pinned,
        name=str(row["id"]),
    )


def _place(row: Any) -> tuple[float, float]:
    for axis in ("x", "y"):
        _must_be(NUMBER, axis, row[axis])
    x, y = float(row["x"]), float(row["y"])
    if not (np.isfinite(x) and np.isfinite(y)):
        raise ValueError("its place is not a number")
    return x, y


def _span(row: Any, name: str) -> tuple[int, int]:
    _must_be(list, name, row[name])
    if len(row[name]) != 2:
        raise ValueError(f"{name} has {len(row[name])} moments; give the first and the last")
    first, last = (_whole({name: moment}, name) for moment in row[name])
    if name == "shift" and first > last:
        raise ValueError(f"its shift ends at {last}, before it begins at {first}")
    return first, last


def _whole(row: Any, name: str) -> int:
    value = row[name]
    _must_be(NUMBER, name, value)
    if not np.isfinite(value) or value != int(value):
        raise ValueError(f"{name} is {value}; give whole seconds")
    return int(value)


def _names(row: Any, name: str) -> frozenset[Any]:
    _must_be(list, name, row[name])
    if strange := [one for one in row[name] if not _is_name(one)]:
        raise ValueError(f"{name} names {strange[0]!r}; give numbers or texts")
    return frozenset(row[name])


def _is_name(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _must_be(kind: Any, name: str, value: Any) -> None:
    """Raises ValueError with words; true and false are no numbers, whatever Python says."""
    if not isinstance(value, kind) or isinstance(value, bool):
        wanted = {dict: "an object", list: "a list"}.get(kind, "a number")
        raise ValueError(f"{name} is {value!r}; give {wanted}")
