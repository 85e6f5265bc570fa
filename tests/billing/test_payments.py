"""Money that comes in: the days it may bear, and what was entered wrongly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.test import Client

from accounts.enums import Permission
from billing import services
from billing.enums import InvoiceStatus
from billing.models import Invoice, LedgerLine, Payment
from core.errors import BadInput, IllegalTransition, NotAllowed
from journal.models import AuditEntry, OutboxEvent
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories import billing as make

SignIn = Callable[[Person], Client]
Program = Callable[..., Client]
LATER = AT + timedelta(days=3)


def pay(invoice: Invoice, amount: int = 10000, *, on: date | None = None, at: datetime = LATER) -> Payment:
    return services.record_payment(
        invoice_id=invoice.pk,
        amount_minor=amount,
        received_on=on or LATER.date(),
        actor=make.CLERK,
        at=at,
    )


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2026, 11, 27), date(2030, 12, 31)])
def test_a_day_that_cannot_be_is_refused_with_those_that_can(in_acme: Company, day: date) -> None:
    invoice = make.make_invoice()
    with pytest.raises(BadInput, match="from 27 May 2026 to 26 November 2026") as refused:
        pay(invoice, on=day)
    assert list(refused.value.errors) == ["received_on"]
    assert not invoice.payments.exists()


def test_today_is_the_companys_day(in_acme: Company) -> None:
    """Nearly midnight in London is the next morning in Tokyo."""
    invoice = make.make_invoice()
    late = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    assert pay(invoice, on=date(2026, 11, 27), at=late).received_on == date(2026, 11, 27)


def test_page_and_program_tell_at_the_field_which_days_are_allowed(
    acme: Company, signed_in: SignIn, program: Program
) -> None:
    with tenant_active(acme.tenant.pk):
        invoice = make.make_invoice()
    cora = signed_in(acme.cora)

    form = {"amount": "1", "received_on": "2099-01-01"}
    page = cora.post(f"/t/acme/invoices/{invoice.pk}/pay/", form)
    assert page.status_code == 422
    assert "can have come in from 27 May 2026 to" in str(page.context["payment_form"].errors["received_on"])
    assert f'max="{make.today(acme)}"' in page.content.decode()
    body = {"amount_minor": 1, "received_on": "1900-01-01"}
    answer = program(acme).post(
        f"/api/v1/invoices/{invoice.pk}/payments", body, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/received_on")


def take_back(payment: Payment, reason: str = "Meant for INV-12") -> Payment:
    return services.take_back_payment(payment_id=payment.pk, reason=reason, actor=make.CLERK, at=LATER)


def test_a_payment_taken_back_leaves_both_rows_and_an_open_invoice(in_acme: Company) -> None:
    invoice = make.make_invoice()
    first, last = pay(invoice, 9700), pay(invoice, 20000)

    back = take_back(last)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid_at) == (InvoiceStatus.ISSUED, None)
    rows = [(p.kind, p.amount_minor, p.undoes_id) for p in invoice.payments.all()]
    assert rows == [("received", 9700, None), ("received", 20000, None), ("taken_back", -20000, last.pk)]
    assert (back.reason, back.actor_label, back.at) == ("Meant for INV-12", make.CLERK.label, LATER)
    assert balances() == {"cash": 9700, "receivable": 20000, "revenue": -27000, "tax": -2700}
    assert AuditEntry.objects.get(verb="payment_taken_back").reason == "Meant for INV-12"
    assert OutboxEvent.objects.filter(name="billing.PaymentTakenBack").count() == 1
    pay(invoice, 20000)
    invoice.refresh_from_db()
    assert (invoice.status, first.undone_by.exists()) == (InvoiceStatus.PAID, False)


def test_taking_back_twice_happens_once(in_acme: Company) -> None:
    payment = pay(make.make_invoice())
    assert take_back(payment).pk == take_back(payment, "again").pk
    assert balances()["cash"] == 0


def test_the_database_takes_a_payment_back_once(in_acme: Company) -> None:
    payment = pay(make.make_invoice())
    back = take_back(payment)
    with pytest.raises(IntegrityError, match="payment_taken_back_once"), transaction.atomic():
        Payment.objects.create(
            invoice=payment.invoice,
            kind=back.kind,
            amount_minor=back.amount_minor,
            received_on=back.received_on,
            undoes=payment,
            reason="past the service",
            actor_label="x",
            at=LATER,
        )


def test_a_payment_is_taken_back_with_a_reason_by_who_may_record_one(in_acme: Company) -> None:
    payment = pay(make.make_invoice())
    with pytest.raises(BadInput, match="Say why"):
        take_back(payment, " ")
    with pytest.raises(NotAllowed):
        services.take_back_payment(payment_id=payment.pk, reason="x", actor=in_acme.dora.actor, at=LATER)
    with pytest.raises(IllegalTransition, match="itself takes a payment back"):
        take_back(take_back(payment))


def test_a_payment_is_taken_back_on_its_page(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        payment = pay(make.make_invoice(), 29700)
    cora, path = signed_in(acme.cora), f"/t/acme/payments/{payment.pk}/take-back/"

    assert cora.post(path, {"reason": ""}).status_code == 422
    page = cora.post(path, {"reason": "Meant for INV-12"}, follow=True).content.decode()
    assert "¥29,700 taken back" in page and "Meant for INV-12" in page and "Cora Clerk" in page
    assert "Record payment" in page and "Take ¥29,700 back" not in page
    paper = cora.get(f"/t/acme/invoices/{payment.invoice_id}/print/").content.decode()
    assert "Amount due, tax included" in paper


def test_a_program_takes_a_payment_back(acme: Company, program: Program) -> None:
    with tenant_active(acme.tenant.pk):
        payment = pay(make.make_invoice(), 29700)
    path, body = f"/api/v1/payments/{payment.pk}/take-back", {"reason": "Mistyped"}
    reader = program(acme, Permission.SETTLEMENT_VIEW, Permission.INVOICE_ISSUE)
    assert reader.post(path, body, content_type="application/json").status_code == 403

    for _twice in range(2):
        answer = program(acme).post(path, body, content_type="application/json")
        assert (answer.status_code, answer.json()["status"], answer.json()["paid_minor"]) == (
            200,
            "issued",
            0,
        )
    last = answer.json()["payments"][-1]
    assert (last["kind"], last["amount_minor"], last["undoes"]) == ("taken_back", -29700, payment.pk)
    assert last["reason"] == "Mistyped" and last["by"]


def balances() -> dict[str, int]:
    rows = LedgerLine.objects.order_by().values_list("account").annotate(total=Sum("amount_minor"))
    return dict(rows)
