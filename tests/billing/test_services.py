"""Charges, invoices, payments, the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing import services
from billing.enums import Block, ChargeKind, InvoiceStatus, Payer
from billing.models import Charge, Invoice, LedgerEntry, LedgerLine
from core.errors import BadInput, Conflict, IllegalTransition, NotAllowed
from dispatch.enums import VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from journal.models import AuditEntry, OutboxEvent
from tests.cast import AT, Company
from tests.factories import billing as make
from tests.factories.customers import make_contact, make_customer, make_site

LATER = AT + timedelta(days=3)


def price(visit: Visit) -> list[Charge]:
    return services.price_visit(visit_id=visit.pk, actor=make.CLERK, at=AT)


def test_a_visit_is_priced_from_time_travel_and_parts(in_acme: Company) -> None:
    make.make_price(ChargeKind.LABOUR, 18000)
    make.make_price(ChargeKind.TRAVEL, 8000)
    visit = make.make_visit(work=80, travel=25)
    make.make_part_use(visit, used=2, billed=1)

    charges = price(visit)

    assert [(c.kind, c.quantity, c.amount_minor) for c in charges] == [
        ("labour", Decimal("1.5"), 27000),
        ("travel", Decimal("0.5"), 4000),
        ("part", Decimal(1), 25000),
    ]
    assert {c.tax_rate_percent for c in charges} == {Decimal(10)}
    assert OutboxEvent.objects.filter(name="billing.ChargesPriced").count() == 1


def test_pricing_again_changes_nothing(in_acme: Company) -> None:
    make.make_price()
    visit = make.make_visit(work=60)
    before = [(c.pk, c.amount_minor, c.updated_at) for c in price(visit)]
    make.make_price(amount=99999, valid_from=date(2026, 2, 2))

    assert [(c.pk, c.amount_minor, c.updated_at) for c in price(visit)] == before
    assert OutboxEvent.objects.filter(name="billing.ChargesPriced").count() == 1


def test_the_price_of_the_work_type_on_the_day_of_the_visit_holds(in_acme: Company) -> None:
    order = make.make_work_order()
    make.make_price(amount=10000)
    make.make_price(amount=20000, work_type_id=order.work_type_id)
    make.make_price(amount=30000, work_type_id=order.work_type_id, valid_from=date(2026, 11, 24))

    assert price(make.make_visit(order, work=60))[0].amount_minor == 20000


def test_only_a_done_visit_is_priced(in_acme: Company) -> None:
    visit = make.make_visit(status=VisitStatus.ON_SITE)
    with pytest.raises(IllegalTransition, match="not done yet"):
        price(visit)


def test_lines_are_worded_in_the_language_of_the_contact(in_acme: Company) -> None:
    site = make_site()
    contact = make_contact(site.customer, language="ja")
    make.make_price()
    order = make.make_work_order(site, contact=contact)
    invoice_language = services.issue_invoice(
        work_order_id=price(make.make_visit(order, work=15))[0].work_order_id, actor=make.CLERK, at=AT
    ).language
    assert invoice_language == "ja"


def test_a_missing_price_blocks_the_invoice_and_says_the_way_out(in_acme: Company) -> None:
    visit = make.make_visit(work=60)
    (charge,) = price(visit)

    assert (charge.amount_minor, charge.blocked_by) == (0, Block.NO_PRICE)
    with pytest.raises(IllegalTransition, match="No price for labour: set one in prices"):
        services.issue_invoice(work_order_id=visit.work_order_id, actor=make.CLERK, at=AT)
    assert not Invoice.objects.exists()


def test_setting_the_price_solves_what_waited_for_it(in_acme: Company) -> None:
    visit = make.make_visit(work=60)
    price(visit)

    make.make_price(amount=18000, valid_from=date(2027, 1, 1))
    assert Charge.objects.get().blocked_by == Block.NO_PRICE, "the visit was before this price"
    make.make_price(amount=18000)

    charge = Charge.objects.get()
    assert (charge.blocked_by, charge.amount_minor) == ("", 18000)
    services.issue_invoice(work_order_id=visit.work_order_id, actor=make.CLERK, at=AT)


def test_a_price_set_twice_for_a_day_is_corrected(in_acme: Company) -> None:
    assert make.make_price(amount=1).pk == make.make_price(amount=2).pk


def test_price_again_prices_visits_whose_handler_never_ran(in_acme: Company) -> None:
    make.make_price()
    visit = make.make_visit(work=30)
    found = services.price_again(work_order_id=visit.work_order_id, actor=make.CLERK, at=AT)
    assert [c.amount_minor for c in found] == [9000]


def test_prices_need_the_permission(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        services.set_price(
            kind="labour",
            name="x",
            unit_price_minor=1,
            valid_from=date(2026, 1, 1),
            actor=in_acme.tom.actor,
            at=AT,
        )


def test_an_override_is_one_more_step_with_name_and_reason(in_acme: Company) -> None:
    visit = make.make_visit(work=60)
    (charge,) = price(visit)

    changed = services.change_charge(
        charge_id=charge.pk, reason="Goodwill", unit_price_minor=5000, actor=in_acme.cora.actor, at=AT
    )

    assert (changed.amount_minor, changed.blocked_by) == (5000, "")
    assert changed.explanation[-1]["by"] == "Cora Clerk"
    assert [s["code"] for s in changed.explanation] == ["measured", "rounded", "no_price", "override"]
    assert AuditEntry.objects.get(verb="charge_changed").reason == "Goodwill"


def test_a_charge_that_another_pays_is_not_billed_to_the_customer(in_acme: Company) -> None:
    make.make_price()
    visit = make.make_visit(work=60)
    make.make_part_use(visit)
    part = next(c for c in price(visit) if c.kind == "part")
    services.change_charge(charge_id=part.pk, reason="Warranty", payer=Payer.MAKER, actor=make.CLERK, at=AT)

    invoice = services.issue_invoice(work_order_id=visit.work_order_id, actor=make.CLERK, at=AT)
    assert (invoice.net_minor, invoice.lines.count()) == (18000, 1)


def test_a_change_without_a_reason_is_refused(in_acme: Company) -> None:
    visit = make.make_priced_visit()
    with pytest.raises(BadInput, match="Say why"):
        services.change_charge(
            charge_id=Charge.objects.get(visit=visit).pk, reason=" ", actor=make.CLERK, at=AT
        )


def test_an_invoiced_charge_is_frozen(in_acme: Company) -> None:
    invoice = make.make_invoice()
    with pytest.raises(IllegalTransition, match="Reverse that invoice"):
        services.change_charge(
            charge_id=Charge.objects.get().pk, reason="x", unit_price_minor=1, actor=make.CLERK, at=AT
        )
    assert invoice.total_minor == 29700


def test_an_invoice_prints_snapshots_books_and_settles(in_acme: Company) -> None:
    site = make_site(make_customer(name="Aoki", billing_address="Box 1"))
    invoice = make.make_invoice(make.make_work_order(site))

    assert (invoice.number, invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (
        1,
        27000,
        2700,
        29700,
    )
    assert invoice.recipient["name"] == "Aoki" and invoice.recipient["address"] == "Box 1"
    assert invoice.due_on == date(2026, 12, 23)
    assert [(line.position, line.amount_minor) for line in invoice.lines.all()] == [(1, 27000)]
    assert balances() == {"receivable": 29700, "revenue": -27000, "tax": -2700}
    assert WorkOrder.objects.get().status == WorkOrderStatus.SETTLED
    assert OutboxEvent.objects.filter(name="billing.InvoiceIssued").count() == 1


def test_work_is_invoiced_once(in_acme: Company) -> None:
    invoice = make.make_invoice()
    with pytest.raises(Conflict, match="already invoiced by INV-1"):
        services.issue_invoice(work_order_id=invoice.work_order_id, actor=make.CLERK, at=AT)


def test_unfinished_work_is_not_invoiced(in_acme: Company) -> None:
    order = make.make_work_order(status=WorkOrderStatus.SCHEDULED)
    with pytest.raises(IllegalTransition, match="when its work is done"):
        services.issue_invoice(work_order_id=order.pk, actor=make.CLERK, at=AT)


def test_work_without_charges_is_not_invoiced(in_acme: Company) -> None:
    order = make.make_work_order()
    with pytest.raises(IllegalTransition, match="no charges yet"):
        services.issue_invoice(work_order_id=order.pk, actor=make.CLERK, at=AT)


def test_issuing_needs_the_permission(in_acme: Company) -> None:
    visit = make.make_priced_visit()
    with pytest.raises(NotAllowed):
        services.issue_invoice(work_order_id=visit.work_order_id, actor=in_acme.dora.actor, at=AT)


def test_the_ready_ones_are_issued_together_and_the_blocked_are_left(in_acme: Company) -> None:
    for hours in (1, 2):
        make.make_priced_visit(start_at=AT + timedelta(hours=hours * 4))
    blocked = make.make_visit(work=30)
    make.make_part_use(blocked, price_minor=0)
    price(blocked)

    issued = services.issue_ready_invoices(actor=make.CLERK, at=AT)

    assert [invoice.number for invoice in issued] == [1, 2]
    assert blocked.work_order_id not in {invoice.work_order_id for invoice in issued}


def test_payments_in_part_then_in_full(in_acme: Company) -> None:
    invoice = make.make_invoice()

    pay(invoice, 10000)
    invoice.refresh_from_db()
    assert (invoice.status, balances()["receivable"]) == (InvoiceStatus.ISSUED, 19700)
    pay(invoice, 19700)
    invoice.refresh_from_db()

    assert (invoice.status, invoice.paid_at) == (InvoiceStatus.PAID, LATER)
    assert balances() == {"cash": 29700, "receivable": 0, "revenue": -27000, "tax": -2700}
    assert OutboxEvent.objects.filter(name="billing.InvoicePaid").count() == 1


def test_an_over_payment_is_refused_with_what_is_open(in_acme: Company) -> None:
    invoice = make.make_invoice()
    with pytest.raises(BadInput, match="¥29,701 is more than the ¥29,700"):
        pay(invoice, 29701)
    assert not invoice.payments.exists()


@pytest.mark.parametrize("amount", [0, -5])
def test_a_payment_must_be_money(in_acme: Company, amount: int) -> None:
    with pytest.raises(BadInput, match="more than 0"):
        pay(make.make_invoice(), amount)


def test_a_paid_invoice_takes_no_payment(in_acme: Company) -> None:
    invoice = make.make_invoice()
    pay(invoice, 29700)
    with pytest.raises(IllegalTransition, match="is paid"):
        pay(invoice, 1)


def test_a_reversal_books_everything_back_and_the_work_is_invoiced_anew(in_acme: Company) -> None:
    first = make.make_invoice()
    pay(first, 10000)

    reversed_ = services.reverse_invoice(
        invoice_id=first.pk, reason="Wrong branch", actor=make.CLERK, at=LATER
    )
    assert reversed_.status == InvoiceStatus.REVERSED
    assert balances() == {"cash": 10000, "credit": -10000, "receivable": 0, "revenue": 0, "tax": 0}
    second = services.issue_invoice(work_order_id=first.work_order_id, actor=make.CLERK, at=LATER)
    assert (second.number, second.total_minor) == (2, 29700)
    with pytest.raises(IllegalTransition, match="already reversed"):
        services.reverse_invoice(invoice_id=first.pk, reason="again", actor=make.CLERK, at=LATER)


def test_a_reversal_needs_a_reason(in_acme: Company) -> None:
    with pytest.raises(BadInput):
        services.reverse_invoice(invoice_id=make.make_invoice().pk, reason="", actor=make.CLERK, at=LATER)


def test_an_invoice_of_nothing_books_nothing(in_acme: Company) -> None:
    visit = make.make_priced_visit()
    charge = Charge.objects.get(visit=visit)
    services.change_charge(
        charge_id=charge.pk, reason="Goodwill", unit_price_minor=0, actor=make.CLERK, at=AT
    )
    invoice = services.issue_invoice(work_order_id=visit.work_order_id, actor=make.CLERK, at=AT)
    assert invoice.total_minor == 0 and not LedgerEntry.objects.exists()


def pay(invoice: Invoice, amount: int) -> None:
    services.record_payment(
        invoice_id=invoice.pk,
        amount_minor=amount,
        received_on=LATER.date(),
        actor=make.CLERK,
        at=LATER,
    )


def balances() -> dict[str, int]:
    rows = LedgerLine.objects.order_by().values_list("account").annotate(total=Sum("amount_minor"))
    return dict(rows)
