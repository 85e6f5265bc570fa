"""Pages of settlement."""

from billing.views.invoices import (
    customer_invoices,
    invoice_detail,
    invoice_list,
    invoice_pay,
    invoice_print,
    invoice_refund,
    invoice_reverse,
    invoice_use_credit,
    payment_take_back,
)
from billing.views.settlement import (
    charge_change,
    invoice_issue,
    invoice_issue_ready,
    price_list,
    settlement,
    work_order_charges,
    work_order_price,
)

__all__ = [
    "charge_change",
    "customer_invoices",
    "invoice_detail",
    "invoice_issue",
    "invoice_issue_ready",
    "invoice_list",
    "invoice_pay",
    "invoice_print",
    "invoice_refund",
    "invoice_reverse",
    "invoice_use_credit",
    "payment_take_back",
    "price_list",
    "settlement",
    "work_order_charges",
    "work_order_price",
]
