"""The books: balanced entries of the money ledger."""

from __future__ import annotations

from datetime import datetime

from billing import queries
from billing.enums import Account, InvoiceStatus, PaymentKind
from billing.events import InvoicePaid
from billing.models import Invoice, LedgerEntry, LedgerLine, Payment
from journal import services as journal

OTHER_SIDE = {
    PaymentKind.RECEIVED: Account.CASH,
    PaymentKind.REFUNDED: Account.CASH,
    PaymentKind.CARRIED: Account.CLEARING,
}
"""Where money that an invoice holds came from, or went to."""


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


def book_money(payment: Payment, act: str) -> None:
    """Book a row of an invoice's money: on an invoice that stands it pays, on a reversed one it is credit."""
    invoice = payment.invoice
    holds = Account.CREDIT if invoice.status == InvoiceStatus.REVERSED else Account.RECEIVABLE
    other = OTHER_SIDE[PaymentKind((payment.undoes or payment).kind)]
    book(invoice, act, {other: payment.amount_minor, holds: -payment.amount_minor}, payment.at, payment)


def settle(invoice: Invoice, at: datetime) -> None:
    """An invoice that stands is paid while nothing of it is open."""
    is_paid = queries.paid_minor(invoice.pk) == invoice.total_minor
    if is_paid and invoice.status == InvoiceStatus.ISSUED:
        invoice.status, invoice.paid_at = InvoiceStatus.PAID, at
        journal.publish(InvoicePaid(invoice_id=invoice.pk, work_order_id=invoice.work_order_id))
    elif not is_paid and invoice.status == InvoiceStatus.PAID:
        invoice.status, invoice.paid_at = InvoiceStatus.ISSUED, None
    invoice.save(update_fields=["status", "paid_at", "updated_at"])
