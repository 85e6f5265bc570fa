"""Pure decisions of settlement: sums, taxes, who pays, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict

from billing.enums import InvoiceStatus
from core.money import tax_on

PAYMENT_DAYS = 30
"""Days between the issue of an invoice and the day it is due."""
PREPAID_DAYS = 180
"""How many days before the issue of its invoice money may have come in: deposits, but no year mistyped."""


class TaxRow(TypedDict):
    """What an invoice owes at one tax rate. `rate_percent` is a decimal as text."""

    rate_percent: str
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Net, tax and total of a bill in minor units, with one row per tax rate, highest first."""

    net_minor: int
    tax_minor: int
    taxes: tuple[TaxRow, ...]

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


def sums_of(lines: Iterable[tuple[Decimal, int]]) -> Sums:
    """Sums of (tax rate in percent, net in minor units). Tax is rounded once per rate, never per line."""
    nets: dict[Decimal, int] = {}
    for rate, net in lines:
        nets[rate] = nets.get(rate, 0) + net
    taxes = tuple(
        TaxRow(rate_percent=_rate_text(rate), net_minor=nets[rate], tax_minor=tax_on(nets[rate], rate))
        for rate in sorted(nets, reverse=True)
    )
    return Sums(sum(nets.values()), sum(row["tax_minor"] for row in taxes), taxes)


def _rate_text(rate: Decimal) -> str:
    """Two decimals as people write them, three where the rate has them: New York City taxes 8.875 %."""
    exact = f"{rate:.3f}"
    return exact.removesuffix("0")


def due_on(issued_on: date) -> date:
    """The day an invoice is to be paid."""
    return issued_on + timedelta(days=PAYMENT_DAYS)


def days_of_receipt(issued_on: date, today: date) -> tuple[date, date]:
    """The first and the last day on which money for an invoice can have come in: never tomorrow."""
    return issued_on - timedelta(days=PREPAID_DAYS), today


def shares(amounts: dict[str, int]) -> dict[str, int]:
    """Whole percentages of the payers who pay something; they sum to 100 by the largest remainder."""
    paying = {payer: amount for payer, amount in amounts.items() if amount > 0}
    total = sum(paying.values())
    if not total:
        return {}
    exact = {payer: Decimal(amount) * 100 / total for payer, amount in paying.items()}
    whole = {payer: int(share) for payer, share in exact.items()}
    by_remainder = sorted(exact, key=lambda payer: exact[payer] - whole[payer], reverse=True)
    for payer in by_remainder[: 100 - sum(whole.values())]:
        whole[payer] += 1
    return whole


def invoice_state(status: str, *, paid_minor: int, due: date, today: date) -> str:
    """How an invoice is shown: "issued", "part_paid", "overdue", "paid" or "reversed"."""
    if status != InvoiceStatus.ISSUED:
        return str(status)
    if today > due:
        return "overdue"
    return "part_paid" if paid_minor else "issued"
