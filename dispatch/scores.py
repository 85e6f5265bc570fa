"""How well each of several answers serves a policy's objectives: a score made of parts that can be told.

Every objective gives each answer a share from 0 (worst) to 1 (best); its part is the share times its weight.
Pure; numbers come as columns, one row for each answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from dispatch import policy as codes
from dispatch.policy import Policy

Floats = NDArray[np.float64]

ENOUGH_SLACK = 240.0
"""Minutes before the promise beyond which more are worth nothing."""
LONG_TRAVEL = 120.0
LONG_WAIT = 24 * 60.0
MUCH_OVERTIME = 120.0
MANY_LEVELS = 4.0


@dataclass(slots=True)
class Columns:
    """What the objectives look at, one value for each answer.

    Minutes, except `load` (per cent), `surplus` (skill levels above what is needed), `cost` (money),
    `preferred` (0 or 1) and `known` (1 at the site before, less at the customer, else 0). `slack` is minutes
    before the promise, NaN where nothing is promised.
    """

    slack: Floats
    wait: Floats
    travel: Floats
    overtime: Floats
    load: Floats
    surplus: Floats
    preferred: Floats
    known: Floats
    cost: Floats

    def take(self, rows: NDArray[np.intp]) -> Columns:
        """The columns of some answers only."""
        return Columns(*(getattr(self, column.name)[rows] for column in fields(self)))


def parts(columns: Columns, priority: int, policy: Policy) -> Mapping[str, Floats]:
    """{objective: what it adds to each answer's score}, only objectives that weigh something.

    The urgency of work (priority 1 is the most urgent) decides how much an earlier start is worth.
    """
    shares = {
        codes.SLA_SLACK: _slack(columns),
        codes.TRAVEL_TIME: 1 - _capped(columns.travel, LONG_TRAVEL),
        codes.PRIORITY: (1 - _capped(columns.wait, LONG_WAIT)) * (5 - priority) / 4,
        codes.PREFERRED: columns.preferred,
        codes.PREVIOUS_ENGINEER: columns.known,
        codes.EXACT_SKILL: 1 - _capped(columns.surplus, MANY_LEVELS),
        codes.LOAD: 1 - _capped(columns.load, 100.0),
        codes.OVERTIME_COST: 1 - _capped(columns.overtime, MUCH_OVERTIME),
        codes.COST: _cheapness(columns.cost),
    }
    weights = {code: policy.weight(code) for code in shares}
    return {code: share * weights[code] for code, share in shares.items() if weights[code]}


def totals(told: Mapping[str, Floats], rows: int) -> Floats:
    """The score of each answer."""
    return np.sum(list(told.values()), axis=0) if told else np.zeros(rows)


def _slack(columns: Columns) -> Floats:
    promised: Floats = np.minimum(np.maximum(columns.slack, 0.0), ENOUGH_SLACK) / ENOUGH_SLACK
    return np.where(np.isnan(columns.slack), 1 - _capped(columns.wait, LONG_WAIT), promised)


def _cheapness(cost: Floats) -> Floats:
    if not cost.size or not cost.max() > 0:
        return np.ones_like(cost)
    return np.where(cost > 0, cost.min() / np.where(cost > 0, cost, 1.0), 1.0)


def _capped(values: Floats, most: float) -> Floats:
    found: Floats = np.minimum(np.maximum(values, 0.0), most) / most
    return found
