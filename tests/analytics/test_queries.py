"""The day at a glance."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics import queries
from analytics.enums import Kpi, Need, Node
from billing import services as billing
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import DispatchRun
from inventory.models import StockLevel
from tests.cast import AT, Company
from tests.factories.analytics import make_figures
from tests.factories.billing import CLERK, make_engineer, make_visit, make_work_order
from tests.factories.customers import make_site
from tests.factories.feedback import make_response
from tests.factories.inventory import make_part, make_store
from tests.factories.tickets import make_policy
from tickets.enums import ClockState, SlaKpi
from tickets.models import SlaClock, SlaPolicy, Ticket
from workforce.models import Shift

TOKYO = ZoneInfo("Asia/Tokyo")
DAY = date(2026, 11, 23)
NOON = AT + timedelta(hours=3)


def glance(at: Any = NOON, day: date = DAY) -> queries.Glance:
    return queries.day_at_a_glance(day=day, zone=TOKYO, at=at)


def tile(kpi: Kpi, day: date = DAY) -> queries.Tile:
    return next(one for one in glance(day=day).tiles if one.kpi == kpi)


def test_an_empty_company_has_a_page_without_numbers(in_acme: Company) -> None:
    found = glance()
    assert [one.value for one in found.tiles] == [None, None, None, None, None, 0]
    assert (found.decisions, found.areas, found.wall.visits) == ([], [], 0)


def test_on_time_today_against_the_usual(in_acme: Company) -> None:
    make_figures(arrived_at=AT + timedelta(minutes=45))
    make_figures()
    for week in (1, 2):
        make_figures(start_at=AT - timedelta(weeks=week))

    found = tile(Kpi.ON_TIME)
    assert (found.value, found.number, found.is_missed) == (50, 2, True)
    assert found.change is not None
    assert (found.change.usual, found.change.by, found.change.is_good) == (100, -50, False)
    assert [value for value in found.series if value is not None] == [100, 100, 50]


def test_satisfaction_is_the_mean_of_the_days_visits(in_acme: Company) -> None:
    for score in (5, 4):
        visit = make_visit(work=30)
        make_response(visit, score=score)
        make_figures(visit)
    assert (tile(Kpi.SATISFACTION).value, tile(Kpi.SATISFACTION).number) == (4.5, 2)


def test_utilisation_is_work_and_travel_of_the_shift_so_far(in_acme: Company) -> None:
    engineer = make_engineer()
    Shift.objects.create(engineer=engineer, weekday=0, starts=time(9), ends=time(17))
    make_figures(engineer=engineer, work=70, travel=20)
    assert tile(Kpi.UTILISATION).value == pytest.approx(50), "90 of the 180 minutes until noon"


def test_a_night_counts_on_both_its_days(in_acme: Company) -> None:
    """Eight hours of a night shift, worked from ten to six: two on the day before, six on the day."""
    engineer = make_engineer()
    Shift.objects.create(engineer=engineer, weekday=6, starts=time(22), ends=time(6))
    make_figures(engineer=engineer, work=8 * 60, travel=0, start_at=AT - timedelta(hours=11))
    found = {day: tile(Kpi.UTILISATION, day) for day in (DAY - timedelta(days=1), DAY)}
    assert [one.value for one in found.values()] == [pytest.approx(100)] * 2
    (row,) = queries.rows_behind(Kpi.UTILISATION, DAY, TOKYO, NOON) or []
    assert row.minutes == pytest.approx(360) and row.percent == pytest.approx(100)


def make_clock(**facts: Any) -> SlaClock:
    number = Ticket.objects.count() + 500
    ticket = Ticket.objects.create(number=number, subject="x", channel="web", opened_at=AT)
    policy = SlaPolicy.objects.first() or make_policy()
    item = policy.items.get(kpi=SlaKpi.ARRIVAL)
    given = {
        "kpi": item.kpi,
        "code": item.code,
        "target_minutes": 60,
        "zone": "Asia/Tokyo",
        "started_at": AT,
        **facts,
    }
    return SlaClock.objects.create(ticket=ticket, policy=policy, item=item, **given)


def test_sla_kept_counts_clocks_that_ended_on_the_day(in_acme: Company) -> None:
    make_clock(state=ClockState.MET, stopped_at=AT)
    make_clock(state=ClockState.BREACHED, breached_at=AT, due_at=AT)
    make_clock(state=ClockState.RUNNING)
    make_clock(state=ClockState.MET, stopped_at=AT - timedelta(days=1))
    assert (tile(Kpi.SLA).value, tile(Kpi.SLA).number) == (50, 2)


def test_the_backlog_is_walked_back_day_by_day(in_acme: Company) -> None:
    make_work_order(status=WorkOrderStatus.UNSCHEDULED, created_at=AT - timedelta(days=3))
    make_work_order(status=WorkOrderStatus.UNSCHEDULED, created_at=AT)
    make_visit(make_work_order(created_at=AT - timedelta(days=10)), start_at=AT - timedelta(days=1))

    found = tile(Kpi.BACKLOG)
    assert found.value == 2
    assert found.series[-5:] == [1, 2, 2, 1, 2]


def test_the_wall_counts_every_visit_of_the_day_once(in_acme: Company) -> None:
    for number, status in enumerate(s for s in VisitStatus if s != VisitStatus.CANCELLED):
        make_visit(status=status, start_at=AT + timedelta(hours=number), engineer=make_engineer())
    make_visit(status=VisitStatus.CANCELLED)
    make_visit(status=VisitStatus.DONE, start_at=AT - timedelta(hours=12))

    found = glance().wall
    assert found.visits == sum(found.counts.values()) == 10
    assert found.counts[Node.LATE] == 2, "planned for 10 and 11, nobody has left"
    for node, number in found.counts.items():
        assert len(queries.rows_behind(node, DAY, TOKYO, NOON) or []) == number


def test_what_needs_a_decision(in_acme: Company) -> None:
    make_response(score=1)
    make_clock(state=ClockState.BREACHED, breached_at=AT, due_at=AT)
    make_visit(make_work_order(promised_end_at=AT), start_at=AT + timedelta(days=1), status="dispatched")
    waiting = make_work_order(status=WorkOrderStatus.UNSCHEDULED)
    DispatchRun.objects.create(work_order=waiting, outcome=RunOutcome.NOBODY, at=AT)
    StockLevel.objects.create(part=make_part(), location=make_store(), minimum=2)
    unpriced = make_visit(work=30)
    billing.price_visit(visit_id=unpriced.pk, actor=CLERK, at=AT)
    site = make_site(area="sumida")
    for number in range(5):
        make_figures(make_visit(make_work_order(site), arrived_at=AT + timedelta(minutes=40 + number)))

    found = {one.need: one for one in glance().decisions}
    assert list(found) == list(Need)
    assert (found[Need.AREA].name, found[Need.AREA].percent) == ("sumida", 0)
    assert all(found[need].number == 1 for need in Need if need != Need.AREA)


def test_a_later_run_that_found_somebody_needs_no_decision(in_acme: Company) -> None:
    order = make_work_order(status=WorkOrderStatus.UNSCHEDULED)
    for outcome in (RunOutcome.NOBODY, RunOutcome.ASSIGNED):
        DispatchRun.objects.create(work_order=order, outcome=outcome, at=AT)
    assert glance().decisions == []


def test_areas_are_the_busiest_first(in_acme: Company) -> None:
    quiet, busy = make_site(area="ota"), make_site(area="minato")
    make_figures(make_visit(make_work_order(quiet)))
    for late in (0, 45):
        make_figures(make_visit(make_work_order(busy), arrived_at=AT + timedelta(minutes=late)))
    assert [(a.name, a.visits, a.percent) for a in glance().areas] == [("minato", 2, 50), ("ota", 1, 100)]


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_rows(in_acme: Company, rows: int, django_assert_num_queries: Any) -> None:
    for number in range(rows):
        engineer = make_engineer()
        Shift.objects.create(engineer=engineer, weekday=0, starts=time(9), ends=time(17))
        visit = make_visit(make_work_order(make_site(area=f"area {number}")), work=30, engineer=engineer)
        make_response(visit, score=1)
        make_figures(visit)
        make_clock(state=ClockState.BREACHED, breached_at=AT, due_at=AT)
    with django_assert_num_queries(23):
        glance()
