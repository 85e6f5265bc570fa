"""The settlement at a glance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from billing import queries, services
from dispatch.enums import WorkOrderStatus
from tests.cast import AT, Company
from tests.factories import billing as make

NOON = AT + timedelta(hours=3)


def test_four_counts(in_acme: Company) -> None:
    make.make_price()
    make.make_priced_visit()
    blocked = make.make_visit(work=30)
    make.make_part_use(blocked, price_minor=0)
    services.price_visit(visit_id=blocked.pk, actor=make.CLERK, at=AT)
    make.make_work_order()
    make.make_invoice()

    found = queries.settlement(at=NOON)

    assert (found.ready.number, found.ready.total_minor) == (1, 29700)
    assert found.blocked.number == 2, "one without a price, one not priced at all"
    assert (found.unpaid.number, found.unpaid.total_minor, found.overdue) == (1, 29700, 0)
    assert found.issued.number == 1
    assert queries.blocked_count() == 1
    assert queries.settlement(at=AT + timedelta(days=60)).overdue == 1


def test_work_leaves_when_it_is_invoiced_and_comes_back_when_that_is_reversed(in_acme: Company) -> None:
    invoice = make.make_invoice()
    assert queries.standings() == []
    services.reverse_invoice(invoice_id=invoice.pk, reason="x", actor=make.CLERK, at=NOON)
    assert [one.state for one in queries.standings()] == ["ready"]


def test_settled_work_that_never_had_an_invoice_is_not_to_settle(in_acme: Company) -> None:
    make.make_work_order(status=WorkOrderStatus.SETTLED)
    assert not queries.work_orders_to_settle().exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_rows(in_acme: Company, rows: int, django_assert_num_queries: Any) -> None:
    for _ in range(rows):
        make.make_priced_visit()
        make.make_visit(make.make_work_order())
    with django_assert_num_queries(5):
        queries.settlement(at=NOON)
