"""Who is late is one figure: on the board, among the director's visits, and in what needs a decision."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics import queries as analytics
from analytics.enums import Need, Node
from core.clock import now
from dispatch import queries
from dispatch.enums import VisitStatus
from dispatch.queries.board import Board
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.consents import HOUR, SYSTEM, TOKYO, local
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer

TEN, NOON = local(AT, 0, 10), local(AT, 0, 12)
DAY = NOON.astimezone(TOKYO).date()


def board(days: int = 0) -> Board:
    return queries.board(DAY + timedelta(days=days), zone=TOKYO, at=NOON, actor=SYSTEM)


def wall() -> int:
    return analytics.day_at_a_glance(day=DAY, zone=TOKYO, at=NOON).wall.counts[Node.LATE]


def needed() -> int:
    decisions = analytics.day_at_a_glance(day=DAY, zone=TOKYO, at=NOON).decisions
    return sum(one.number for one in decisions if one.need == Need.LATE)


@pytest.mark.parametrize(
    ("status", "hours", "promised", "late"),
    [
        (VisitStatus.SCHEDULED, 2, 1, True),
        (VisitStatus.SCHEDULED, 2, 2, False),
        (VisitStatus.DISPATCHED, -1, None, True),
        (VisitStatus.ACCEPTED, -0.5, None, False),
        (VisitStatus.TRAVELLING, -1, -0.5, True),
        (VisitStatus.TRAVELLING, -1, 1, False),
        (VisitStatus.ON_SITE, -1, -1.5, False),
        (VisitStatus.DONE, -3, -4, False),
    ],
)
def test_board_and_director_count_the_same(
    in_acme: Company, status: str, hours: float, promised: float | None, late: bool
) -> None:
    """Times from now, in hours: a visit planned for one, and until when it was promised."""
    until = None if promised is None else NOON + promised * HOUR
    order = make_work_order(promised_end_at=until)
    ended_at = NOON if status == VisitStatus.DONE else None
    make_visit(NOON + hours * HOUR, work_order=order, status=status, ended_at=ended_at)
    assert (board().counts["late"], wall()) == (late, late)
    rows = analytics.rows_behind(Node.LATE, DAY, TOKYO, NOON) or []
    assert len(rows) == late and all(row.minutes and row.minutes > 0 for row in rows)


def test_what_is_planned_after_its_promise_needs_a_decision_on_whatever_day(in_acme: Company) -> None:
    urgent = make_work_order(priority=1, promised_end_at=NOON + HOUR)
    make_visit(NOON + 24 * HOUR, work_order=urgent)
    make_visit(NOON + 24 * HOUR, work_order=make_work_order(promised_end_at=NOON + 25 * HOUR))
    make_visit(TEN, work_order=make_work_order(promised_end_at=NOON + HOUR))
    make_visit(TEN + HOUR)
    assert (needed(), board(days=1).counts["late"], wall()) == (1, 1, 1)
    (row,) = analytics.rows_behind(Need.LATE, DAY, TOKYO, NOON) or []
    assert (row.thing, row.minutes) == (urgent, 23 * 60)


def test_work_that_waits_is_counted_by_itself(in_acme: Company) -> None:
    make_work_order(promised_end_at=NOON - HOUR)
    counts = board().counts
    assert (counts["late"], counts["waiting_late"]) == (0, 1)


def test_only_the_first_stint_is_held_to_the_promise(in_acme: Company) -> None:
    able = make_engineer()
    long = make_work_order(promised_end_at=NOON + HOUR, may_split=True)
    make_visit(NOON + HOUR, work_order=long, engineer=able, crew_key=uuid4())
    make_visit(NOON + 4 * HOUR, work_order=long, engineer=able, crew_key=uuid4())
    assert (needed(), board().counts["late"], wall()) == (0, 0, 0)


def test_counting_takes_a_fixed_number_of_statements(in_acme: Company) -> None:
    counts = []
    for number in (1, 4):
        for _turn in range(number):
            order = make_work_order(promised_end_at=TEN, may_split=True)
            make_visit(NOON + HOUR, work_order=order)
        with CaptureQueriesContext(connection) as captured:
            wall(), needed(), board()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_list_of_a_phone_says_who_is_late_and_by_how_much(
    acme: Company, signed_in: Callable[[Person], Client]
) -> None:
    at = now()
    day = (at + 2 * HOUR).astimezone(TOKYO).date()
    with tenant_active(acme.tenant.pk):
        late = make_visit(at + 2 * HOUR, work_order=make_work_order(promised_end_at=at + HOUR))
        make_visit(at + 2 * HOUR, work_order=make_work_order(promised_end_at=at + 9 * HOUR))
        over = make_work_order(promised_end_at=at + HOUR)
        make_visit(at + 2 * HOUR, work_order=over, status=VisitStatus.ON_SITE, arrived_at=at + 2 * HOUR)
    page = signed_in(acme.dora).get(f"/t/acme/board/?view=table&day={day}").content.decode()
    (row,) = re.findall(rf'<tr id="row-{late.pk}".*?</tr>', page, re.DOTALL)
    assert "1\N{NO-BREAK SPACE}h late" in row and page.count("h late") == 1
