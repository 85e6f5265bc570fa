"""Valid bodies for the routes of billing and feedback."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from billing import services
from billing.models import Invoice
from dispatch.models import Visit, WorkOrder, WorkType
from feedback.models import Recovery
from tenants.actors import Actor
from tests.isolation.routes import Act, Own
from tests.isolation.world import DONE_VISIT, NOW, TODAY, Side

DAY_THERE = f"{NOW.astimezone(ZoneInfo('Asia/Tokyo')).date()}"
"""The companies' own day."""


def _reverse(side: Side, n: int = 2) -> None:
    services.reverse_invoice(
        invoice_id=side.row(Invoice, n).pk, reason="wrong branch", actor=Actor.system("tests"), at=NOW
    )


def _credit(side: Side) -> None:
    """The customer of the first invoice has credit from the third."""
    _reverse(side)
    first = side.row(Invoice)
    Invoice.objects.filter(pk=side.row(Invoice, 2).pk).update(customer=first.customer_id)


REVERSED, REVERSED_OF_THE_SAME = _reverse, _credit

PAGES: dict[str, Act] = {
    "billing:invoice_issue_ready": Act(),
    "billing:work_order_price": Act(n=2, before=REVERSED),
    "billing:invoice_issue": Act(n=2, before=REVERSED),
    "billing:charge_change": Act(
        {
            "description": "Labour",
            "quantity": 1,
            "unit_price_minor": 5,
            "payer": "customer",
            "reason": "agreed",
        },
        n=2,
        before=REVERSED,
    ),
    "billing:invoice_pay": Act({"amount": 1, "received_on": f"{TODAY}"}),
    "billing:payment_take_back": Act({"reason": "mistyped"}),
    "billing:invoice_refund": Act({"amount": 1, "paid_on": DAY_THERE}, n=2, before=REVERSED),
    "billing:invoice_use_credit": Act(before=REVERSED_OF_THE_SAME),
    "billing:invoice_reverse": Act({"reason": "wrong branch"}),
    "billing:price_list": Act(
        {
            "kind": "labour",
            "name": "Labour",
            "work_type": Own(WorkType, 1),
            "unit_price_minor": 12000,
            "valid_from": "2026-06-01",
        }
    ),
    "feedback:recovery_finish": Act(lambda s: {f"r{s.row(Recovery).pk}-outcome": "called"}),
}


API: dict[str, Act] = {
    "charge-detail patch": Act({"unit_price_minor": 0, "reason": "goodwill"}, n=2, before=REVERSED),
    "invoice-list post": Act({"work_order": Own(WorkOrder, 2)}, before=REVERSED),
    "invoice-payments post": Act({"amount_minor": 1, "received_on": f"{TODAY}"}),
    "payment-take-back post": Act({"reason": "mistyped"}),
    "invoice-refund post": Act({"amount_minor": 1, "paid_on": DAY_THERE}, n=2, before=REVERSED),
    "invoice-use-credit post": Act(before=REVERSED_OF_THE_SAME),
    "invoice-reverse post": Act({"reason": "wrong branch"}),
    "response-list post": Act({"visit": Own(Visit, DONE_VISIT), "score": 4}),
}
