"""A lift needs two people and one of them falls ill: another two go, or the customer is asked; never one alone.

What people do happens on pages or through the API; what the machine does is the planner and `deliver_all`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from channels.models import OutboundMessage
from customers.models import Contact
from dispatch.enums import ConsentStatus, LockLevel, VisitStatus, WorkOrderStatus
from dispatch.models import ConsentRequest, Visit, WorkOrder
from dispatch.queries.live import forget
from feedback import links
from feedback.models import CustomerLink
from journal.services import deliver_all
from planning import services as planning
from planning.enums import RunState
from planning.models import PlanRun
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import tomorrow
from workforce.models import Engineer

SignIn = Callable[[Person], Client]
Program = Callable[..., Client]
pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
TO = "facility@tower.example"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget()


def people(acme: Company) -> tuple[Engineer, Engineer, Engineer]:
    with tenant_active(acme.tenant.pk):
        return make_engineer("Abe"), make_engineer("Baba"), make_engineer("Chiba", hours=("10:00", "19:00"))


def lift(acme: Company) -> WorkOrder:
    """A motor that two must lift, tomorrow."""
    with tenant_active(acme.tenant.pk):
        site = make_place(name="Tower")
        contact = Contact.objects.create(customer=site.customer, name="Facility", email=TO)
        return make_work_order(site=site, contact=contact, crew_size=2, subject="Lift the motor in")


def visits(acme: Company, order: WorkOrder) -> list[Visit]:
    with tenant_active(acme.tenant.pk):
        found = Visit.objects.filter(work_order=order).exclude(status=VisitStatus.CANCELLED)
        return list(found.select_related("engineer").order_by("engineer__name"))


def names(acme: Company, order: WorkOrder) -> list[str]:
    return [visit.engineer.name for visit in visits(acme, order)]


def local(hour: int) -> str:
    return (tomorrow(hour) + 9 * HOUR).strftime("%Y-%m-%dT%H:%M")


def the_dispatcher_plans_two(dora: Client, order: WorkOrder, *engineers: Engineer) -> None:
    page = dora.get(f"/t/acme/work-orders/{order.pk}/crew/").content.decode()
    assert "2 engineers go together, or nobody does." in page
    form: dict[str, Any] = {"start_at": local(10), "engineers": [engineer.pk for engineer in engineers]}
    planned = dora.post(f"/t/acme/work-orders/{order.pk}/crew/", form)
    assert planned.status_code == 303, planned.content.decode()[-2000:]


def falls_ill(admin: Client, engineer: Engineer, *, days: int = 0) -> None:
    first, last = local(-16 if days else 8)[:10], local(8 + 24 * days)[:10]
    form = {"first_on": first, "starts": "08:00", "last_on": last, "ends": "20:00", "reason": "ill"}
    path = f"/t/acme/engineers/{engineer.pk}/absences/new/"
    shown = admin.post(path, form)
    if shown.status_code == 422:
        assert admin.post(path, {**form, "seen": shown.context["seen"]}).status_code == 303
    deliver_all()


def a_plan(acme: Company, dora: Client) -> PlanRun:
    with tenant_active(acme.tenant.pk):
        before = PlanRun.objects.count()
    form = {"kind": "repair", "day": local(8)[:10], "days": 1, "budget_seconds": 2}
    assert dora.post("/t/acme/planning/", form).status_code == 303
    with tenant_active(acme.tenant.pk):
        PlanRun.objects.update(steps=60)
    assert planning.carry_out_due() == 1
    with tenant_active(acme.tenant.pk):
        assert PlanRun.objects.count() == before + 1
        run = PlanRun.objects.order_by("-id")[0]
        assert run.state == RunState.PROPOSED, run.problem
    return run


def accept_all(dora: Client, run: PlanRun) -> None:
    done = dora.post(f"/t/acme/planning/{run.pk}/decide/", {"act": "accept_all"}, follow=True)
    assert "overtaken" not in done.content.decode()
    deliver_all()


def test_another_two_go_and_without_two_nobody_does(acme: Company, signed_in: SignIn) -> None:
    abe, baba, chiba = people(acme)
    order, dora, ada = lift(acme), signed_in(acme.dora), signed_in(acme.ada)
    the_dispatcher_plans_two(dora, order, abe, baba)
    day = local(10)[:10]
    board = dora.get(f"/t/acme/board/?day={day}").content.decode()
    assert "together with Abe" in board and "together with Baba" in board
    assert dora.post("/t/acme/board/send/", {"day": day}).status_code == 303
    deliver_all()
    with tenant_active(acme.tenant.pk):
        pages = {link.visit_id: links.path_of(acme.tenant, link) for link in CustomerLink.objects.all()}
        assert OutboundMessage.objects.filter(recipient=TO).exists()

    falls_ill(ada, abe)
    run = a_plan(acme, dora)
    assert names(acme, order) == ["Abe", "Baba"], "nothing moves before it is accepted"
    page = dora.get(f"/t/acme/planning/{run.pk}/").content.decode()
    assert "Baba" in page and "Chiba" in page
    accept_all(dora, run)
    going = visits(acme, order)
    assert [visit.engineer.name for visit in going] == ["Baba", "Chiba"]
    assert len({(visit.start_at, visit.crew_key) for visit in going}) == 1
    for visit in going:
        told = Client().get(pages[visit.pk]).content.decode()
        assert visit.engineer.name in told and "Abe" not in told, "the customer's page names who comes now"

    falls_ill(ada, chiba)
    run = a_plan(acme, dora)
    page = dora.get(f"/t/acme/planning/{run.pk}/").content.decode()
    assert "Take off the plan" in page and "needed" in page
    accept_all(dora, run)
    assert visits(acme, order) == [], "one alone does not go"
    with tenant_active(acme.tenant.pk):
        order.refresh_from_db()
        assert order.status == WorkOrderStatus.UNSCHEDULED
    assert f"work_order={order.pk}" in dora.get(f"/t/acme/board/?day={day}").content.decode(), "in the tray"


def test_a_confirmed_lift_is_asked_about_once_and_all_or_nobody_move(
    acme: Company, signed_in: SignIn, program: Program
) -> None:
    abe, baba, chiba = people(acme)
    order, dora, ada = lift(acme), signed_in(acme.dora), signed_in(acme.ada)
    the_dispatcher_plans_two(dora, order, abe, baba)
    with tenant_active(acme.tenant.pk):
        make_visit(tomorrow(10), engineer=chiba, minutes=150, lock_level=LockLevel.CONFIRMED)
        WorkOrder.objects.filter(pk=order.pk).update(
            promised_start_at=tomorrow(10), promised_end_at=tomorrow(12)
        )
        Visit.objects.filter(work_order=order).update(lock_level=LockLevel.CONFIRMED)
        before = {visit.pk: (visit.engineer_id, visit.start_at) for visit in order.visits.all()}
    falls_ill(ada, abe, days=20)
    with tenant_active(acme.tenant.pk):
        consent = ConsentRequest.objects.get()
        assert consent.status == ConsentStatus.ASKED, "asked by itself, as nobody could come at ten"
        asked = OutboundMessage.objects.filter(recipient=TO)
        assert asked.count() == 1, "one question for the crew"
        path = links.path_of(acme.tenant, CustomerLink.objects.get(consent=consent))
        now_planned = {visit.pk: (visit.engineer_id, visit.start_at) for visit in order.visits.all()}
    assert now_planned == before
    api = program(acme)
    (told,) = api.get("/api/v1/consents").json()["results"]
    assert all(set(option["crew"]) == {baba.pk, chiba.pk} for option in told["options"])
    refused = api.post(
        f"/api/v1/visits/{min(before)}/consent", {"version": 1}, content_type="application/json"
    )
    assert refused.status_code == 409 and refused.json()["code"] == "asked_already"

    page = Client().get(path).content.decode()
    assert "May we move your visit?" in page and "10:00–12:00" in page
    with tenant_active(acme.tenant.pk):
        first = consent.options[0]
        begin = first["at"]
        blocking = make_visit(tomorrow(0) - HOUR, engineer=baba)
        Visit.objects.filter(pk=blocking.pk).update(start_at=first["start"], end_at=first["end"])
    forget()
    taken = Client().post(path, {"choice": "0"})
    assert "Somebody else took that time" in taken.content.decode()
    with tenant_active(acme.tenant.pk):
        assert {v.pk: (v.engineer_id, v.start_at) for v in order.visits.all()} == before, "nobody moved"
        blocking.delete()
    forget()
    assert Client().post(path, {"choice": "0"}).status_code in (200, 303)
    going = visits(acme, order)
    assert [visit.engineer.name for visit in going] == ["Baba", "Chiba"]
    assert {visit.start_at.isoformat() for visit in going} <= {begin, going[0].start_at.isoformat()}
    assert len({(visit.start_at, visit.crew_key) for visit in going}) == 1
