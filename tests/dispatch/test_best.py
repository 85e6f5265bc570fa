"""Choosing who goes and planning the visit in one call: as candidates and commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Permission
from dispatch.enums import WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from dispatch.services import best
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.dispatch.test_api import post
from tests.factories.dispatch import make_place, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer, make_skill
from workforce.models import Absence, CapacityRule, Provider, ProviderSkill

Program = Callable[..., Client]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.usefixtures("on_the_day")


@pytest.fixture
def api(acme: Company, program: Program) -> Client:
    return program(acme)


def dispatch(api: Client, work_order: WorkOrder, **body: Any) -> Any:
    return post(api, f"work-orders/{work_order.pk}/dispatch", **body)


def begins(told: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(told["visit"]["start_at"])


@pytest.mark.parametrize("strategy", ["earliest", "nearest", "least_loaded", "best", "round_robin"])
def test_whom_candidates_put_first_is_planned_and_told_why(
    in_acme: Company, api: Client, strategy: str
) -> None:
    for number in range(4):
        engineer = make_engineer(home_latitude=35.6 + number / 30)
        make_visit(AT + (number % 3) * HOUR, engineer=engineer, minutes=90)
    work_order = make_work_order()
    first = post(api, f"work-orders/{work_order.pk}/candidates", strategy=strategy).json()["candidates"][0]
    answer = dispatch(api, work_order, strategy=strategy)
    told = answer.json()
    assert answer.status_code == 201, answer.content
    assert told["chosen"] == first
    assert (told["visit"]["engineer"], told["tries"]) == (first["engineer_id"], 1)
    visit = Visit.objects.get(work_order=work_order)
    assert (visit.pk, visit.status, visit.sent_at) == (told["visit"]["id"], "scheduled", None)
    work_order.refresh_from_db()
    assert work_order.status == WorkOrderStatus.SCHEDULED


def test_the_visit_begins_in_the_window_that_was_asked_for(in_acme: Company, api: Client) -> None:
    engineer = make_engineer()
    make_visit(AT + DAY + 2 * HOUR, engineer=engineer)
    begin, end = AT + DAY + 2 * HOUR, AT + DAY + 6 * HOUR
    told = dispatch(api, make_work_order(), **{"from": begin.isoformat(), "until": end.isoformat()}).json()
    assert begin + HOUR <= begins(told) < end
    late = dispatch(api, make_work_order(duration_minutes=240), until=(AT + HOUR).isoformat())
    assert late.status_code == 201 and begins(late.json()) < AT + HOUR
    full = dispatch(api, make_work_order(), until=(AT + HOUR).isoformat())
    assert (full.status_code, full.json()["visit"]) == (200, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"from": "2026-11-25T00:00:00Z", "until": "2026-11-24T00:00:00Z"}, 400),
        ({"until": "2026-11-20T00:00:00Z"}, 422),
        ({"until": "2026-12-20T00:00:00Z"}, 422),
        ({"from": "soon"}, 400),
        ({"limit": 0}, 400),
        ({"strategy": "cheapest"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    in_acme: Company, api: Client, body: dict[str, Any], status: int
) -> None:
    answer = dispatch(api, make_work_order(), **body)
    named = {error["pointer"].strip("/") for error in answer.json()["errors"]}
    assert (answer.status_code, len(named & body.keys())) == (status, 1)
    assert not Visit.objects.exists()


def test_when_nobody_can_it_says_why_and_what_would_help(in_acme: Company, api: Client) -> None:
    engineer = make_engineer()
    work_order = make_work_order(work_type=make_work_type(skills={"gas": 2}))
    answer = dispatch(api, work_order)
    told = answer.json()
    assert (answer.status_code, told["visit"], told["visits"], told["chosen"]) == (200, None, [], None)
    assert told["excluded"][0]["text"] == "lacks Gas 2"
    assert told["excluded"][0]["engineers"][0]["id"] == engineer.pk
    assert told["ways_out"][0]["code"] == "skill"
    assert not Visit.objects.exists()


def test_who_can_only_come_late_needs_a_reason(in_acme: Company, api: Client) -> None:
    make_engineer()
    work_order = make_work_order(promised_end_at=AT - HOUR)
    refused = dispatch(api, work_order)
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_broken")
    assert refused.json()["facts"]["can_be_forced"]
    taken = dispatch(api, work_order, override_reason="The customer knows")
    assert taken.status_code == 201
    assert Visit.objects.get().reason["override"] == "The customer knows"


def test_who_needs_a_reason_is_chosen_with_one(in_acme: Company, api: Client) -> None:
    make_engineer(hours=("08:00", "10:00"), overtime_minutes=120)
    work_order = make_work_order(duration_minutes=150)
    nobody = dispatch(api, work_order, until=(AT + 3 * HOUR).isoformat()).json()
    assert nobody["visit"] is None
    assert nobody["needs_reason"][0]["minuses"][0]["code"] == "overtime"
    forced = dispatch(api, work_order, until=(AT + 3 * HOUR).isoformat(), override_reason="urgent")
    assert forced.status_code == 201, forced.content


def test_work_that_is_planned_is_refused_naming_its_visit(in_acme: Company, api: Client) -> None:
    visit = make_visit()
    refused = dispatch(api, visit.work_order)
    assert (refused.status_code, refused.json()["code"]) == (409, "has_visit")
    assert refused.json()["facts"]["visit_id"] == visit.pk


def _overtakes(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Somebody else takes the time of whoever is chosen, so many times."""
    look, left = best._choose, [times]

    def choose(*args: Any) -> Any:
        found = look(*args)
        if left[0] and isinstance(found, best._Plan):
            left[0] -= 1
            (stint, *_rest) = found.stints
            make_visit(stint.start_at, engineer_id=stint.engineer_ids[0])
        return found

    def make_visit(start: datetime, *, engineer_id: int) -> None:
        work_order = make_work_order()
        Visit.objects.create(
            work_order=work_order, engineer_id=engineer_id, start_at=start, end_at=start + HOUR
        )

    monkeypatch.setattr(best, "_choose", choose)


def test_who_is_overtaken_looks_again(in_acme: Company, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        make_engineer()
    _overtakes(monkeypatch, 2)
    told = dispatch(api, make_work_order()).json()
    assert told["tries"] == 3
    assert begins(told) > AT
    assert Visit.objects.count() == 3


def test_who_is_overtaken_each_time_is_told_by_whom(
    in_acme: Company, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    engineer = make_engineer()
    _overtakes(monkeypatch, 9)
    work_order = make_work_order()
    refused = dispatch(api, work_order, limit=2)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "overtaken")
    assert [one["engineer_id"] for one in problem["facts"]["tried"]] == [engineer.pk] * 2
    assert (
        "is planned" in problem["facts"]["tried"][0]["text"]
        or "has WO-" in problem["facts"]["tried"][0]["text"]
    )
    assert not work_order.visits.exists()


def test_a_crew_is_planned_whole_or_not(in_acme: Company, api: Client) -> None:
    ann, bob = make_engineer("Ann"), make_engineer("Bob")
    work_order = make_work_order(crew_size=2)
    told = dispatch(api, work_order).json()
    assert {visit["engineer"] for visit in told["visits"]} == {ann.pk, bob.pk}
    assert len({visit["crew_key"] for visit in told["visits"]}) == 1
    assert sorted(told["crew"]) == ["Ann", "Bob"]
    third = dispatch(api, make_work_order(crew_size=3)).json()
    assert (third["visit"], third["excluded"][0]["code"]) == (None, "crew")


@pytest.mark.parametrize("crew_cover", ["all", "any"])
def test_a_crew_that_can_only_come_late_needs_a_reason(
    in_acme: Company, api: Client, crew_cover: str
) -> None:
    for name in ("Ann", "Bob"):
        make_visit(AT, engineer=make_engineer(name), minutes=120)
    work_order = make_work_order(crew_size=2, crew_cover=crew_cover, promised_end_at=AT + HOUR)
    refused = dispatch(api, work_order)
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_broken")
    assert refused.json()["facts"]["can_be_forced"]
    assert refused.json()["facts"]["reasons"][0]["bound"] == "promised_end"
    assert not work_order.visits.exists()
    taken = dispatch(api, work_order, override_reason="The customer knows")
    assert taken.status_code == 201
    assert sorted(taken.json()["crew"]) == ["Ann", "Bob"]
    assert {visit.reason["override"] for visit in work_order.visits.all()} == {"The customer knows"}


def test_a_crew_that_can_come_in_time_goes_before_one_that_is_nearer_and_late(
    in_acme: Company, api: Client
) -> None:
    for name in ("Ann", "Bob"):
        make_visit(AT, engineer=make_engineer(name, home_latitude=35.69), minutes=120)
    for name in ("Cleo", "Dan"):
        make_engineer(name, home_latitude=35.60)
    told = dispatch(api, make_work_order(crew_size=2, promised_end_at=AT + HOUR)).json()
    assert sorted(told["crew"]) == ["Cleo", "Dan"]


def test_a_crew_of_a_provider_keeps_to_its_scope_also_where_skills_are_spread(
    in_acme: Company, api: Client
) -> None:
    gas, power = make_skill("gas"), make_skill("power")
    provider = Provider.objects.create(name="Partner")
    ProviderSkill.objects.create(provider=provider, skill=gas)
    make_engineer("Ann", skills={"gas": 3})
    make_engineer("Bob", skills={"power": 3}, home_latitude=35.60)
    make_engineer("Cleo", skills={"power": 3}, provider=provider)
    work_order = make_work_order(
        work_type=make_work_type(skills={gas.code: 1, power.code: 1}), crew_size=2, crew_cover="any"
    )
    told = dispatch(api, work_order)
    assert told.status_code == 201, told.content
    assert sorted(told.json()["crew"]) == ["Ann", "Bob"]


@pytest.mark.parametrize("crew_size", [1, 2])
def test_work_of_several_days_is_planned_with_all_its_stints(
    in_acme: Company, api: Client, crew_size: int
) -> None:
    for _ in range(crew_size):
        make_engineer()
    work_order = make_work_order(may_split=True, duration_minutes=20 * 60, crew_size=crew_size)
    told = dispatch(api, work_order).json()
    assert len(told["visits"]) == 3 * crew_size
    assert len(told["chosen"]["stints"]) == 3
    work_order.refresh_from_db()
    assert (work_order.status, work_order.left_minutes) == (WorkOrderStatus.SCHEDULED, 0)


@pytest.mark.parametrize("crew_size", [1, 2])
def test_stints_that_begin_after_the_window_are_not_planned(
    in_acme: Company, api: Client, crew_size: int
) -> None:
    for _ in range(crew_size):
        Absence.objects.create(engineer=make_engineer(), start_at=AT - HOUR, end_at=AT + DAY - HOUR)
    work_order = make_work_order(may_split=True, duration_minutes=20 * 60, crew_size=crew_size)
    told = dispatch(api, work_order, until=(AT + 6 * HOUR).isoformat()).json()
    assert (told["visit"], told["excluded"][0]["code"]) == (None, "window")
    assert not Visit.objects.exists()


def test_who_may_not_plan_is_refused(acme: Company, globex: Company, program: Program) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make_work_order()
    with tenant_active(acme.tenant.pk):
        mine = make_work_order()
        make_engineer()
    maker = program(acme, Permission.WORK_VIEW, Permission.WORK_CREATE)
    assert dispatch(maker, mine).status_code == 403
    assert dispatch(program(acme, Permission.WORK_VIEW), mine).status_code == 403
    assert dispatch(program(acme), theirs).status_code == 404
    with tenant_active(acme.tenant.pk):
        assert not Visit.objects.exists()


def test_the_same_key_plans_once(in_acme: Company, api: Client) -> None:
    make_engineer()
    path = f"/api/v1/work-orders/{make_work_order().pk}/dispatch"
    answers = [
        api.post(path, {}, content_type="application/json", headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Visit.objects.count() == 1


def test_it_asks_the_database_no_more_than_the_two_calls(in_acme: Company, api: Client) -> None:
    for _ in range(5):
        make_engineer()
    orders = [make_work_order(site=make_place()) for _ in range(4)]
    dispatch(api, orders[0])
    with CaptureQueriesContext(connection) as one:
        assert dispatch(api, orders[1]).status_code == 201
    with CaptureQueriesContext(connection) as two:
        chosen = post(api, f"work-orders/{orders[2].pk}/candidates").json()["candidates"][0]
        body = {"engineer": chosen["engineer_id"], "start_at": chosen["start_at"]}
        assert post(api, f"work-orders/{orders[2].pk}/schedule", **body).status_code == 201
    assert len(one) <= len(two)


@pytest.mark.parametrize(
    "facts",
    [
        {"crew_size": 2},
        {"may_split": True, "duration_minutes": 12 * 60},
        {"crew_size": 2, "may_split": True, "duration_minutes": 12 * 60},
    ],
)
def test_time_that_is_kept_today_is_not_free_because_the_window_begins_when_it_is_released(
    in_acme: Company, api: Client, facts: dict[str, Any]
) -> None:
    make_engineer(), make_engineer()
    CapacityRule.objects.create(reserve_percent=100, up_to_priority=1, released_hours=24)
    begin = AT + 7 * DAY
    window = {"from": begin.isoformat(), "until": (begin + DAY).isoformat()}
    answer = dispatch(api, make_work_order(**facts), **window)
    told = answer.json()
    assert (answer.status_code, told.get("visit")) == (200, None)
    assert told["excluded"][0]["code"] == ("crew" if "crew_size" in facts else "capacity")
