"""Valid bodies for the routes of billing and feedback."""

from __future__ import annotations

from billing.models import Invoice
from dispatch.models import Visit, WorkOrder, WorkType
from feedback.models import Recovery
from tests.isolation.routes import Act, Own, put
from tests.isolation.world import DONE_VISIT, TODAY

REVERSED = put(Invoice, 2, status="reversed")

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
    "invoice-reverse post": Act({"reason": "wrong branch"}),
    "response-list post": Act({"visit": Own(Visit, DONE_VISIT), "score": 4}),
}
