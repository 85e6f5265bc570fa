"""How well each of several answers serves a policy's objectives: a score made of parts that can be told.

Every objective gives each answer a share from 0 (worst) to 1 (best); its part is the share times its weight.
Pure; numbers come as columns, one row for each answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
_MOST = np.array([[LONG_TRAVEL], [LONG_WAIT], [MANY_LEVELS], [100.0], [MUCH_OVERTIME]])


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


def parts(columns: Columns, priority: int, policy: Policy) -> Mapping[str, Floats]:
    """{objective: what it adds to each answer's score}, only objectives that weigh something.

    The urgency of work (priority 1 is the most urgent) decides how much an earlier start is worth.
    """
    capped = np.array((columns.travel, columns.wait, columns.surplus, columns.load, columns.overtime))
    travel, wait, surplus, load, overtime = np.subtract(1, _capped(capped, _MOST), out=capped)
    shares = {
        codes.SLA_SLACK: _slack(columns.slack, wait),
        codes.TRAVEL_TIME: travel,
        codes.PRIORITY: wait * (5 - priority) / 4,
        codes.PREFERRED: columns.preferred,
        codes.PREVIOUS_ENGINEER: columns.known,
        codes.EXACT_SKILL: surplus,
        codes.LOAD: load,
        codes.OVERTIME_COST: overtime,
        codes.COST: _cheapness(columns.cost),
    }
    return {code: share * weight for code, share in shares.items() if (weight := policy.weight(code))}


def totals(told: Mapping[str, Floats], rows: int) -> Floats:
    """The score of each answer."""
    total = np.zeros(rows)
    for part in told.values():
        total += part
    return total


def _slack(slack: Floats, wait: Floats) -> Floats:
    promised = _capped(slack.copy(), ENOUGH_SLACK)
    unpromised = np.isnan(slack)
    return np.where(unpromised, wait, promised) if unpromised.any() else promised


def _cheapness(cost: Floats) -> Floats:
    if not cost.size or not cost.max() > 0:
        return np.ones_like(cost)
    return np.where(cost > 0, cost.min() / np.where(cost > 0, cost, 1.0), 1.0)


def _capped(values: Floats, most: float | Floats) -> Floats:
    """What share of `most` the values are, from 0 to 1; written over them."""
    np.maximum(values, 0.0, out=values)
    np.minimum(values, most, out=values)
    values /= most
    return values
