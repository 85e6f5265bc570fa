"""Charges in the reader's words: titles, units, steps of the explanation, what blocks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.enums import Block, ChargeKind
from core.formats import local_date, money

if TYPE_CHECKING:
    from collections.abc import Callable

    from billing.models import Charge


@dataclass(frozen=True, slots=True)
class Told:
    """One step for a reader. `amount_minor` is None where no money moved."""

    title: str
    detail: str
    amount_minor: int | None


def plain(quantity: Decimal | str) -> str:
    """A quantity without trailing zeros: 1.500 is 1.5 and 2.000 is 2."""
    text = f"{Decimal(quantity):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_of(quantity: Decimal | str, unit: str) -> str:
    """A quantity with its unit: 1.5 h, 2 pieces, 1 visit."""
    number = plain(quantity)
    forms = {
        "hour": pgettext("quantity", "%(number)s h"),
        "visit": pgettext("quantity", "%(number)s ×"),
        "piece": pgettext("quantity", "%(number)s pc"),
        "metre": pgettext("quantity", "%(number)s m"),
        "litre": pgettext("quantity", "%(number)s l"),
        "kilogram": pgettext("quantity", "%(number)s kg"),
    }
    return forms.get(unit, "%(number)s") % {"number": number}


def printed_name(kind: str, name: str) -> str:
    """What a line is called on paper, in the active language. `name`: the work type, the part or the fee."""
    if kind == ChargeKind.LABOUR:
        return _("Labour: %(work)s") % {"work": name}
    if kind == ChargeKind.TRAVEL:
        return _("Travel")
    return name


def kind_word(kind: str) -> str:
    return str(ChargeKind(kind).label)


def block_of(blocked_by: str, kind: str, description: str) -> str:
    """What stands in the way of a charge, and the way out. Empty when nothing does."""
    if blocked_by != Block.NO_PRICE:
        return ""
    if kind == ChargeKind.PART:
        return _("No price for “%(part)s”: set its list price") % {"part": description}
    return _("No price for %(kind)s: set one in prices") % {"kind": kind_word(kind).lower()}


def told(charge: Charge) -> list[Told]:
    """How the charge came to its amount, step by step."""
    return [_tell(step, charge.currency) for step in charge.explanation]


def _tell(step: Mapping[str, Any], currency: str) -> Told:
    title, detail = _TELLERS[step["code"]](step, currency)
    return Told(title, detail, step.get("amount_minor"))


def _measured(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    return _("Measured"), _("%(minutes)s min from the engineer's taps") % {"minutes": step["minutes"]}


def _rounded(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    return _("Rounded"), _("Up to quarter hours: %(hours)s h") % {"hours": plain(step["hours"])}


def _list_price(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    facts = {
        "name": step["name"],
        "price": money(step["unit_price_minor"], currency),
        "day": local_date(date.fromisoformat(step["valid_from"])),
    }
    return _("List price"), _("%(name)s, %(price)s, valid from %(day)s") % facts


def _part_price(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    price = money(step["unit_price_minor"], currency)
    return _("List price"), _("Part catalogue, %(price)s each") % {"price": price}


def _used(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    return _("Used on site"), amount_of(step["quantity"], step["unit"])


def _billed(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    return _("Billed"), amount_of(step["quantity"], step["unit"])


def _no_price(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    return _("List price"), _("None found: the line counts as 0 until a price is set")


def _override(step: Mapping[str, Any], currency: str) -> tuple[str, str]:
    return _("Override"), _("%(by)s: %(reason)s") % {"by": step["by"], "reason": step["reason"]}


_TELLERS: dict[str, Callable[[Mapping[str, Any], str], tuple[str, str]]] = {
    "measured": _measured,
    "rounded": _rounded,
    "list_price": _list_price,
    "part_price": _part_price,
    "used": _used,
    "billed": _billed,
    "no_price": _no_price,
    "override": _override,
}
