"""What sets a candidate apart from the first, in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from dispatch.comparing import beside

FIRST: dict[str, Any] = {"start": 36_000, "travel_minutes": 12.0, "overtime_minutes": 0, "score": 0.0}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"start": 37_500}, "begins 25\u00a0min later"),
        (
            {"start": 30_600, "travel_minutes": 20.4},
            "begins 1\u00a0h 30\u00a0min earlier · 8\u00a0min more travel",
        ),
        (
            {"travel_minutes": 5.0, "overtime_minutes": 40},
            "7\u00a0min less travel · 40\u00a0min more overtime",
        ),
    ],
)
def test_a_candidate_differs_by_time_travel_and_overtime(changes: dict[str, Any], told: str) -> None:
    assert beside(FIRST, FIRST | changes) == told


def test_what_the_policy_counts_most_against_them_is_named() -> None:
    first = FIRST | {"score": 10.0, "score_parts": {"load": 2.0, "preferred": 5.0, "travel": 3.0}}
    other = FIRST | {"score": 6.0, "score_parts": {"load": 4.0, "preferred": 0.0, "travel": 2.0}}
    assert beside(first, other) == "most behind in “The customer's own engineer”"
    assert beside(first | {"score": 6.0}, other) == ""


def test_of_nobody_in_front_nothing_is_told() -> None:
    assert beside({}, FIRST) == ""


@pytest.mark.parametrize(("language", "told"), [("ja", "開始が25分遅い"), ("zh-hans", "晚25分钟开始")])
def test_it_is_told_in_each_language(language: str, told: str) -> None:
    with translation.override(language):
        assert beside(FIRST, FIRST | {"start": 37_500}).replace(" ", "") == told
