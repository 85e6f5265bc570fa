"""Typed conditions: checked when saved with the place of the error, bounded when run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch import expressions
from dispatch.expressions import CannotEvaluate, WrongExpression

FACTS: dict[str, Any] = {
    "work.type": "boiler",
    "work.priority": 2,
    "work.skills": {"gas": 3},
    "site.area_key": "queens",
    "event.at": datetime(2026, 11, 23, 0, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", True),
        ("work.type == 'boiler' && work.priority <= 2", True),
        ("'gas' in work.skills && work.skills['gas'] >= 3", True),
        ("work.type in ['a', 'b']", False),
        ("event.at.getHours('Asia/Tokyo') == 9", True),
        ("work.type.matches('^boil') || customer.tier == 'gold'", True),
        ("visit.late_minutes > 0", False),
    ],
)
def test_an_expression_is_true_or_false(text: str, answer: bool) -> None:
    expressions.check(text)
    assert expressions.holds(text, FACTS) is answer


@pytest.mark.parametrize(
    ("text", "code", "place", "facts"),
    [
        ("work.typ == 'a'", "unknown_name", (1, 5), {"name": "work.typ", "near": "work.type"}),
        ("work.type ==\n 3", "wrong_type", (1, 11), {"operator": "==", "types": "string, int"}),
        ("work.priority < 'a'", "wrong_type", (1, 15), {"operator": "<", "types": "int, string"}),
        ("true &&\n nothing()", "unknown_name", (2, 9), {"name": "nothing", "near": ""}),
        ("work.priority", "not_yes_no", (0, 0), {"kind": "number"}),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    text: str, code: str, place: tuple[int, int], facts: dict[str, Any]
) -> None:
    with pytest.raises(WrongExpression) as caught:
        expressions.check(text)
    found = caught.value
    assert (found.code, (found.line, found.column), dict(found.facts)) == (code, place, facts)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("work.type ==", "syntax"),
        ("work.type.matches('[')", "syntax"),
        ("x" * 2001, "too_long"),
        ("(" * 400 + "1" + ")" * 400 + " == 1", "too_deep"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, code: str) -> None:
    with pytest.raises(WrongExpression) as caught:
        expressions.check(text)
    assert caught.value.code == code


def test_a_hundred_million_steps_are_not_taken() -> None:
    many = "[" + ",".join(["1"] * 100) + "]"
    bomb = f"{many}.all(a, {many}.all(b, {many}.all(c, {many}.all(d, true))))"
    with pytest.raises(CannotEvaluate, match="budget"):
        expressions.holds(bomb, {})


@pytest.mark.parametrize("text", ["1 / work.priority == 0", "work.skills['water'] > 1"])
def test_what_cannot_be_worked_out_is_told_not_true(text: str) -> None:
    expressions.check(text)
    with pytest.raises(CannotEvaluate):
        expressions.holds(text, {})
    assert expressions.why_not({}, text, {}) == "failed"


def test_regular_expressions_take_linear_time() -> None:
    assert not expressions.holds("work.subject.matches('(a+)+$')", {"work.subject": "a" * 5000 + "!"})


def test_the_builders_conditions_are_one_expression() -> None:
    conditions = {"work_types": ['bo"iler'], "areas": ["Queens", "千代田"], "max_priority": 2}
    text = expressions.as_text(conditions, "work.minutes > 30")
    assert text == (
        'work.type in ["bo\\"iler"] && site.area_key in ["queens", "千代田"] && work.priority <= 2'
        " && (work.minutes > 30)"
    )
    expressions.check(text)
    assert expressions.as_text({}) == ""


def test_the_first_condition_that_does_not_hold_is_named() -> None:
    conditions = {"work_types": ["boiler"], "areas": ["Bronx"], "max_priority": 1}
    assert expressions.why_not(conditions, "", FACTS) == "area"
    assert expressions.why_not({"max_priority": 1}, "", FACTS) == "priority"
    assert expressions.why_not({"max_priority": 2}, "false", FACTS) == "expression"
    assert expressions.why_not({"areas": ["QUEENS"]}, "true", FACTS) == ""


def test_names_in_quotes_are_no_facts() -> None:
    assert expressions.names_in("work.type == 'site.name' && ticket.kind == \"x\"") == {
        "work.type",
        "ticket.kind",
    }
