"""How long a visit may be, and how far back one may still be planned."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.errors import BadInput
from dispatch import services
from dispatch.models import Visit
from dispatch.services import Stint
from tests.cast import AT, Company
from tests.factories.consents import make_appointment
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer

HOUR = timedelta(hours=1)


def _plan(company: Company, start_at: datetime, at: datetime, **facts: Any) -> Visit:
    return services.schedule_visit(
        work_order_id=make_work_order().pk,
        engineer_id=make_engineer(hours=("00:00", "23:59")).pk,
        start_at=start_at,
        actor=company.dora.actor,
        at=at,
        **facts,
    )


def test_a_visit_lasts_a_day_at_most_whatever_the_reason(in_acme: Company) -> None:
    with pytest.raises(BadInput, match="A visit lasts a day at most, not 2") as refused:
        _plan(in_acme, AT, AT, end_at=AT + 48 * HOUR, override_reason="Because")
    assert list(refused.value.errors) == ["end_at"]
    with pytest.raises(BadInput, match="A visit lasts a day at most"):
        _plan(in_acme, AT, AT, end_at=AT.replace(year=2100), override_reason="Because")
    assert _plan(in_acme, AT, AT, end_at=AT + 24 * HOUR, override_reason="A long night").pk


def test_a_stint_lasts_a_day_at_most(in_acme: Company) -> None:
    work_order = make_work_order(duration_minutes=30 * 60, may_split=True)
    stint = Stint((make_engineer().pk,), AT, AT + 30 * HOUR)
    with pytest.raises(BadInput, match="A visit lasts a day at most"):
        services.schedule_stints(
            work_order_id=work_order.pk,
            stints=[stint],
            actor=in_acme.dora.actor,
            at=AT,
            override_reason="Because",
        )


@pytest.mark.parametrize("back", [timedelta(hours=13), timedelta(days=30), timedelta(days=20_000)])
def test_what_is_long_over_is_not_planned(in_acme: Company, back: timedelta) -> None:
    with pytest.raises(BadInput, match=r"is over\. Choose a later time; what happened is told") as refused:
        _plan(in_acme, AT - back, AT, override_reason="Because")
    assert list(refused.value.errors) == ["start_at"]


def test_what_is_just_over_needs_a_reason(in_acme: Company) -> None:
    at = AT + 5 * HOUR
    with pytest.raises(services.CannotSchedule, match=r"is over\. Choose a later time, or give") as refused:
        _plan(in_acme, AT + 3 * HOUR, at)
    assert refused.value.facts["can_be_forced"]
    assert refused.value.facts["reasons"] == [
        {"code": "past", "minutes": 120, "verdict": "confirm", "text": "began 2\u00a0h ago"}
    ]
    assert _plan(in_acme, AT + 3 * HOUR, at, override_reason="He went at once").pk
    assert _plan(in_acme, at - timedelta(minutes=10), at).pk


def test_a_visit_is_not_moved_into_the_past_either(in_acme: Company) -> None:
    visit = make_visit(AT + 30 * HOUR, engineer=make_engineer(hours=("00:00", "23:59")))
    move: dict[str, Any] = {"visit_id": visit.pk, "engineer_id": visit.engineer_id, "version": visit.version}
    move |= {"actor": in_acme.dora.actor, "at": AT + 20 * HOUR}
    with pytest.raises(BadInput, match="is over") as refused:
        services.move_visit(start_at=AT + HOUR, **move, override_reason="Because")
    assert refused.value.errors == {"start_at": [refused.value.message]}
    with pytest.raises(services.CannotSchedule, match="is over"):
        services.move_visit(start_at=AT + 18 * HOUR, **move)


def test_what_happened_on_an_old_visit_is_still_told(in_acme: Company) -> None:
    visit = make_visit(AT, engineer=make_engineer("Tom"), status="dispatched")
    late = AT + timedelta(days=3)
    for status in ("accepted", "on_site", "done"):
        services.progress_visit(
            visit_id=visit.pk, status=status, actor=in_acme.dora.actor, at=late, device_at=AT + HOUR
        )
    visit.refresh_from_db()
    assert (visit.status, visit.arrived_at) == ("done", AT + HOUR)


def test_a_crew_is_held_to_the_same(in_acme: Company) -> None:
    work_order = make_work_order(crew_size=2)
    with pytest.raises(BadInput, match="is over"):
        services.schedule_crew(
            work_order_id=work_order.pk,
            engineer_ids=[make_engineer().pk, make_engineer().pk],
            start_at=AT - 40 * HOUR,
            actor=in_acme.dora.actor,
            at=AT,
        )


def test_a_time_that_has_passed_is_told_at_its_field(in_acme: Company) -> None:
    act: dict[str, Any] = {"actor": in_acme.dora.actor, "at": AT + 20 * HOUR}
    with pytest.raises(BadInput, match="The window is over") as booked:
        services.book_slot(
            work_order_id=make_work_order().pk, start_at=AT + HOUR, end_at=AT + 3 * HOUR, **act
        )
    assert booked.value.errors == {"end_at": [booked.value.message]}
    visit = make_appointment()
    with pytest.raises(BadInput, match=r"is over\. Choose a later time\.") as wished:
        services.ask_consent(visit_id=visit.pk, start_at=AT + HOUR, **act)
    assert wished.value.errors == {"start_at": [wished.value.message]}
