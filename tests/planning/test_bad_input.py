"""Bad input to planning: by hand, by rule and in a planning run there is a reason, and never a silent drop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from core.clock import now
from dispatch import queries, reasons
from dispatch import services as dispatch
from dispatch.enums import LockLevel, RunOutcome
from dispatch.models import Visit, WorkOrder
from planning.enums import ChangeKind, RunState
from tests.cast import Company
from tests.factories.dispatch import make_place, make_rule, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from tests.planning.runs import DAY, HOUR, SYSTEM, proposal, tomorrow

NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = datetime(2027, 3, 14, tzinfo=NEW_YORK), datetime(2027, 11, 7, tzinfo=NEW_YORK)
"""The local days on whose nights the clocks change."""


def codes_everywhere(work_order: WorkOrder) -> list[str]:
    """The first reason that candidates, a rule and a planning run give for leaving work undone; each in words."""
    at = tomorrow()
    answer = queries.candidates(queries.get_work_order(work_order.pk), at)
    assert not answer.candidates
    told: list[Any] = [{**reason.as_json()} for reason, _people in answer.excluded]
    make_rule()
    rule = dispatch.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=at)
    assert rule.outcome == RunOutcome.NOBODY
    run = proposal()
    assert run.state == RunState.NOTHING
    (change,) = run.changes.all()
    assert change.kind == ChangeKind.UNSERVED
    found = [told[0], rule.explanation["excluded"][0], change.reasons[0]]
    assert all(reasons.words(reason) for reason in found)
    return [reason["code"] for reason in found]


def test_a_skill_that_nobody_has(in_acme: Company) -> None:
    make_engineer()
    work_order = make_work_order(work_type=make_work_type(skills={"gas": 3}))
    assert codes_everywhere(work_order) == ["skill"] * 3


def test_a_window_in_the_past(in_acme: Company) -> None:
    make_engineer()
    past = now() - 3 * DAY
    work_order = make_work_order(window_start_at=past, window_end_at=past + HOUR)
    assert codes_everywhere(work_order) == ["window"] * 3


def test_an_engineer_without_a_shift(in_acme: Company) -> None:
    make_engineer(hours=None)
    assert codes_everywhere(make_work_order()) == ["shift"] * 3


def test_nobody_at_all(in_acme: Company) -> None:
    work_order = make_work_order()
    (change,) = proposal().changes.all()
    assert (change.work_order_id, change.reasons[0]["code"]) == (work_order.pk, "nobody")


@pytest.mark.parametrize("minutes", [0, -60, 600_000, "abc"])
def test_an_impossible_duration_by_page_and_api(
    acme: Company, in_acme: Company, client: Client, program: Any, minutes: object
) -> None:
    site, work_type = make_place(), make_work_type()
    given = {"site": site.pk, "work_type": work_type.pk, "subject": "x", "duration_minutes": minutes}
    client.force_login(acme.dora.user)
    page = client.post(f"/t/{acme.tenant.slug}/work-orders/new/", {**given, "priority": 3})
    assert page.status_code == 422
    assert page.context["form"].errors["duration_minutes"]
    answer = program(acme).post("/api/v1/work-orders", given, content_type="application/json")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/duration_minutes"]
    assert not WorkOrder.objects.exists()


def test_locked_visits_that_contradict_each_other_stay_and_break_no_run(in_acme: Company) -> None:
    engineer = make_engineer()
    far = make_place(latitude=43.06, longitude=141.35)
    first = make_visit(tomorrow(9), engineer=engineer, lock_level=LockLevel.COMMITTED)
    second = make_visit(
        tomorrow(10), engineer=engineer, work_order=make_work_order(site=far), lock_level=LockLevel.COMMITTED
    )
    outside = make_visit(tomorrow(22), engineer=engineer, lock_level=LockLevel.COMMITTED)
    waiting = make_work_order()
    run = proposal()
    assert {change.work_order_id for change in run.changes.all()} == {waiting.pk}
    dispatched = {v.pk: v.start_at for v in Visit.objects.all()}
    assert dispatched == {v.pk: v.start_at for v in (first, second, outside)}


def night(day: datetime, hours: float, **facts: object) -> WorkOrder:
    """Work of so many real hours that must be done in the night in which the clocks change."""
    opens = (day - timedelta(hours=2)).astimezone(UTC)
    closes = day.replace(hour=6).astimezone(UTC)
    return make_work_order(
        window_start_at=opens, window_end_at=closes, duration_minutes=int(hours * 60), **facts
    )


@pytest.mark.parametrize(("day", "real_hours"), [(SPRING, 7), (AUTUMN, 9)], ids=["spring", "autumn"])
def test_a_night_shift_over_the_change_of_the_clocks_has_its_real_hours(
    in_acme: Company, day: datetime, real_hours: int
) -> None:
    place = make_place(latitude=35.68, longitude=139.76)
    engineer = make_engineer(hours=("22:00", "06:00"), time_zone="America/New_York")
    opens = (day - timedelta(hours=2)).astimezone(UTC)
    fits, too_long = real_hours - 0.25, real_hours + 0.25

    by_hand = dispatch.schedule_visit(
        work_order_id=night(day, fits, site=place).pk,
        engineer_id=engineer.pk,
        start_at=opens + timedelta(minutes=10),
        actor=SYSTEM,
        at=opens - DAY,
    )
    assert by_hand.end_at - by_hand.start_at == timedelta(hours=fits)
    dispatch.cancel_visit(visit_id=by_hand.pk, reason="tests", actor=SYSTEM, at=opens - DAY)
    dispatch.cancel_work_order(
        work_order_id=by_hand.work_order_id, reason="tests", actor=SYSTEM, at=opens - DAY
    )
    with pytest.raises(dispatch.CannotSchedule) as refused:
        dispatch.schedule_visit(
            work_order_id=make_work_order(site=place, duration_minutes=int(too_long * 60)).pk,
            engineer_id=engineer.pk,
            start_at=opens,
            actor=SYSTEM,
            at=opens - DAY,
        )
    told: Any = refused.value.facts["reasons"]
    assert [reason["code"] for reason in told] == ["shift"]
    WorkOrder.objects.filter(status="unscheduled").update(status="cancelled")

    make_rule()
    ruled = dispatch.auto_dispatch(
        work_order_id=night(day, fits, site=place).pk, actor=SYSTEM, at=opens - HOUR
    )
    assert ruled.visit is not None
    assert ruled.visit.end_at <= day.replace(hour=6).astimezone(UTC)
    dispatch.cancel_work_order(
        work_order_id=ruled.work_order_id, reason="tests", actor=SYSTEM, at=opens - HOUR
    )
    nobody = dispatch.auto_dispatch(
        work_order_id=night(day, too_long, site=place).pk, actor=SYSTEM, at=opens - HOUR
    )
    assert nobody.outcome == RunOutcome.NOBODY and nobody.explanation["excluded"]

    planned = night(day, fits, site=place)
    run = proposal(from_at=opens - HOUR, until=opens + DAY)
    rows = {row.work_order_id: row for row in run.changes.all()}
    assert rows[nobody.work_order_id].kind == ChangeKind.UNSERVED
    row = rows[planned.pk]
    assert row.to_start_at is not None and row.to_end_at is not None
    assert row.to_end_at - row.to_start_at == timedelta(hours=fits)
    assert row.to_end_at <= day.replace(hour=6).astimezone(UTC)
