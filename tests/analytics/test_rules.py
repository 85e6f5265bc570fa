"""Pure arithmetic of the figures."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import rules
from analytics.enums import Kpi, Node
from dispatch.enums import VisitStatus
from dispatch.rules import on_time_until
from tests.cast import AT

DAY = date(2026, 11, 23)
MINUTE = timedelta(minutes=1)


def test_the_usual_is_the_mean_of_the_same_weekday_in_four_weeks() -> None:
    values = {DAY - timedelta(days=n): float(n) for n in range(1, 30)}
    assert rules.usual(values, DAY) == (7 + 14 + 21 + 28) / 4
    assert rules.usual({DAY - timedelta(days=7): 90.0, DAY - timedelta(days=14): None}, DAY) == 90
    assert rules.usual({DAY - timedelta(days=1): 90.0}, DAY) is None


@pytest.mark.parametrize(
    ("kpi", "value", "usual", "is_good"),
    [
        (Kpi.ON_TIME, 93.0, 95.0, False),
        (Kpi.ON_TIME, 97.0, 95.0, True),
        (Kpi.ON_TIME, 95.4, 95.0, None),
        (Kpi.BACKLOG, 12.0, 10.0, False),
        (Kpi.BACKLOG, 8.0, 10.0, True),
        (Kpi.SATISFACTION, 4.5, 4.4, True),
    ],
)
def test_what_is_good_depends_on_the_figure(
    kpi: Kpi, value: float, usual: float, is_good: bool | None
) -> None:
    change = rules.change(kpi, value, usual)
    assert change is not None and change.is_good is is_good


def test_nothing_is_compared_with_nothing() -> None:
    assert rules.change(Kpi.SLA, None, 90) is None and rules.change(Kpi.SLA, 90, None) is None
    assert rules.percent(0, 0) is None


@pytest.mark.parametrize(
    ("status", "late", "node"),
    [
        (VisitStatus.ACCEPTED, False, Node.NOT_STARTED),
        (VisitStatus.ACCEPTED, True, Node.LATE),
        (VisitStatus.TRAVELLING, False, Node.ON_THE_WAY),
        (VisitStatus.TRAVELLING, True, Node.LATE),
        (VisitStatus.ON_SITE, False, Node.ON_SITE),
        (VisitStatus.NO_SHOW, False, Node.COULD_NOT),
    ],
)
def test_where_a_visit_stands(status: str, late: bool, node: Node) -> None:
    assert rules.node_of(status, is_late=late) == node


def test_without_a_promise_half_an_hour_after_the_plan_is_on_time() -> None:
    deadline = on_time_until(None, AT)
    assert rules.late_minutes(AT + 30 * MINUTE, deadline) == 0
    assert rules.late_minutes(AT + 42 * MINUTE, deadline) == 12
    assert on_time_until(AT + MINUTE, AT) == AT + MINUTE


def test_a_gap_in_the_days_is_a_gap_in_the_line() -> None:
    found = rules.spark([90, 95, None, 80], 95)
    assert found.lines == ("0.0,14.7 33.3,4.0", "88.9,36.0 100.0,36.0")
    assert found.goal_y == "4.0"
    assert rules.spark([None, None], 95).lines == ()


@given(st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=28), st.none() | st.floats(0, 100))
def test_a_spark_stays_in_its_box(values: list[float | None], target: float | None) -> None:
    found = rules.spark(values, target)
    for line in found.lines:
        for point in line.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 100 and 4 <= y <= 36
