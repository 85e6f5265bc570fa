"""Money that comes in: the days it may bear."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from billing import services
from billing.models import Invoice, Payment
from core.errors import BadInput
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
