"""The pages of dispatch, as a browser sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dispatch.enums import VisitStatus
from dispatch.models import DispatchRule, Visit, WorkOrder
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_place, make_rule, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer

SignedIn = Callable[[Person], Client]
DAY = "2026-11-23"


@pytest.fixture
def dora(acme: Company, signed_in: SignedIn) -> Client:
    return signed_in(acme.dora)


def test_the_board_shows_lanes_tray_and_drafts(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        engineer = make_engineer("Tom Lane")
        visit = make_visit(AT + timedelta(hours=1), engineer=engineer)
        waiting = make_work_order(site=make_place(name="Waiting Tower"))
    page = dora.get(f"/t/acme/board/?day={DAY}").content.decode()
    assert "Tom Lane" in page
    assert f'id="visit-{visit.pk}"' in page
    assert "Waiting Tower" in page and f"work_order={waiting.pk}" in page
    assert "Send 1 draft" in page


def test_the_drawer_tells_candidates_and_why_not_the_others(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        work_order = make_work_order(work_type=make_work_type(skills={"gas": 1}))
        make_engineer("Can Do", skills={"gas": 1}, hours=("00:00", "23:59"))
        make_engineer("Cannot Do")
    page = dora.get(f"/t/acme/board/?work_order={work_order.pk}").content.decode()
    assert "Assign Can Do, " in page
    assert "Cannot Do" in page and "lacks Gas 1" in page


@pytest.mark.usefixtures("on_the_day")
def test_another_candidate_takes_over_the_planned_visit(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        first = make_engineer("First Choice", hours=("00:00", "23:59"))
        other = make_engineer("Other Choice", hours=("00:00", "23:59"))
        visit = make_visit(engineer=first, status=VisitStatus.DISPATCHED)
    page = dora.get(f"/t/acme/board/?work_order={visit.work_order_id}").content.decode()
    assert "Move to Other Choice, " in page and "Assign " not in page
    assert f'action="/t/acme/board/visits/{visit.pk}/move/"' in page
    form = {"engineer": other.pk, "start_at": f"{DAY}T02:00:00+00:00", "version": visit.version}
    assert dora.post(f"/t/acme/board/visits/{visit.pk}/move/", form).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert [row.engineer for row in visit.work_order.visits.all()] == [other]


@pytest.mark.usefixtures("on_the_day")
def test_assigning_from_the_drawer_leads_back_to_the_visit(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        work_order, engineer = make_work_order(), make_engineer()
    form = {"engineer": engineer.pk, "start_at": f"{DAY}T01:00:00+00:00"}
    answer = dora.post(f"/t/acme/work-orders/{work_order.pk}/visits/", form)
    assert answer.status_code == 303
    with tenant_active(acme.tenant.pk):
        visit = Visit.objects.get()
        assert visit.start_at == AT + timedelta(hours=1)
    assert answer["Location"].endswith(f"?day={DAY}&visit={visit.pk}")


@pytest.mark.usefixtures("on_the_day")
def test_a_broken_rule_comes_back_as_a_form_that_asks_for_a_reason(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        work_order, engineer = make_work_order(), make_engineer(hours=("12:00", "13:00"))
    form = {"engineer": engineer.pk, "start_at": f"{DAY}T01:00:00+00:00"}
    answer = dora.post(f"/t/acme/work-orders/{work_order.pk}/visits/", form)
    assert answer.status_code == 422
    assert "outside working time" in answer.content.decode()


def test_a_stale_move_is_a_conflict_page(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
        Visit.objects.filter(pk=visit.pk).update(version=3)
    form = {"engineer": visit.engineer_id, "start_at": f"{DAY}T05:00", "version": 1}
    answer = dora.post(f"/t/acme/board/visits/{visit.pk}/move/", form)
    assert answer.status_code == 409
    dropped = dora.post(f"/t/acme/board/visits/{visit.pk}/drop/", form)
    assert dropped.status_code == 409
    assert "was changed by" in dropped.content.decode()


def test_sending_and_calling_off(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    assert dora.post(f"/t/acme/board/visits/{visit.pk}/send/").status_code == 303
    assert dora.post(f"/t/acme/board/visits/{visit.pk}/cancel/", {"reason": ""}).status_code == 422
    assert dora.post(f"/t/acme/board/visits/{visit.pk}/cancel/", {"reason": "Rain"}).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert Visit.objects.get().status == "cancelled"


def test_drafts_are_sent_by_one_button(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_visit()
    assert dora.post("/t/acme/board/send/", {"day": DAY}).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert Visit.objects.get().status == "dispatched"


def test_rules_are_made_changed_and_switched(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_work_type("boiler")
    form: dict[str, Any] = {"name": "Boilers", "position": 1, "event": "work_created", "horizon_days": 2}
    form |= {"step-TOTAL_FORMS": 4, "step-INITIAL_FORMS": 1, "step-0-strategy": "nearest"}
    form |= {"work_types": ["boiler"], "areas": "North, South", "max_priority": "2", "is_enabled": "on"}
    assert dora.post("/t/acme/rules/new/", form).status_code == 303
    with tenant_active(acme.tenant.pk):
        rule = DispatchRule.objects.get()
        assert rule.conditions == {"work_types": ["boiler"], "areas": ["North", "South"], "max_priority": 2}
    assert dora.post(f"/t/acme/rules/{rule.pk}/switch/", {"is_enabled": "0"}).status_code == 303
    assert "Boilers" in dora.get("/t/acme/rules/").content.decode()
    assert dora.get(f"/t/acme/rules/{rule.pk}/").status_code == 200


def test_work_orders_by_hand_and_their_page(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        site, work_type = make_place(), make_work_type()
        make_rule()
    form = {"site": site.pk, "work_type": work_type.pk, "subject": "Check the pump", "priority": 3}
    answer = dora.post("/t/acme/work-orders/new/", form)
    assert answer.status_code == 303
    with tenant_active(acme.tenant.pk):
        work_order = WorkOrder.objects.get()
    assert dora.post(f"/t/acme/work-orders/{work_order.pk}/dispatch/").status_code == 303
    page = dora.get(answer["Location"]).content.decode()
    assert "Check the pump" in page and "Nobody can" in page
    assert "Check the pump" in dora.get("/t/acme/work-orders/?q=pump&status=unscheduled").content.decode()


def test_work_is_found_by_its_number_and_by_that_of_a_visit(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_visit(work_order=make_work_order(subject="Check the pump"))
        visit = make_visit(work_order=make_work_order(subject="Change the belt"))
    for text in (str(visit), str(visit).lower(), str(visit.work_order)):
        page = dora.get("/t/acme/work-orders/", {"q": text}).content.decode()
        assert "Change the belt" in page and "Check the pump" not in page, text


def test_a_rivals_work_is_not_there(acme: Company, globex: Company, dora: Client) -> None:
    with tenant_active(globex.tenant.pk):
        visit = make_visit()
    for path in (
        f"/t/acme/work-orders/{visit.work_order_id}/",
        f"/t/acme/board/?visit={visit.pk}",
        f"/t/acme/board/?work_order={visit.work_order_id}",
    ):
        assert dora.get(path).status_code == 404


def test_an_engineer_may_not_see_the_board(acme: Company, signed_in: SignedIn) -> None:
    assert signed_in(acme.tom).get("/t/acme/board/").status_code == 403


@pytest.mark.parametrize("path", [f"board/?day={DAY}", "work-orders/"])
def test_no_query_count_grows_with_rows(
    acme: Company, dora: Client, django_assert_num_queries: Any, path: str
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for _ in range(2):
        with tenant_active(acme.tenant.pk):
            for _ in range(2):
                make_visit(engineer=make_engineer(skills={"gas": 1}))
                make_work_order(work_type=make_work_type(skills={"gas": 1}))
        dora.get(f"/t/acme/{path}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            dora.get(f"/t/acme/{path}")
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("on_the_day")
def test_a_time_that_is_over_is_refused_beside_its_field_and_what_was_entered_stays(
    acme: Company, dora: Client
) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
    form = {
        "engineer": visit.engineer_id,
        "start_at": "2026-11-01T10:00",
        "version": visit.version,
        "override_reason": "By phone",
    }
    paths = {
        f"board/visits/{visit.pk}/move/": form,
        f"board/visits/{visit.pk}/consent/": form | {"act": "ask"},
        f"work-orders/{visit.work_order_id}/visits/": form,
        f"work-orders/{visit.work_order_id}/crew/": form | {"engineers": [visit.engineer_id]},
    }
    for path, facts in paths.items():
        answer = dora.post(f"/t/acme/{path}", facts)
        page = answer.content.decode()
        assert answer.status_code in {409, 422} and "<form" in page, path
        assert 'value="2026-11-01T10:00"' in page, path
        assert "By phone" in page and "bad_input" not in page and "start_at:" not in page, path
    page = dora.post(f"/t/acme/board/visits/{visit.pk}/move/", form).content.decode()
    assert "is over. Choose a later time" in page.split('id="id_start_at-error"')[1].split("</p>")[0]
    dropped = dora.post(f"/t/acme/board/visits/{visit.pk}/drop/", form)
    assert dropped["Content-Type"].startswith("text/plain") and "is over" in dropped.content.decode()


@pytest.mark.usefixtures("on_the_day")
def test_who_was_overtaken_reads_by_whom_and_may_decide_anew(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
        Visit.objects.filter(pk=visit.pk).update(version=3)
    form = {"engineer": visit.engineer_id, "start_at": f"{DAY}T14:00", "version": 1}
    answer = dora.post(f"/t/acme/board/visits/{visit.pk}/move/", form)
    page = answer.content.decode()
    assert answer.status_code == 409 and "was changed by" in page and f'value="{DAY}T14:00"' in page
    assert 'name="version" value="3"' in page
    assert dora.post(f"/t/acme/board/visits/{visit.pk}/move/", form | {"version": 3}).status_code == 303


def test_what_a_visits_state_does_not_allow_is_told_in_its_form(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit(status=VisitStatus.DONE, arrived_at=AT, ended_at=AT)
    for path in ("cancel", "no-show"):
        answer = dora.post(f"/t/acme/board/visits/{visit.pk}/{path}/", {"reason": "Nobody there"})
        page = answer.content.decode()
        assert answer.status_code == 409 and 'value="Nobody there"' in page and 'role="alert"' in page, path
    answer = dora.post(f"/t/acme/board/visits/{visit.pk}/send/", follow=True)
    assert answer.status_code == 200 and 'class="toast wait' in answer.content.decode()
    wrong = dora.post(f"/t/acme/board/visits/{visit.pk}/drop/", {"engineer": "x"})
    assert wrong.status_code == 422 and wrong.content
