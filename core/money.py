"""Money as integer minor units of an ISO 4217 currency; rounding is said aloud.

Source of the exponents: ISO 4217. Amounts in the database are minor units (`amount_minor`): 38500 is
¥38,500 and 12345 is $123.45.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_WITHOUT_MINOR_UNIT = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "PYG", "UGX"})
_THREE_DIGITS = frozenset({"BHD", "KWD", "OMR", "TND", "JOD", "IQD", "LYD"})


def exponent(currency: str) -> int:
    """Digits after the decimal point: JPY 0, USD 2, KWD 3."""
    if currency in _WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in major units as minor units, half rounded up (away from zero)."""
    scaled = amount.scaleb(exponent(currency))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_major(amount_minor: int, currency: str) -> Decimal:
    """Minor units as an exact decimal in major units."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def times(unit_price_minor: int, quantity: Decimal) -> int:
    """Price of `quantity` units in minor units, half rounded up."""
    return int((Decimal(unit_price_minor) * quantity).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def tax_on(net_minor: int, rate_percent: Decimal) -> int:
    """Tax on a net sum at `rate_percent`, rounded once, half up."""
    return int((Decimal(net_minor) * rate_percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
