"""Pure arithmetic of the figures: on time, usual, change, the line of a sparkline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from analytics.enums import Kpi, Node
from dispatch.enums import VisitStatus

V = VisitStatus

DAYS = 28
"""Length of the sparklines; the usual is the mean of the same weekday in these four weeks."""

REPEAT_DAYS = 30

TARGETS: dict[Kpi, float | None] = {
    Kpi.ON_TIME: 95,
    Kpi.SLA: 96,
    Kpi.FIRST_FIX: 87,
    Kpi.UTILISATION: 70,
    Kpi.SATISFACTION: 4.5,
    Kpi.BACKLOG: None,
}
LESS_IS_BETTER = frozenset({Kpi.BACKLOG})
STEADY: dict[Kpi, float] = {Kpi.SATISFACTION: 0.05, Kpi.BACKLOG: 0.5}
"""Changes up to this much read "as usual"; half a point elsewhere."""

Series = list[float | None]


@dataclass(frozen=True, slots=True)
class Change:
    """Today against the usual. `by` is signed; `is_good` is None when it is as usual."""

    usual: float
    by: float
    is_good: bool | None


def late_minutes(arrived_at: datetime, deadline: datetime) -> int:
    """Whole minutes after the deadline, 0 when in time."""
    return max(0, int((arrived_at - deadline).total_seconds() // 60))


def percent(part: float, whole: float) -> float | None:
    """A share in percent, or None of nothing."""
    return 100 * part / whole if whole else None


def usual(values: Mapping[date, float | None], day: date) -> float | None:
    """The mean of the four previous same weekdays that have a value."""
    known = [v for n in (7, 14, 21, 28) if (v := values.get(day - timedelta(days=n))) is not None]
    return sum(known) / len(known) if known else None


def change(kpi: Kpi, value: float | None, usual_value: float | None) -> Change | None:
    """How today differs from the usual; None while one of them is unknown."""
    if value is None or usual_value is None:
        return None
    by = value - usual_value
    if abs(by) <= STEADY.get(kpi, 0.5):
        return Change(usual_value, by, None)
    return Change(usual_value, by, (by < 0) == (kpi in LESS_IS_BETTER))


def misses_target(kpi: Kpi, value: float | None) -> bool:
    """Whether the value is on the wrong side of its target."""
    target = TARGETS[kpi]
    if value is None or target is None:
        return False
    return value > target if kpi in LESS_IS_BETTER else value < target


@dataclass(frozen=True, slots=True)
class Spark:
    """A sparkline in a box of 100 × 40: runs of points, lone days, and the height of the target line."""

    lines: tuple[str, ...]
    goal_y: str


def spark(values: Sequence[float | None], target: float | None) -> Spark:
    """The line of a series; days without a value leave a gap."""
    known = [value for value in values if value is not None]
    if not known:
        return Spark((), "")
    span = [*known, target] if target is not None else known
    low, high = min(span), max(span)
    room = (high - low) or 1

    def y_of(value: float) -> str:
        return f"{36 - 32 * (value - low) / room:.1f}" if high > low else "20.0"

    step = 100 / max(1, len(values) - 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{place * step:.1f},{y_of(value)}")
    lines = tuple(_drawable(run, step) for run in runs if run)
    return Spark(lines, y_of(target) if target is not None else "")


def _drawable(run: list[str], step: float) -> str:
    """A lone day becomes a short dash, else it would not be drawn at all."""
    if len(run) > 1:
        return " ".join(run)
    x, y = run[0].split(",")
    left, right = max(0.0, float(x) - step / 3), min(100.0, float(x) + step / 3)
    return f"{left:.1f},{y} {right:.1f},{y}"


_NODES: dict[str, Node] = {
    V.TRAVELLING: Node.ON_THE_WAY,
    V.ON_SITE: Node.ON_SITE,
    V.PAUSED: Node.PAUSED,
    V.DONE: Node.DONE,
    V.COULD_NOT_COMPLETE: Node.COULD_NOT,
    V.NO_SHOW: Node.COULD_NOT,
}


def node_of(status: str, *, is_late: bool) -> Node:
    """Where a visit stands. One to which somebody will come late is late, whatever its state."""
    return Node.LATE if is_late else _NODES.get(status, Node.NOT_STARTED)
