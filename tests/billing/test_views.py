"""Pages of settlement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from billing import services
from billing.models import Charge, Invoice, PriceItem
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories import billing as make
from tests.factories.customers import make_contact, make_site
from tests.factories.dispatch import make_work_order

SignIn = Callable[[Person], Client]


def url(path: str) -> str:
    return f"/t/acme/{path}"


def test_settlement_shows_what_blocks_and_how_an_amount_came_to_be(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        ready = make.make_priced_visit()
        blocked = make.make_visit(work=20)
        make.make_part_use(blocked, price_minor=0)
        services.price_visit(visit_id=blocked.pk, actor=make.CLERK, at=AT)
    cora = signed_in(acme.cora)

    page = cora.get(url(f"settlement/?order={ready.work_order_id}")).content.decode()
    assert "Issue invoice ¥29,700" in page
    assert "90 min from the engineer&#x27;s taps" in page and "Up to quarter hours: 1.5 h" in page
    page = cora.get(url(f"settlement/?order={blocked.work_order_id}")).content.decode()
    assert "No price for “Roller kit”" in page and "Issue invoice ¥" not in page


def test_the_paper_asks_only_for_what_is_still_due(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site()
        invoice = make.make_invoice(
            make.make_work_order(site, contact=make_contact(site.customer, language="en"))
        )
    cora, paper = signed_in(acme.cora), url(f"invoices/{invoice.pk}/print/")

    def after(amount: int) -> str:
        cora.post(url(f"invoices/{invoice.pk}/pay/"), {"amount": amount, "received_on": make.today(acme)})
        return cora.get(paper).content.decode()

    due = cora.get(paper).content.decode()
    assert "Amount due, tax included" in due and "Payable by" in due
    part = after(10_000)
    assert "Amount due" not in part and "Paid so far: ¥10,000. Still due: ¥19,700." in part
    paid = after(19_700)
    assert "Amount due" not in paid and "Payable by" not in paid
    assert "Paid in full on" in paid and "Nothing is due." in paid


@pytest.mark.parametrize(
    ("query", "rows"), [("", 2), ("?show=ready", 1), ("?show=blocked", 1), ("?show=x", 0)]
)
def test_a_count_filters_the_list(acme: Company, signed_in: SignIn, query: str, rows: int) -> None:
    with tenant_active(acme.tenant.pk):
        make.make_priced_visit()
        make.make_visit()
    assert len(signed_in(acme.cora).get(url(f"settlement/{query}")).context["rows"]) == rows


def test_an_empty_settlement_reads_well(acme: Company, signed_in: SignIn) -> None:
    assert "Everything is settled" in signed_in(acme.cora).get(url("settlement/")).content.decode()


def test_an_invoice_is_issued_paid_and_reversed_by_hand(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make.make_priced_visit()
    cora = signed_in(acme.cora)

    issued = cora.post(url(f"work-orders/{visit.work_order_id}/invoice/"), follow=True)
    invoice: Invoice = issued.context["invoice"]
    assert "INV-1 issued: ¥29,700" in issued.content.decode()
    over = cora.post(
        url(f"invoices/{invoice.pk}/pay/"), {"amount": "30,000", "received_on": make.today(acme)}
    )
    assert over.status_code == 422 and "is more than the ¥29,700" in over.content.decode()
    paid = cora.post(
        url(f"invoices/{invoice.pk}/pay/"), {"amount": "２９,７００", "received_on": make.today(acme)}
    )
    assert paid.status_code == 303
    assert cora.post(url(f"invoices/{invoice.pk}/reverse/"), {"reason": ""}).status_code == 422
    back = cora.post(url(f"invoices/{invoice.pk}/reverse/"), {"reason": "Wrong branch"}, follow=True)
    assert "can be invoiced anew" in back.content.decode()


def test_a_blocked_invoice_is_refused_with_the_way_out(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make.make_visit(work=20)
        services.price_visit(visit_id=visit.pk, actor=make.CLERK, at=AT)
    answer = signed_in(acme.cora).post(url(f"work-orders/{visit.work_order_id}/invoice/"))
    assert answer.status_code == 409 and "set one in prices" in answer.content.decode()


def test_the_ready_ones_are_issued_by_one_button(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        for hours in (0, 4):
            make.make_priced_visit(start_at=AT + timedelta(hours=hours))
    answer = signed_in(acme.cora).post(url("settlement/issue-ready/"), follow=True)
    assert "2 invoices issued" in answer.content.decode()


def test_a_price_set_on_the_page_solves_what_waited(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make.make_visit(work=60)
        services.price_visit(visit_id=visit.pk, actor=make.CLERK, at=AT)
    cora = signed_in(acme.cora)
    form = {"kind": "labour", "name": "Labour 2026", "unit_price_minor": "18,000", "valid_from": "2026-01-01"}

    assert cora.post(url("prices/"), {**form, "unit_price_minor": "x"}).status_code == 422
    assert cora.post(url("prices/"), form).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert (Charge.objects.get().amount_minor, PriceItem.objects.get().unit_price_minor) == (18000, 18000)
    assert "¥18,000" in cora.get(url("prices/")).content.decode()


def test_price_again_prices_what_was_never_priced(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        make.make_price()
        visit = make.make_visit(work=60)
    page = signed_in(acme.cora).post(url(f"work-orders/{visit.work_order_id}/price/"), follow=True)
    assert "Issue invoice ¥19,800" in page.content.decode()


def test_a_charge_is_changed_with_a_reason(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make.make_priced_visit()
        charge = Charge.objects.get(visit=visit)
    cora = signed_in(acme.cora)
    page = url(f"charges/{charge.pk}/change/")
    form = {"description": "Labour", "quantity": "1", "unit_price_minor": "10,000", "payer": "customer"}

    assert "Measured" in cora.get(page).content.decode()
    assert cora.post(page, form).status_code == 422
    shown = cora.post(page, {**form, "reason": "Agreed"}, follow=True).content.decode()
    assert "Cora Clerk: Agreed" in shown and "Issue invoice ¥11,000" in shown


def test_the_paper_is_in_the_customers_language_with_all_a_qualified_invoice_needs(
    acme: Company, signed_in: SignIn
) -> None:
    acme.tenant.tax_registration = "T1234567890123"
    acme.tenant.save()
    with tenant_active(acme.tenant.pk):
        site = make_site()
        invoice = make.make_invoice(
            make.make_work_order(site, contact=make_contact(site.customer, language="ja"))
        )
    answer = signed_in(acme.cora).get(url(f"invoices/{invoice.pk}/print/"))
    page = answer.content.decode()
    assert '<html lang="ja"' in page and answer["Content-Language"] == "ja"
    for words in (
        "T1234567890123",
        "INV-1",
        "2026年11月23日",
        "¥29,700",
        "10%",
        "27,000",
        "2,700",
        "Acme Service",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", 1),
        ("?q=INV-1", 1),
        ("?q=aoki", 1),
        ("?q=99", 0),
        ("?status=paid", 0),
        ("?status=issued", 1),
        ("?status=overdue", 0),
        ("?q=99999999999999999999", 0),
    ],
)
def test_invoices_are_found_by_number_customer_and_state(
    acme: Company, signed_in: SignIn, query: str, rows: int
) -> None:
    with tenant_active(acme.tenant.pk):
        make.make_invoice()
    assert len(signed_in(acme.cora).get(url(f"invoices/{query}")).context["rows"]) == rows


def test_the_work_orders_fragment_is_what_its_page_holds(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        invoice = make.make_invoice()
    path = url(f"work-orders/{invoice.work_order_id}/charges/")
    cora = signed_in(acme.cora)
    fragment = cora.get(path, headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip() in cora.get(path).content.decode()
    assert "INV-1" in fragment and "<html" not in fragment


def test_what_was_settled_elsewhere_waits_for_no_charges(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        elsewhere, to_do = (make_work_order(status=status) for status in ("settled", "unscheduled"))
    cora = signed_in(acme.cora)
    pages = [
        cora.get(url(f"work-orders/{order.pk}/charges/")).content.decode() for order in (elsewhere, to_do)
    ]
    assert ["Settled elsewhere" in page for page in pages] == [True, False]
    assert ["No charges yet" in page for page in pages] == [False, True]


@pytest.mark.parametrize(
    "path",
    ["settlement/", "invoices/", "prices/", "invoices/1/", "invoices/1/print/", "work-orders/1/charges/"],
)
def test_money_is_for_those_who_may_see_it(acme: Company, signed_in: SignIn, path: str) -> None:
    assert signed_in(acme.dora).get(url(path)).status_code == 403


def test_a_rivals_invoice_does_not_exist(acme: Company, globex: Company, signed_in: SignIn) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make.make_invoice()
    cora = signed_in(acme.cora)
    for path in (
        f"invoices/{theirs.pk}/",
        f"invoices/{theirs.pk}/print/",
        f"work-orders/{theirs.work_order_id}/charges/",
    ):
        assert cora.get(url(path)).status_code == 404
    assert cora.post(url(f"work-orders/{theirs.work_order_id}/invoice/")).status_code == 404
    assert cora.post(url(f"invoices/{theirs.pk}/reverse/"), {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(("path", "queries"), [("settlement/", 15), ("invoices/", 8)])
@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_rows(
    acme: Company, signed_in: SignIn, django_assert_num_queries: Any, *, path: str, queries: int, rows: int
) -> None:
    with tenant_active(acme.tenant.pk):
        for _ in range(rows):
            make.make_priced_visit()
            make.make_invoice()
    cora = signed_in(acme.cora)
    cora.get(url(path))
    with django_assert_num_queries(queries):
        cora.get(url(path))
