"""Numbers as people type them, limits, time and access notes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from delivery import rules
from dispatch.enums import VisitStatus
from tests.cast import AT

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("118", "118"),
        (" 1.8 ", "1.8"),
        ("1,8", "1.8"),
        ("１．８", "1.8"),
        ("-3", "-3"),
        ("−3", "-3"),
        (".5", ".5"),
    ],
)
def test_readings_as_people_type_them(text: str, number: str) -> None:
    assert rules.read_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "1,2,3", "NaN", "Infinity", "1e400", "9" * 30, "12 ppm"]
)
def test_what_is_no_reading(text: str) -> None:
    assert rules.read_number(text) is None


@pytest.mark.parametrize(("number", "within"), [("0", True), ("100", True), ("100.1", False), ("-1", False)])
def test_limits_include_their_ends(number: str, within: bool) -> None:
    assert rules.is_within(Decimal(number), Decimal(0), Decimal(100)) is within


def test_a_limit_may_be_open() -> None:
    assert rules.is_within(Decimal(9999), Decimal(0), None)
    assert rules.is_within(Decimal(-9999), None, Decimal(0))


def test_the_phones_clock_is_believed_within_reason() -> None:
    assert rules.instant(None, AT, None) == AT
    assert rules.instant(AT - MINUTE, AT, None) == AT - MINUTE
    assert rules.instant(AT + MINUTE, AT, None) == AT
    assert rules.instant(AT - 5 * MINUTE, AT, AT - MINUTE) == AT - MINUTE


def test_minutes_are_added_before_seconds_are_dropped() -> None:
    half = timedelta(seconds=90)
    assert rules.whole_minutes([(AT, AT + half), (AT + MINUTE * 5, AT + MINUTE * 5 + half)]) == 3


def test_a_line_with_an_exclamation_mark_is_a_hazard() -> None:
    hazards, rest = rules.split_access_notes("! Asbestos on old risers\nDoor code 4471#\n！高電圧")
    assert hazards == ["Asbestos on old risers", "高電圧"]
    assert rest == "Door code 4471#"


def test_every_shown_state_has_a_place_in_the_flow() -> None:
    assert set(rules.OPEN) < set(rules.SHOWN_TO_ENGINEER)
    assert VisitStatus.SCHEDULED not in rules.SHOWN_TO_ENGINEER
    assert rules.ARRIVE.may_follow("accepted")
    assert not rules.ARRIVE.may_follow("paused")


def test_a_signature_covers_what_was_recorded() -> None:
    assert rules.document_hash(["a", "b"]) != rules.document_hash(["ab"])
    assert rules.document_hash(["a", "b"]) != rules.document_hash(["b", "a"])
