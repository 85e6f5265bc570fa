"""Rows of a proposal that are more overtime than a week has left: the least urgent gives way, and only that."""

from __future__ import annotations

from datetime import datetime

import pytest

from dispatch.models import DispatchPolicy
from dispatch.queries.live import forget
from planning.enums import ChangeKind
from planning.models import PlanChange, PlanRun
from tests.cast import AT, Company
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import DAY, HOUR, TOKYO, accept, proposal, tomorrow
from workforce.models import Engineer


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def _morning(number: int) -> datetime:
    """Nine o'clock of two days that follow and lie in one week in Tokyo: a Sunday is not the first."""
    is_sunday = tomorrow(9).astimezone(TOKYO).weekday() == 6
    return tomorrow(9) + (number + is_sunday) * DAY


def _row(run: PlanRun, engineer: Engineer, start: datetime, priority: int) -> PlanChange:
    order = make_work_order(priority=priority, duration_minutes=120)
    return run.changes.create(
        work_order=order,
        kind=ChangeKind.ADD,
        work_order_version=order.version,
        to_engineer=engineer,
        to_start_at=start,
        to_end_at=start + 2 * HOUR,
    )


@pytest.mark.parametrize(
    ("limit", "priorities", "is_used", "expected"),
    [
        (60, (1, 3), False, ["accepted", "stale"]),
        (60, (3, 1), False, ["stale", "accepted"]),
        (120, (1, 3), False, ["accepted", "accepted"]),
        (60, (1, 3), True, ["stale", "stale"]),
        (120, (1, 3), True, ["accepted", "stale"]),
    ],
)
def test_the_least_urgent_gives_way(
    in_acme: Company, limit: int, priorities: tuple[int, int], is_used: bool, expected: list[str]
) -> None:
    """Both rows take an hour past the shift, one a day; `is_used` says that an hour of the limit is used by a visit."""
    DispatchPolicy.objects.create(
        version=3, status="published", verdicts={"overtime": "allow"}, created_at=AT, published_at=AT
    )
    tom = make_engineer(hours=("08:00", "10:00"), overtime_minutes=600, overtime_week_minutes=limit)
    run = proposal(until=tomorrow(72))
    rows = [_row(run, tom, _morning(day), priority) for day, priority in enumerate(priorities)]
    if is_used:
        make_visit(_morning(0) + 9 * HOUR, engineer=tom)
    run.state = "proposed"
    run.save(update_fields=["state"])
    accept(run)
    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == expected
    told = [[reason["code"] for reason in row.reasons] for row in rows]
    assert told == [["overtime_week"] if state == "stale" else [] for state in expected]
