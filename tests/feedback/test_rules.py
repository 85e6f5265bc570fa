"""Pure decisions of evaluation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dispatch.rules import Window
from feedback import rules
from feedback.enums import LinkPurpose
from feedback.rules import Device
from tests.cast import AT

MINUTE = timedelta(minutes=1)


def test_a_rating_link_lives_two_weeks_and_a_tracking_link_a_day_after_the_visit() -> None:
    later = AT + timedelta(days=2)
    assert rules.expires_at(LinkPurpose.RATE, visit_ends_at=later, at=AT) == AT + timedelta(days=14)
    assert rules.expires_at(LinkPurpose.TRACK, visit_ends_at=later, at=AT) == later + timedelta(days=1)


@pytest.mark.parametrize(
    ("score", "wants_call", "needed"),
    [(1, False, True), (2, False, True), (3, False, False), (5, True, True)],
)
def test_who_must_be_called(score: int, wants_call: bool, needed: bool) -> None:
    assert rules.needs_recovery(score, wants_call) is needed


def test_a_rating_may_be_changed_for_a_day() -> None:
    assert rules.is_editable(AT, AT + timedelta(hours=24) - MINUTE)
    assert not rules.is_editable(AT, AT + timedelta(hours=24))


@pytest.mark.parametrize(
    ("device", "flags"),
    [
        (Device(opened_at=AT - timedelta(seconds=5)), []),
        (Device(opened_at=AT - timedelta(seconds=4)), ["fast"]),
        (Device(), ["no_page"]),
        (
            Device(AT - MINUTE, is_staff=True, is_engineers_address=True),
            ["staff_session", "engineer_address"],
        ),
    ],
)
def test_what_is_flagged(device: Device, flags: list[str]) -> None:
    assert rules.flags_for(device, AT) == flags


TOLD = Window(AT - 60 * MINUTE, AT + 60 * MINUTE)


def window(**facts: object) -> Window:
    given = {"start_at": AT, "told": TOLD, "travel_started_at": None, "travel_minutes": 0, **facts}
    return rules.arrival_window(**given)  # type: ignore[arg-type]


def test_before_the_trip_the_page_says_what_was_told() -> None:
    assert window() == TOLD


def test_on_the_road_the_window_narrows_and_is_rounded_to_five_minutes() -> None:
    left = AT + 2 * MINUTE
    assert window(travel_started_at=left, travel_minutes=30) == Window(AT + 20 * MINUTE, AT + 40 * MINUTE)
