"""Pure decisions about tickets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from core.errors import IllegalTransition
from tickets import rules
from tickets.enums import TicketStatus as S


@dataclass(frozen=True)
class Promise:
    pk: int
    priority: int | None = None
    tier: str = ""
    kind: str = ""
    contract_id: int | None = None
    work_type_code: str = ""


def chosen(policies: list[Promise], **facts: Any) -> tuple[int, str] | None:
    found = rules.choose_policy(policies, rules.Facts(**facts))
    return found and (found[0].pk, found[1])


def test_the_most_specific_promise_wins() -> None:
    everything = [Promise(1), Promise(2, 1), Promise(3, None, "gold"), Promise(4, 1, "gold")]
    assert chosen(everything, priority=1, tier="gold") == (4, "priority+tier")
    assert chosen(everything, priority=1) == (2, "priority")
    assert chosen(everything, priority=3, tier="gold") == (3, "tier")
    assert chosen(everything, priority=3) == (1, "any")
    assert chosen([Promise(2, 1)], priority=3) is None


def test_kind_weighs_most_then_contract_work_type_priority_and_tier() -> None:
    order = [
        Promise(1, tier="gold"),
        Promise(2, priority=1),
        Promise(3, work_type_code="lift"),
        Promise(4, contract_id=7),
        Promise(5, kind="complaint"),
    ]
    facts = {"priority": 1, "tier": "gold", "work_type": "lift", "contract_ids": (7,), "kind": "complaint"}
    while order:
        found = chosen(order, **facts)
        assert found is not None
        assert found[0] == order.pop().pk


def test_of_two_alike_the_older_wins() -> None:
    assert chosen([Promise(9, 1), Promise(5, 1)], priority=1) == (5, "priority")


def test_conditions_must_all_hold() -> None:
    facts = rules.Facts(priority=2, channel="chat")
    conditions: list[dict[str, Any]] = [
        {"field": "channel", "any_of": ["chat"]},
        {"field": "priority", "any_of": [1, 2]},
    ]
    assert rules.applies(conditions, facts)
    assert not rules.applies([*conditions, {"field": "tier", "any_of": ["gold"]}], facts)


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


def test_a_merged_ticket_only_stands_for_itself_again() -> None:
    rules.check_move("T-1", S.MERGED, S.OPEN)
    for wanted in set(S) - {S.OPEN}:
        with pytest.raises(IllegalTransition):
            rules.check_move("T-1", S.MERGED, wanted)
