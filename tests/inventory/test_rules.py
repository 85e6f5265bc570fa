"""What is a quantity, what is enough, when stock runs low."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core import formats
from inventory import rules


@pytest.mark.parametrize("number", ["0.001", "1", "2.5", "999999"])
def test_movable(number: str) -> None:
    assert rules.is_movable(Decimal(number))


@pytest.mark.parametrize("number", ["0", "-1", "0.0001", "1000000", "NaN", "Infinity"])
def test_not_movable(number: str) -> None:
    assert not rules.is_movable(Decimal(number))


def test_nothing_can_be_counted_but_not_moved() -> None:
    assert rules.is_countable(Decimal(0))
    assert not rules.is_countable(Decimal("NaN"))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(3, 2, False), (2, 1, True), (1, 0, False), (0, 3, False)],
)
def test_running_low_is_told_once_when_the_minimum_is_crossed(before: int, after: int, told: bool) -> None:
    assert rules.ran_low(Decimal(before), Decimal(after), Decimal(2)) is told


@pytest.mark.parametrize(("on_hand", "state"), [(0, "out"), (1, "low"), (2, "ok")])
def test_state_of_a_level(on_hand: int, state: str) -> None:
    assert rules.level_state(Decimal(on_hand), Decimal(2)) == state


@pytest.mark.parametrize(("number", "text"), [("2.000", "2"), ("1.500", "1.5"), ("-3", "−3"), ("100", "100")])
def test_quantities_read_as_people_write_them(number: str, text: str) -> None:
    assert formats.quantity(Decimal(number)) == text
