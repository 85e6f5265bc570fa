"""Pure decisions about tickets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core.errors import IllegalTransition
from tickets import rules
from tickets.enums import TicketStatus as S


@dataclass(frozen=True)
class Promise:
    pk: int
    priority: int | None
    tier: str


def test_the_most_specific_promise_wins() -> None:
    anybody, urgent, gold, both = (
        Promise(1, None, ""),
        Promise(2, 1, ""),
        Promise(3, None, "gold"),
        Promise(4, 1, "gold"),
    )
    everything = [anybody, urgent, gold, both]
    assert rules.choose_policy(everything, priority=1, tier="gold") == (both, "tier_and_priority")
    assert rules.choose_policy(everything, priority=1, tier="") == (urgent, "priority")
    assert rules.choose_policy(everything, priority=3, tier="gold") == (gold, "tier")
    assert rules.choose_policy(everything, priority=3, tier="") == (anybody, "any")
    assert rules.choose_policy([urgent], priority=3, tier="") is None


def test_of_two_alike_the_older_wins() -> None:
    assert rules.choose_policy([Promise(9, 1, ""), Promise(5, 1, "")], priority=1, tier="") == (
        Promise(5, 1, ""),
        "priority",
    )


@pytest.mark.parametrize(
    ("status", "waiting_for", "then"),
    [
        (S.WAITING, "customer", S.OPEN),
        (S.WAITING, "visit", S.WAITING),
        (S.WAITING, "parts", S.WAITING),
        (S.RESOLVED, "", S.REOPENED),
        (S.CLOSED, "", S.REOPENED),
        (S.NEW, "", S.NEW),
    ],
)
def test_a_customers_reply(status: S, waiting_for: str, then: S) -> None:
    assert rules.status_after_reply(status, waiting_for) == then


def test_a_merged_ticket_goes_nowhere() -> None:
    for wanted in S:
        with pytest.raises(IllegalTransition):
            rules.check_move("T-1", S.MERGED, wanted)
