"""How many, as people write it."""

from __future__ import annotations

from decimal import Decimal

from django import template

from core import formats

register = template.Library()


@register.filter
def quantity(value: Decimal | int | None) -> str:
    """2.000 is 2, 1.500 is 1.5, -3 is −3."""
    if value is None:
        return "–"
    return formats.quantity(Decimal(value))


@register.filter
def signed(value: Decimal) -> str:
    """A movement's quantity with its sign: +2, −1.5."""
    return f"+{quantity(value)}" if value > 0 else quantity(value)
