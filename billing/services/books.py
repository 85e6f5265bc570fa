"""The books: balanced entries of the money ledger."""

from __future__ import annotations

from datetime import datetime

from billing.enums import Account
from billing.models import Invoice, LedgerEntry, LedgerLine, Payment


def book(
    invoice: Invoice, act: str, amounts: dict[Account, int], at: datetime, payment: Payment | None = None
) -> None:
    """Write one entry of the accounts that move; none when nothing does."""
    moving = {account: amount for account, amount in amounts.items() if amount}
    if not moving:
        return
    entry = LedgerEntry.objects.create(invoice=invoice, payment=payment, memo=f"{invoice} {act}", at=at)
    LedgerLine.objects.bulk_create(
        LedgerLine(entry=entry, account=account, amount_minor=amount, currency=invoice.currency)
        for account, amount in moving.items()
    )
