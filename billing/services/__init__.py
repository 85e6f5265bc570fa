"""What may be done in settlement: prices and charges, then invoices and payments."""

from billing.services.charges import change_charge, price_again, price_visit, set_price
from billing.services.credit import refund_credit, use_credit
from billing.services.invoices import issue_invoice, issue_ready_invoices, reverse_invoice
from billing.services.payments import record_payment, take_back_payment

__all__ = [
    "change_charge",
    "issue_invoice",
    "issue_ready_invoices",
    "price_again",
    "price_visit",
    "record_payment",
    "refund_credit",
    "reverse_invoice",
    "set_price",
    "take_back_payment",
    "use_credit",
]
