"""What came in for an invoice that was reversed: kept as credit, carried, refunded; books and payments agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test import Client

from billing import queries, services
from billing.enums import InvoiceStatus
from billing.models import Invoice, LedgerLine, Payment
from core.errors import BadInput, IllegalTransition, NotAllowed
from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories import billing as make
from tests.factories.customers import make_site

SignIn = Callable[[Person], Client]
Program = Callable[..., Client]
LATER = AT + timedelta(days=3)


def pay(invoice: Invoice, amount: int = 10000) -> Payment:
    return services.record_payment(
        invoice_id=invoice.pk, amount_minor=amount, received_on=LATER.date(), actor=make.CLERK, at=LATER
    )


def reverse(invoice: Invoice) -> Invoice:
    return services.reverse_invoice(invoice_id=invoice.pk, reason="Wrong branch", actor=make.CLERK, at=LATER)


def issue_anew(invoice: Invoice) -> Invoice:
    return services.issue_invoice(work_order_id=invoice.work_order_id, actor=make.CLERK, at=LATER)


def refund(invoice: Invoice, amount: int, *, on: date | None = None) -> Payment:
    return services.refund_credit(
        invoice_id=invoice.pk, amount_minor=amount, paid_on=on or LATER.date(), actor=make.CLERK, at=LATER
    )


def take_back(payment: Payment) -> Payment:
    return services.take_back_payment(payment_id=payment.pk, reason="Mistyped", actor=make.CLERK, at=LATER)


def with_credit(amount: int = 10000) -> Invoice:
    invoice = make.make_invoice()
    pay(invoice, amount)
    return reverse(invoice)


def account(invoice: Invoice) -> tuple[int, int]:
    found = queries.account_of(invoice.customer_id)
    return found.open_minor, found.credit_minor


def cash() -> int:
    return LedgerLine.objects.filter(account="cash").aggregate(sum=Sum("amount_minor", default=0))["sum"]  # type: ignore[no-any-return]


def test_a_reversal_says_who_when_and_why_and_keeps_what_came_in(in_acme: Company) -> None:
    invoice = with_credit()

    assert (invoice.reversed_by, invoice.reversed_at) == (make.CLERK.label, LATER)
    assert invoice.reverse_reason == "Wrong branch"
    assert (cash(), account(invoice), queries.paid_minor(invoice.pk)) == (10000, (0, 10000), 10000)


def test_the_new_invoice_asks_only_for_the_rest(in_acme: Company) -> None:
    first = with_credit()
    second = issue_anew(first)

    assert (queries.paid_minor(first.pk), queries.paid_minor(second.pk)) == (0, 10000)
    assert (cash(), account(second)) == (10000, (19700, 0))
    pay(second, 19700)
    second.refresh_from_db()
    assert (second.status, cash(), account(second)) == (InvoiceStatus.PAID, 29700, (0, 0))


def test_a_new_invoice_that_the_credit_covers_is_paid(in_acme: Company) -> None:
    second = issue_anew(with_credit(29700))
    second.refresh_from_db()
    assert (second.status, account(second)) == (InvoiceStatus.PAID, (0, 0))


def test_another_invoice_of_the_customer_uses_the_credit(in_acme: Company) -> None:
    site = make_site()
    first = make.make_invoice(make.make_work_order(site))
    pay(first)
    reverse(first)
    other, strange = make.make_invoice(make.make_work_order(site)), make.make_invoice()

    used = services.use_credit(invoice_id=other.pk, actor=make.CLERK, at=LATER)

    assert (used, account(other), cash()) == (10000, (19700, 0), 10000)
    with pytest.raises(IllegalTransition, match="has no credit"):
        services.use_credit(invoice_id=other.pk, actor=make.CLERK, at=LATER)
    with pytest.raises(IllegalTransition, match="has no credit"):
        services.use_credit(invoice_id=strange.pk, actor=make.CLERK, at=LATER)
    with pytest.raises(NotAllowed):
        services.use_credit(invoice_id=other.pk, actor=in_acme.dora.actor, at=LATER)


def test_credit_is_refunded_by_an_act_of_its_own(in_acme: Company) -> None:
    invoice = with_credit()
    refund(invoice, 4000)
    assert (cash(), account(invoice)) == (6000, (0, 6000))
    with pytest.raises(BadInput, match="at most the credit of ¥6,000"):
        refund(invoice, 6001)
    with pytest.raises(BadInput, match="from 23 November 2026 to 26 November 2026") as refused:
        refund(invoice, 1, on=date(2026, 11, 27))
    assert list(refused.value.errors) == ["paid_on"]
    with pytest.raises(IllegalTransition, match="not reversed"):
        refund(make.make_invoice(), 1)
    assert AuditEntry.objects.filter(verb="credit_refunded").count() == 1


def test_what_was_refunded_or_carried_wrongly_is_credit_again(in_acme: Company) -> None:
    first = with_credit()
    take_back(refund(first, 4000))
    assert (cash(), account(first)) == (10000, (0, 10000))

    second = issue_anew(first)
    off, on = first.payments.filter(kind="carried").get(), second.payments.get()
    with pytest.raises(IllegalTransition, match="carried to INV-2: take it back there"):
        take_back(off)
    take_back(on)
    assert (account(first), queries.paid_minor(first.pk)) == ((29700, 10000), 10000)


def test_a_payment_of_a_reversed_invoice_is_taken_back_from_its_credit(in_acme: Company) -> None:
    invoice = make.make_invoice()
    wrong = pay(invoice)
    reverse(invoice)
    second = issue_anew(invoice)
    with pytest.raises(IllegalTransition, match="carried on or refunded"):
        take_back(wrong)
    take_back(second.payments.get())
    take_back(wrong)
    assert (cash(), account(invoice)) == (0, (29700, 0))


def test_settlement_counts_as_to_be_paid_what_is_open(in_acme: Company) -> None:
    second = issue_anew(with_credit())
    assert queries.settlement(at=LATER).unpaid.total_minor == 19700 == account(second)[0]


# The database's own guard.


def lose_the_money(company: Company) -> None:
    """What a reversal did before: every booking back, the payment too."""
    with transaction.atomic(), tenant_active(company.tenant.pk):
        invoice = make.make_invoice()
        pay(invoice)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("billing.queries.paid_minor", lambda pk: 0)
            reverse(invoice)


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_loses_money_is_refused(acme: Company) -> None:
    with pytest.raises(
        IntegrityError, match="out of step: 10000 of 29700 is held, its books say -10000 open"
    ):
        lose_the_money(acme)


@pytest.fixture
def without_the_trigger(as_owner: None) -> Iterator[None]:
    """The control: as owner, the guard taken away for one test."""
    tables = ("billing_invoice", "billing_payment", "billing_ledgerline")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER invoice_in_step")
    yield
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER invoice_in_step")


def test_without_the_trigger_it_would_be_committed(without_the_trigger: None, acme: Company) -> None:
    lose_the_money(acme)
    with tenant_active(acme.tenant.pk):
        assert Invoice.objects.get().status == InvoiceStatus.REVERSED


# Pages and programs.


def test_pages_tell_the_same_sums(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        invoice = make.make_invoice()
        pay(invoice)
    cora, path = signed_in(acme.cora), f"/t/acme/invoices/{invoice.pk}"

    back = cora.post(f"{path}/reverse/", {"reason": "Wrong branch"}, follow=True).content.decode()
    assert "¥10,000 that came in is now the customer&#x27;s credit." in back
    assert "Reversed by Cora Clerk" in back and "Wrong branch" in back
    card = cora.get(f"/t/acme/customers/{invoice.customer_id}/invoices/", headers={"HX-Request": "true"})
    assert "Credit ¥10,000" in card.content.decode()
    assert "Reversed on" in cora.get(f"{path}/print/").content.decode()
    over = cora.post(f"{path}/refund/", {"amount": "10,001", "paid_on": make.today(acme)})
    assert over.status_code == 422 and over.context["refund_form"].errors["amount"]
    assert cora.post(f"{path}/refund/", {"amount": "4,000", "paid_on": make.today(acme)}).status_code == 303

    anew = cora.post(f"/t/acme/work-orders/{invoice.work_order_id}/invoice/", follow=True).content.decode()
    assert "from INV-1" in anew and "¥23,700" in anew
    page = cora.get(f"/t/acme/customers/{invoice.customer_id}/invoices/").content.decode()
    assert "Open ¥23,700" in page and "Credit ¥" not in page


def test_credit_is_used_by_hand_where_it_is_offered(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site()
        first = make.make_invoice(make.make_work_order(site))
        pay(first)
        reverse(first)
        other = make.make_invoice(make.make_work_order(site))
    cora, path = signed_in(acme.cora), f"/t/acme/invoices/{other.pk}"
    assert "Use ¥10,000 of it" in cora.get(f"{path}/").content.decode()
    used = cora.post(f"{path}/use-credit/", follow=True).content.decode()
    assert "¥10,000 of the customer&#x27;s credit used." in used and "Use ¥" not in used


def test_a_program_uses_and_refunds_credit(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site()
        first = make.make_invoice(make.make_work_order(site))
        pay(first)
        reverse(first)
        other = make.make_invoice(make.make_work_order(site))

    def post(path: str, body: dict[str, Any]) -> Any:
        return program(acme).post(f"/api/v1/invoices/{path}", body, content_type="application/json")

    back = post(f"{first.pk}/refund", {"amount_minor": 4000, "paid_on": make.today(acme)})
    assert (back.status_code, back.json()["paid_minor"]) == (201, 6000)
    assert (back.json()["reverse_reason"], back.json()["reversed_by"]) == ("Wrong branch", make.CLERK.label)
    used = post(f"{other.pk}/use-credit", {})
    assert (used.status_code, used.json()["paid_minor"]) == (200, 6000)
    assert post(f"{other.pk}/use-credit", {}).status_code == 409
