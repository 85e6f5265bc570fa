"""The REST resources of dispatch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Permission
from dispatch.models import Visit
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.dispatch import make_place, make_rule, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer

Program = Callable[..., Client]
START = "2026-11-23T01:00:00Z"


@pytest.fixture
def api(acme: Company, program: Program) -> Client:
    return program(acme)


def post(api: Client, path: str, **body: Any) -> Any:
    return api.post(f"/api/v1/{path}", body, content_type="application/json")


@pytest.mark.usefixtures("on_the_day")
def test_work_is_made_changed_planned_and_sent(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        site, work_type, engineer = (
            make_place(),
            make_work_type(skills={"gas": 1}),
            make_engineer(skills={"gas": 1}),
        )
    made = post(
        api,
        "work-orders",
        site=site.pk,
        work_type=work_type.pk,
        subject="Leak",
        external_id="A1",
        source="erp",
    )
    assert made.status_code == 201, made.content
    work = made.json()
    assert (work["status"], work["skills"][0]["code"]) == ("unscheduled", "gas")
    changed = api.patch(f"/api/v1/work-orders/{work['id']}", {"priority": 1}, content_type="application/json")
    assert changed.json()["priority"] == 1
    told = post(api, f"work-orders/{work['id']}/candidates").json()
    assert told["candidates"][0]["engineer_id"] == engineer.pk
    visit = post(api, f"work-orders/{work['id']}/schedule", engineer=engineer.pk, start_at=START)
    assert visit.status_code == 201, visit.content
    sent = post(api, f"visits/{visit.json()['id']}/send")
    assert sent.json()["status"] == "dispatched"
    again = post(
        api, "work-orders", site=site.pk, work_type=work_type.pk, subject="x", external_id="A1", source="erp"
    )
    assert again.status_code == 409


@pytest.mark.usefixtures("on_the_day")
def test_an_overlap_is_a_problem_that_names_the_other(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        taken = make_visit(AT + timedelta(hours=1))
        work_order = make_work_order()
    answer = post(api, "visits", work_order=work_order.pk, engineer=taken.engineer_id, start_at=START)
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["facts"]["visit_id"]) == ("overlap", taken.pk)


@pytest.mark.usefixtures("on_the_day")
def test_a_broken_rule_lists_its_reasons(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        work_order, engineer = make_work_order(), make_engineer(hours=("12:00", "13:00"))
    body = {"work_order": work_order.pk, "engineer": engineer.pk, "start_at": START}
    problem = post(api, "visits", **body).json()
    assert problem["code"] == "rule_broken"
    assert problem["facts"]["reasons"][0]["code"] == "shift"
    assert post(api, "visits", **body, override_reason="Agreed").status_code == 201


@pytest.mark.usefixtures("on_the_day")
def test_a_stale_version_is_refused_with_who_and_when(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    body = {"engineer": visit.engineer_id, "start_at": "2026-11-23T05:00:00Z", "version": 1}
    moved = api.patch(f"/api/v1/visits/{visit.pk}", body, content_type="application/json")
    assert (moved.status_code, moved.json()["version"]) == (200, 2)
    stale = api.patch(f"/api/v1/visits/{visit.pk}", body, content_type="application/json")
    assert stale.status_code == 409
    assert stale.json()["facts"]["changed_by"] == "tests"


def test_auto_dispatch_answers_with_the_run(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_rule()
        work_order = make_work_order()
    run = post(api, f"work-orders/{work_order.pk}/auto-dispatch").json()
    assert run["outcome"] == "nobody"


def test_calling_off(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    assert post(api, f"visits/{visit.pk}/cancel", reason="Rain").json()["status"] == "cancelled"
    answer = post(api, f"work-orders/{visit.work_order_id}/cancel", reason="Withdrawn")
    assert answer.json()["status"] == "cancelled"


def test_scopes_and_rivals(acme: Company, globex: Company, program: Program) -> None:
    reader = program(acme, Permission.WORK_VIEW)
    with tenant_active(globex.tenant.pk):
        visit = make_visit()
    with tenant_active(acme.tenant.pk):
        mine, engineer = make_work_order(), make_engineer()
    assert reader.get("/api/v1/visits").status_code == 200
    refused = post(reader, "visits", work_order=mine.pk, engineer=engineer.pk, start_at=START)
    assert refused.status_code == 403
    assert reader.get(f"/api/v1/visits/{visit.pk}").status_code == 404
    foreign = post(
        program(acme), "visits", work_order=visit.work_order_id, engineer=engineer.pk, start_at=START
    )
    assert foreign.status_code == 400


def test_filters(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_visit(AT + timedelta(hours=1))
        make_visit(AT + timedelta(days=2))
        make_work_order()
    found = api.get(
        "/api/v1/visits?starts_from=2026-11-23T00:00:00Z&starts_before=2026-11-24T00:00:00Z"
    ).json()
    assert len(found["results"]) == 1
    assert len(api.get("/api/v1/work-orders?status=unscheduled").json()["results"]) == 1
    assert api.get("/api/v1/work-types").status_code == 200


@pytest.mark.parametrize("path", ["work-orders", "visits", "engineers", "skills", "work-types"])
def test_no_query_count_grows_with_rows(acme: Company, api: Client, path: str) -> None:
    counts = []
    for _ in range(2):
        with tenant_active(acme.tenant.pk):
            for code in ("gas", "water"):
                engineer = make_engineer(skills={code: 1})
                make_visit(
                    engineer=engineer, work_order=make_work_order(work_type=make_work_type(skills={code: 1}))
                )
        api.get(f"/api/v1/{path}")
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"/api/v1/{path}").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    with tenant_active(acme.tenant.pk):
        assert Visit.objects.count() == 4


@pytest.mark.usefixtures("on_the_day")
def test_a_crew_is_planned_by_the_api(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        order = make_work_order(crew_size=2)
        crew = [make_engineer(hours=("00:00", "23:59")).pk for _number in range(2)]
    made = post(api, f"work-orders/{order.pk}/schedule-crew", engineers=crew, start_at=START)
    assert made.status_code == 201, made.content
    assert sorted(visit["engineer"] for visit in made.json()) == sorted(crew)
    alone = post(api, f"work-orders/{order.pk}/schedule-crew", engineers=crew[:1], start_at=START)
    assert alone.status_code == 409
