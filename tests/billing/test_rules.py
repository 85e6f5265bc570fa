"""Pure pricing and sums."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import pricing, rules
from billing.enums import Block, ChargeKind
from billing.pricing import Price

LIST = Price("Labour", 18000, date(2026, 4, 1))


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [(0, "0.25"), (1, "0.25"), (15, "0.25"), (16, "0.5"), (60, "1"), (72, "1.25"), (90, "1.5")],
)
def test_time_is_rounded_up_to_quarter_hours(minutes: int, hours: str) -> None:
    assert pricing.billable_hours(minutes) == Decimal(hours)


@given(st.integers(min_value=1, max_value=100_000))
def test_a_customer_never_pays_a_whole_quarter_too_much(minutes: int) -> None:
    billed = pricing.billable_hours(minutes) * 60
    assert 0 <= billed - minutes < 15


def test_labour_explains_its_amount() -> None:
    line = pricing.price_labour(72, LIST)

    assert (line.quantity, line.amount_minor, line.blocked_by) == (Decimal("1.25"), 22500, "")
    assert [step["code"] for step in line.steps] == ["measured", "rounded", "list_price"]
    assert line.steps[-1]["amount_minor"] == 22500


def test_labour_without_a_price_is_zero_and_blocked() -> None:
    line = pricing.price_labour(72, None)

    assert (line.amount_minor, line.blocked_by) == (0, Block.NO_PRICE)
    assert line.steps[-1] == {"code": "no_price", "kind": "labour", "amount_minor": 0}


def test_travel_by_the_hour_goes_before_the_flat_fee() -> None:
    fee = Price("Call-out", 5000, date(2026, 1, 1))
    hourly = Price("Travel", 8000, date(2026, 1, 1))

    by_hour, flat = pricing.price_travel(20, hourly, fee), pricing.price_travel(20, None, fee)
    assert by_hour is not None and flat is not None
    assert (by_hour.kind, by_hour.amount_minor) == (ChargeKind.TRAVEL, 4000)
    assert (flat.kind, flat.quantity, flat.amount_minor) == (ChargeKind.FEE, Decimal(1), 5000)


def test_no_travel_and_no_fee_is_no_line() -> None:
    assert pricing.price_travel(0, None, None) is None


def test_travel_without_any_price_is_blocked() -> None:
    line = pricing.price_travel(20, None, None)
    assert line is not None and line.blocked_by == Block.NO_PRICE


def test_a_part_is_billed_by_the_billed_quantity() -> None:
    line = pricing.price_part(Decimal(3), Decimal(2), "piece", 2500)

    assert (line.quantity, line.amount_minor) == (Decimal(2), 5000)
    assert [step["code"] for step in line.steps] == ["used", "billed", "part_price"]


@pytest.mark.parametrize(("billed", "blocked"), [(1, Block.NO_PRICE), (0, "")])
def test_a_part_without_a_price_is_blocked_unless_nothing_is_billed(billed: int, blocked: str) -> None:
    assert pricing.price_part(Decimal(1), Decimal(billed), "piece", 0).blocked_by == blocked


def test_the_price_of_the_kind_of_work_goes_before_the_general_one_then_the_latest() -> None:
    old, new = Price("old", 1, date(2026, 1, 1)), Price("new", 2, date(2026, 6, 1))
    own = Price("own", 3, date(2025, 1, 1), is_specific=True)

    assert pricing.best_price([old, new], date(2026, 5, 31)) == old
    assert pricing.best_price([old, new], date(2026, 6, 1)) == new
    assert pricing.best_price([old, new, own], date(2026, 6, 1)) == own
    assert pricing.best_price([new], date(2026, 5, 31)) is None


def test_tax_is_rounded_once_per_rate_not_per_line() -> None:
    lines = [(Decimal("10.00"), 105), (Decimal("10.00"), 105), (Decimal("8.00"), 106)]
    sums = rules.sums_of(lines)

    assert (sums.net_minor, sums.tax_minor, sums.total_minor) == (316, 21 + 8, 345)
    assert [row["rate_percent"] for row in sums.taxes] == ["10.00", "8.00"]


def test_a_rate_of_three_decimals_is_told_in_full() -> None:
    (row,) = rules.sums_of([(Decimal("8.875"), 10_000)]).taxes
    assert row == {"rate_percent": "8.875", "net_minor": 10_000, "tax_minor": 888}


@given(st.dictionaries(st.sampled_from(["customer", "maker", "us"]), st.integers(0, 10**9), min_size=1))
def test_shares_of_payers_sum_to_a_hundred(amounts: dict[str, int]) -> None:
    found = rules.shares(amounts)
    assert sum(found.values()) == (100 if any(amounts.values()) else 0)


@pytest.mark.parametrize(
    ("status", "paid", "today", "state"),
    [
        ("issued", 0, date(2026, 12, 31), "issued"),
        ("issued", 5, date(2026, 12, 31), "part_paid"),
        ("issued", 5, date(2027, 1, 1), "overdue"),
        ("paid", 9, date(2027, 1, 1), "paid"),
        ("reversed", 0, date(2027, 1, 1), "reversed"),
    ],
)
def test_how_an_invoice_is_shown(status: str, paid: int, today: date, state: str) -> None:
    assert rules.invoice_state(status, paid_minor=paid, due=date(2026, 12, 31), today=today) == state


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (date(1900, 1, 1), False),
        (date(2025, 11, 23), False),
        (date(2026, 5, 26), False),
        (date(2026, 5, 27), True),
        (date(2026, 12, 1), True),
        (date(2026, 12, 2), False),
    ],
)
def test_money_comes_in_from_half_a_year_before_the_invoice_until_today(day: date, *, fits: bool) -> None:
    first, last = rules.days_of_receipt(date(2026, 11, 23), date(2026, 12, 1))
    assert (first <= day <= last) == fits
