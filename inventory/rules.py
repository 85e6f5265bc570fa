"""Pure decisions about stock."""

from __future__ import annotations

from decimal import Decimal

LARGEST = Decimal(999_999)
STEP = Decimal("0.001")


def is_movable(quantity: Decimal) -> bool:
    """Whether this many can be moved: more than nothing, in thousandths, and not beyond the shelf."""
    return quantity.is_finite() and 0 < quantity <= LARGEST and quantity == quantity.quantize(STEP)


def is_countable(quantity: Decimal) -> bool:
    """Whether somebody can have counted this many: nothing counts too."""
    return quantity == 0 or is_movable(quantity)


def is_enough(on_hand: Decimal, quantity: Decimal) -> bool:
    """Whether `quantity` can be taken without going below nothing."""
    return on_hand >= quantity


def ran_low(before: Decimal, after: Decimal, minimum: Decimal) -> bool:
    """Whether this change took the level below its minimum: told once, not at every further use."""
    return after < minimum <= before


def level_state(on_hand: Decimal, minimum: Decimal) -> str:
    """The level's state in the stock vocabulary: ok, low or out."""
    if on_hand <= 0:
        return "out"
    return "low" if on_hand < minimum else "ok"
