"""The ledger's own guard and invoice numbers under load: in real commits."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from django.db import IntegrityError, connection, transaction

from billing import services
from billing.enums import Account
from billing.models import LedgerEntry, LedgerLine
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories import billing as make
from tests.factories.customers import make_site


def book_one_side(company: Company) -> None:
    """A commit with a debit and no credit."""
    with transaction.atomic(), tenant_active(company.tenant.pk):
        entry = LedgerEntry.objects.create(invoice=make.make_invoice(), memo="lopsided", at=AT)
        LedgerLine.objects.create(entry=entry, account=Account.CASH, amount_minor=1, currency="JPY")


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_does_not_balance_is_refused(acme: Company) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        book_one_side(acme)
    with tenant_active(acme.tenant.pk):
        assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_is_refused_even_when_the_tenant_was_left_before_the_commit(
    acme: Company, globex: Company
) -> None:
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        with tenant_active(acme.tenant.pk):
            book_one_side(acme)
        with tenant_active(globex.tenant.pk):
            pass


@pytest.mark.django_db(transaction=True)
def test_currencies_balance_each_for_itself(acme: Company) -> None:
    with pytest.raises(IntegrityError, match="does not balance"), tenant_active(acme.tenant.pk):
        entry = LedgerEntry.objects.create(invoice=make.make_invoice(), memo="mixed", at=AT)
        for currency, amount in (("JPY", 5), ("USD", -5)):
            LedgerLine.objects.create(
                entry=entry, account=Account.CASH, amount_minor=amount, currency=currency
            )


@pytest.fixture
def without_the_trigger(as_owner: None) -> Iterator[None]:
    """The control: as owner, the guard taken away for one test."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_ledgerline DISABLE TRIGGER ledger_entry_balances")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_ledgerline ENABLE TRIGGER ledger_entry_balances")


def test_without_the_trigger_it_would_be_committed(without_the_trigger: None, acme: Company) -> None:
    book_one_side(acme)
    with tenant_active(acme.tenant.pk):
        assert LedgerEntry.objects.filter(memo="lopsided").exists()


# Numbers under load.


def issue_in_parallel(company: Company, orders: list[int]) -> list[int]:
    def issue(work_order_id: int) -> int:
        try:
            with tenant_active(company.tenant.pk):
                if work_order_id % 5 == 0:
                    services.issue_invoice(work_order_id=work_order_id, actor=make.CLERK, at=AT)
                    raise RuntimeError("the request fails after the number was taken")
                return services.issue_invoice(work_order_id=work_order_id, actor=make.CLERK, at=AT).number
        except RuntimeError:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        return [number for number in pool.map(issue, orders) if number]


@pytest.mark.django_db(transaction=True)
def test_parallel_issues_number_without_gaps(acme: Company) -> None:
    orders = finished_orders(acme, 24)
    numbers = issue_in_parallel(acme, orders)

    assert len(numbers) < 24, "some had to fail after taking a number, or the test shows nothing"
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.django_db(transaction=True)
def test_a_sequence_would_leave_gaps(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same load, numbered by something that a rollback does not undo."""
    given = count(1)
    monkeypatch.setattr("billing.services.invoices.next_number", lambda kind: next(given))
    numbers = sorted(issue_in_parallel(acme, finished_orders(acme, 12)))
    assert numbers != list(range(numbers[0], numbers[0] + len(numbers)))


def finished_orders(company: Company, wanted: int) -> list[int]:
    with tenant_active(company.tenant.pk):
        make.make_price()
        start = AT
        orders = []
        engineer = make.make_engineer()
        site = make_site()
        for number in range(wanted):
            visit = make.make_visit(
                make.make_work_order(site),
                work=15,
                engineer=engineer,
                start_at=start + timedelta(hours=number),
            )
            services.price_visit(visit_id=visit.pk, actor=make.CLERK, at=AT)
            orders.append(visit.work_order_id)
    return orders
