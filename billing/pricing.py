"""How the amount of one line comes about: pure, and every step is kept so that the line can explain itself.

Hours are decimal hours in quarters, prices and amounts are minor units. A missing price never stops the work:
the line is made with 0 and says what it waits for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from billing.enums import Block, ChargeKind
from core.money import times

QUARTER = Decimal("0.25")

Step = dict[str, Any]
"""{"code", "amount_minor" (None when it moves no money), … facts of that step}. JSON primitives only."""


@dataclass(frozen=True, slots=True)
class Price:
    """A list price as it stood. `is_specific` when it was made for this kind of work."""

    name: str
    unit_price_minor: int
    valid_from: date
    is_specific: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A priced line, before it is a charge. `unit` is "hour", "visit" or a part's unit code."""

    kind: ChargeKind
    quantity: Decimal
    unit: str
    unit_price_minor: int
    amount_minor: int
    steps: list[Step] = field(default_factory=list)
    blocked_by: str = ""


def best_price(prices: Iterable[Price], day: date) -> Price | None:
    """The price that holds on `day`: made for the kind of work before general, then the latest."""
    held = [price for price in prices if price.valid_from <= day]
    return max(held, key=lambda price: (price.is_specific, price.valid_from), default=None)


def billable_hours(minutes: int) -> Decimal:
    """Minutes rounded up to quarter hours; work that was done counts as one quarter at least."""
    quarters = max(1, -(-minutes // 15))
    return QUARTER * quarters


def price_labour(minutes: int, price: Price | None) -> Line:
    """Worked minutes, rounded up to quarter hours, at an hourly price."""
    return _by_the_hour(ChargeKind.LABOUR, minutes, price)


def price_travel(minutes: int, hourly: Price | None, flat: Price | None) -> Line | None:
    """Travelled minutes at an hourly price; without one, the flat fee. None when nothing is owed."""
    if hourly is None and flat is not None:
        return _flat(flat)
    return _by_the_hour(ChargeKind.TRAVEL, minutes, hourly) if minutes > 0 else None


def price_part(used: Decimal, billed: Decimal, unit: str, unit_price_minor: int) -> Line:
    """The list price of a part times the billed quantity, which may differ from the used one."""
    steps: list[Step] = [{"code": "used", "quantity": str(used), "unit": unit, "amount_minor": None}]
    if billed != used:
        steps.append({"code": "billed", "quantity": str(billed), "unit": unit, "amount_minor": None})
    if unit_price_minor == 0 and billed > 0:
        return _without_price(ChargeKind.PART, billed, unit, steps)
    amount = times(unit_price_minor, billed)
    steps.append({"code": "part_price", "unit_price_minor": unit_price_minor, "amount_minor": amount})
    return Line(ChargeKind.PART, billed, unit, unit_price_minor, amount, steps)


def overridden(
    steps: list[Step], *, was_minor: int, amount_minor: int, payer: str, reason: str, by: str
) -> list[Step]:
    """The steps of a line that a person changed: the change is one more step, the older ones stay."""
    return [
        *steps,
        {
            "code": "override",
            "reason": reason,
            "by": by,
            "payer": payer,
            "was_minor": was_minor,
            "amount_minor": amount_minor - was_minor,
        },
    ]


def _by_the_hour(kind: ChargeKind, minutes: int, price: Price | None) -> Line:
    hours = billable_hours(minutes)
    steps: list[Step] = [
        {"code": "measured", "minutes": minutes, "amount_minor": None},
        {"code": "rounded", "hours": str(hours), "amount_minor": None},
    ]
    if price is None:
        return _without_price(kind, hours, "hour", steps)
    amount = times(price.unit_price_minor, hours)
    steps.append(_list_price(price, amount))
    return Line(kind, hours, "hour", price.unit_price_minor, amount, steps)


def _flat(price: Price) -> Line:
    amount = price.unit_price_minor
    return Line(ChargeKind.FEE, Decimal(1), "visit", amount, amount, [_list_price(price, amount)])


def _list_price(price: Price, amount_minor: int) -> Step:
    return {
        "code": "list_price",
        "name": price.name,
        "is_specific": price.is_specific,
        "valid_from": price.valid_from.isoformat(),
        "unit_price_minor": price.unit_price_minor,
        "amount_minor": amount_minor,
    }


def _without_price(kind: ChargeKind, quantity: Decimal, unit: str, steps: list[Step]) -> Line:
    return Line(
        kind,
        quantity,
        unit,
        0,
        0,
        [*steps, {"code": "no_price", "kind": str(kind), "amount_minor": 0}],
        blocked_by=Block.NO_PRICE,
    )
