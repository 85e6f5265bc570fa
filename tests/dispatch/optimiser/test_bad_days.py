"""A day that cannot be read or kept is refused with words, never planned in silence."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.optimiser import days
from dispatch.optimiser.problem import BadProblem
from dispatch.optimiser.search import Budget, solve
from tests.dispatch.optimiser.field import HOUR, Day, day, engineer, order


def locked(number: int, start: int, who: int = 1, **changes: Any) -> dict[str, Any]:
    return order(number, locked={"engineer": who, "start": start}, window=[start, start], **changes)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (day([], [order(1)]), "nobody to send"),
        (day([engineer(1)], [locked(7, 9 * HOUR), locked(8, 9 * HOUR + 60)]), r"(7|8) would be dropped"),
        (day([engineer(1)], [locked(7, 20 * HOUR)]), "7 would be dropped"),
        (day([engineer(1)], [locked(7, 9 * HOUR, who=3)]), "Order 7 .*engineer 3, who is not there"),
        (day([engineer(1)], [order(7, seconds=0)]), "Order 7 .*duration above zero"),
        (day([engineer(1)], [order(7, seconds=10**12)]), "Order 7 .*beyond all measure"),
        (day([engineer(1)], [order(7, window=[10 * HOUR, 9 * HOUR])]), "Order 7 must start after"),
        (day([engineer(1)], [order(7, window=[10 * HOUR])]), "Order 7 cannot be read"),
        (day([engineer(1)], [order(7, priority=9)]), "Order 7 .*priority is 9"),
        (day([engineer(1)], [order(7, x=float("nan"))]), "Order 7 .*not a number"),
        (day([engineer(1)], [order(7, x=None)]), "Order 7 cannot be read"),
        (day([engineer(1)], [{"id": 7, "priority": 1}]), "Order 7 .* is missing"),
        (day([engineer(1)], [order(7, needs=3)]), "Order 7 cannot be read"),
        (day([engineer(1)], [order(7), order(7)]), "two orders 7"),
        (day([engineer(1), engineer(1)], []), "two engineers 1"),
        (day([engineer(1)], ["x"]), "order at place 0 has no id"),
        (day([engineer(1, shift=[-HOUR, HOUR])], []), "Engineer 1 works from"),
        (day([engineer(1, x="here")], []), "Engineer 1 cannot be read"),
        (day([engineer(1, shift=[17 * HOUR, 8 * HOUR])], []), "Engineer 1 .*before it begins"),
        (day([engineer(1, shift=[0, HOUR, 2 * HOUR])], []), "shift has 3 moments"),
        (day([engineer(1, shift=8)], []), "shift is 8; give a list"),
        (day([engineer(1, can="gas")], []), "can is 'gas'; give a list"),
        (day([engineer(True)], []), "engineer at place 0 has no id"),
        (day([engineer(1)], [order(7, needs=[[1]])]), r"Order 7 .*needs names \[1\]"),
        (day([engineer(1)], [order(7, seconds="600")]), "Order 7 .*seconds is '600'; give a number"),
        (day([engineer(1)], [order(7, seconds=600.5)]), "Order 7 .*seconds is 600.5; give whole seconds"),
        (day([engineer(1)], [order(7, seconds=float("inf"))]), "Order 7 .*give whole seconds"),
        (day([engineer(1)], [order(7, locked="Tom")]), "Order 7 .*locked is 'Tom'; give an object"),
        (day([engineer(1)], [], lunch="noon"), "The lunch .*give an object"),
        (day([engineer(1)], [], lunch={"from": 9, "to": 5, "seconds": 60}), "The lunch .*between 9 and 5"),
        (day([engineer(1)], [], speed_mps=0), "speed is 0"),
        (day([engineer(1)], [], speed_mps=None), "The speed cannot be read"),
        (day([engineer(1)], [], lunch={"from": 5}), "The lunch cannot be read: 'to' is missing"),
        (day([engineer(1)], [order(7, x=1e300)]), "look at the coordinates"),
        ({"engineers": []}, 'no list "orders"'),
        ({}, 'no list "engineers"'),
    ],
)
def test_a_bad_day_is_refused_with_words(given: Day, words: str) -> None:
    with pytest.raises(BadProblem, match=words):
        solve(days.problem_of(given), Budget(steps=1, rounds=1, threads=1))


def test_two_promises_that_fit_are_both_kept() -> None:
    given = day([engineer(1)], [locked(7, 11 * HOUR), locked(8, 9 * HOUR), order(9)])
    solution = solve(days.problem_of(given), Budget(steps=50, rounds=2, threads=1))
    assert {7, 8} <= set(days.plan_of(given, solution.routes)["routes"]["1"])
