"""What would help work that a proposal leaves undone: told with the most urgent rows, looked up for the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core.clock import now
from dispatch.models import DispatchPolicy, WorkOrder
from dispatch.queries.candidates import LATER
from dispatch.queries.live import forget
from inventory.models import Part
from planning import queries, services
from planning.enums import ChangeKind, ChangeState
from planning.models import PlanChange, PlanRun
from planning.queries.helping import ways_out_of
from planning.services import running
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer
from tests.planning.runs import SYSTEM, proposal, tomorrow
from workforce.models import CapacityRule

Program = Callable[..., Client]


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def undone(run: PlanRun) -> list[PlanChange]:
    return list(queries.changes_of(run).filter(kind=ChangeKind.UNSERVED))


def codes(row: PlanChange) -> list[str]:
    assert row.ways_out is not None
    return [one["code"] for one in row.ways_out]


def test_each_sort_of_change_is_told_the_easiest_first(in_acme: Company) -> None:
    make_engineer("Tom", hours=("09:00", "17:00"), skills={"gas": 2})
    skilled = make_work_order()
    skilled.work_order_skills.create(
        skill=make_engineer("Uma", hours=None, skills={"gas": 1}).skills.get(), level=3
    )
    early = make_work_order(window_end_at=tomorrow(9) + timedelta(minutes=30))
    rows = {row.work_order_id: row for row in undone(proposal())}
    assert "skill" in codes(rows[skilled.pk])
    (way,) = [one for one in rows[early.pk].ways_out or () if one["code"] == "window"]
    assert way["minutes"] >= 30


def test_what_is_told_counts_the_proposal_as_carried_out(in_acme: Company) -> None:
    """Nine hours for eleven works of an hour: what is left over may come on another day, not that one."""
    make_engineer("Tom", hours=("09:00", "18:00"))
    for _n in range(11):
        make_work_order()
    run = proposal()
    left = undone(run)
    assert left and all(codes(row) for row in left)
    for row in left:
        first = (row.ways_out or [])[0]
        assert first["code"] in ("overtime", "day", "overlap"), row.ways_out
        assert first["start"] >= tomorrow(9).timestamp()


def test_what_is_told_makes_it_possible(in_acme: Company) -> None:
    """The part is the only thing in the way: given one more, the next run plans the work."""
    DispatchPolicy.objects.create(version=3, status="published", verdicts={"parts": "block"}, created_at=AT)
    tom, part = make_engineer("Tom"), make_part(code="PUMP-1")
    van = make_van(tom)
    make_stock(part, van, 1)
    orders = [_needing(part, priority=priority) for priority in (1, 3)]
    (row,) = undone(proposal())
    assert (row.work_order_id, codes(row)) == (orders[1].pk, ["parts"])
    make_stock(part, van, 1)
    assert undone(proposal()) == []


def _needing(part: Part, **facts: int) -> WorkOrder:
    order = make_work_order(**facts)
    order.work_order_parts.create(part=part, quantity=1)
    return order


def test_the_most_urgent_are_told_at_once_and_the_rest_when_opened(
    acme: Company, program: Program, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST_HELPED", 1)
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom", hours=("09:00", "17:00"))
        absent = make_engineer("Uma", hours=None, skills={"gas": 1}).skills.get()
        for priority in (3, 1):
            make_work_order(priority=priority).work_order_skills.create(skill=absent, level=1)
        run = proposal()
        urgent, usual = undone(run)
    assert (urgent.work_order.priority, codes(urgent), usual.ways_out) == (1, ["skill"], None)
    client.force_login(acme.dora.user)
    base = f"/t/acme/planning/{run.pk}/"
    page = client.get(base).content.decode()
    assert page.count("What would help") == 2
    assert f"{base}rows/{usual.pk}/help/" in page and f"{base}rows/{urgent.pk}/help/" not in page
    part = client.get(f"{base}rows/{usual.pk}/help/").content.decode()
    assert "Tom could go at" in part and "with Gas at level 1" in part
    assert client.get(f"{base}rows/{usual.pk + 99}/help/").status_code == 404
    api = program(acme)
    rows = api.get(f"/api/v1/plan-runs/{run.pk}/changes").json()["results"]
    assert {row["id"]: row["ways_out"] is None for row in rows} == {urgent.pk: False, usual.pk: True}
    told = api.get(f"/api/v1/plan-runs/{run.pk}/changes/{usual.pk}/ways-out").json()["ways_out"]
    assert (told[0]["code"], "Tom could go" in told[0]["text"]) == ("skill", True)


def test_work_that_was_planned_meanwhile_needs_no_help(in_acme: Company) -> None:
    tom = make_engineer("Tom", hours=None)
    order = make_work_order()
    run = proposal()
    (row,) = undone(run)
    make_visit(tomorrow(9), engineer=tom, work_order=order)
    assert queries.ways_out_of(run, [row], now()) == {row.pk: []}


def test_looking_takes_a_fixed_number_of_statements(
    in_acme: Company, django_assert_max_num_queries: Callable[..., object]
) -> None:
    make_engineer("Tom", hours=None)
    for _n in range(12):
        make_work_order()
    run = proposal()
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        queries.ways_out_of(run, undone(run), now())


def test_nothing_helps_when_the_time_of_the_run_is_over(
    acme: Company, program: Program, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the days after it either, nor when those are over: the page of an old run still opens."""
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom", hours=None)
        CapacityRule.objects.create(reserve_percent=10)
        make_work_order()
        run = proposal()
        (row,) = undone(run)
        PlanChange.objects.filter(pk=row.pk).update(ways_out=None)
    client.force_login(acme.dora.user)
    for later in (timedelta(0), LATER + timedelta(days=3)):
        monkeypatch.setattr("planning.views.runs.now", lambda later=later: run.until + later)
        part = client.get(f"/t/acme/planning/{run.pk}/rows/{row.pk}/help/")
        assert (part.status_code, "No small change would help." in part.content.decode()) == (200, True)
        with tenant_active(acme.tenant.pk):
            assert queries.ways_out_of(run, [row], run.until + later) == {row.pk: []}


@pytest.mark.parametrize("decide", [services.accept_changes, services.reject_changes])
def test_what_was_told_is_forgotten_with_a_decision(in_acme: Company, decide: Callable[..., object]) -> None:
    make_engineer("Tom", hours=("09:00", "17:00"))
    absent = make_engineer("Uma", hours=None, skills={"gas": 1}).skills.get()
    make_work_order().work_order_skills.create(skill=absent, level=1)
    for _n in range(2):
        make_work_order()
    run = proposal()
    (row,) = undone(run)
    assert codes(row) == ["skill"]
    first, second = run.changes.filter(kind=ChangeKind.ADD).order_by("id")
    decide(run_id=run.pk, change_ids=[first.pk], actor=SYSTEM, at=now())
    (row,) = undone(run)
    assert row.ways_out is None
    assert [one["code"] for one in queries.ways_out_of(run, [row], now())[row.pk]] == ["skill"]
    second.refresh_from_db()
    assert second.state == ChangeState.OPEN


@pytest.mark.parametrize("decide", [services.accept_changes, services.reject_changes])
@pytest.mark.parametrize("is_decided", [True, False])
def test_what_a_decision_overtakes_is_not_told(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch, decide: Callable[..., object], is_decided: bool
) -> None:
    """Somebody decides while the planner still works out what would help."""
    make_engineer("Tom", hours=("09:00", "17:00"))
    absent = make_engineer("Uma", hours=None, skills={"gas": 1}).skills.get()
    make_work_order().work_order_skills.create(skill=absent, level=1)
    for _n in range(2):
        make_work_order()

    def meanwhile(run: PlanRun, changes: list[PlanChange], at: datetime) -> dict[int, list[dict[str, Any]]]:
        found = ways_out_of(run, changes, at)
        if is_decided:
            first = run.changes.filter(kind=ChangeKind.ADD).earliest("id")
            decide(run_id=run.pk, change_ids=[first.pk], actor=SYSTEM, at=now())
        return found

    monkeypatch.setattr(queries, "ways_out_of", meanwhile)
    (row,) = undone(proposal())
    assert (row.ways_out is None) is is_decided


def test_the_rest_of_a_crew_keeps_its_parts_and_its_time(in_acme: Company) -> None:
    """Tom's visit goes to Vic; Uma's stays, with the pump of her van and an hour of the two that a day has."""
    DispatchPolicy.objects.create(version=3, status="published", verdicts={"parts": "block"}, created_at=AT)
    part = make_part(code="PUMP-1")
    tom, uma, vic = (make_engineer(name) for name in ("Tom", "Uma", "Vic"))
    for engineer in (uma, vic):
        make_stock(part, make_van(engineer), 1)
    run, crew = proposal(), uuid4()
    pair = _needing(part, crew_size=2)
    visit, _other = (
        make_visit(tomorrow(10), engineer=who, work_order=pair, crew_key=crew) for who in (tom, uma)
    )
    moved = {"visit": visit, "visit_version": visit.version, "travel_minutes": 0}
    run.changes.create(
        work_order=pair,
        kind=ChangeKind.MOVE,
        from_engineer=tom,
        to_engineer=vic,
        to_start_at=visit.start_at,
        to_end_at=visit.end_at,
        **moved,
    )
    short = run.changes.create(work_order=_needing(part), kind=ChangeKind.UNSERVED)
    assert [one["code"] for one in queries.ways_out_of(run, [short], now())[short.pk]][:1] == ["parts"]
    left = run.changes.create(work_order=make_work_order(), kind=ChangeKind.UNSERVED)
    assert queries.ways_out_of(run, [left], now()) == {left.pk: []}
    CapacityRule.objects.create(max_minutes=int((visit.end_at - visit.start_at).total_seconds()) // 30)
    (found,) = queries.ways_out_of(run, [left], now()).values()
    assert "capacity" in [one["code"] for one in found]
