"""Visits of somebody absent: the board marks them, and their drawer says who could go instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from dispatch import services
from dispatch.models import Visit, WorkOrder
from dispatch.queries.absences import stand_ins
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer
from workforce.models import Absence, Engineer, EngineerPair

SignedIn = Callable[[Person], Client]
SYSTEM = Actor.system("tests")
HOUR = timedelta(hours=1)
BOARD = f"/t/acme/board/?day={AT.date()}"
pytestmark = pytest.mark.usefixtures("on_the_day")


@pytest.fixture
def dora(acme: Company, signed_in: SignedIn) -> Client:
    return signed_in(acme.dora)


def crew(*engineers: Engineer) -> list[Visit]:
    work_order = make_work_order(crew_size=len(engineers))
    who = [engineer.pk for engineer in engineers]
    return services.schedule_crew(
        work_order_id=work_order.pk, engineer_ids=who, start_at=AT + 2 * HOUR, actor=SYSTEM, at=AT
    )


def away(engineer: Engineer) -> Absence:
    return Absence.objects.create(engineer=engineer, start_at=AT, end_at=AT + 8 * HOUR, reason="Fever")


def test_the_board_marks_and_counts_visits_of_somebody_absent(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        tom = make_engineer("Tom")
        planned = make_visit(AT + 2 * HOUR, engineer=tom)
        make_visit(AT + 2 * HOUR, engineer=make_engineer("Uma"))
    assert "somebody absent" not in dora.get(BOARD).content.decode()
    with tenant_active(acme.tenant.pk):
        away(tom)
    page = dora.get(BOARD).content.decode()
    assert "<b>1</b>visit of somebody absent" in page and page.count('aria-label="Engineer absent"') == 1
    only = dora.get(f"{BOARD}&only=away").content.decode()
    assert "Tom" in only and "Uma" not in only
    drawer = dora.get(f"{BOARD}&visit={planned.pk}").content.decode()
    assert "Tom is absent from" in drawer and "Fever" in drawer
    assert f"work_order={planned.work_order_id}" in drawer.split("Tom is absent")[1]


def test_who_is_there_already_is_not_marked(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        tom = make_engineer("Tom")
        make_visit(AT, engineer=tom, status="on_site", arrived_at=AT)
        absence = away(tom)
    assert "somebody absent" not in dora.get(BOARD).content.decode()
    page = dora.get(f"/t/acme/engineers/{tom.pk}/absences/{absence.pk}/").content.decode()
    assert "Find somebody else" not in page and "Show on the board" in page


def test_a_crew_gets_somebody_else_and_keeps_the_others(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        tom, uma, vic = make_engineer("Tom"), make_engineer("Uma"), make_engineer("Vic")
        first, second = crew(tom, uma)
        absence = away(tom)
        make_visit(AT + 2 * HOUR, engineer=make_engineer("Busy"))
    page = dora.get(f"/t/acme/engineers/{tom.pk}/absences/{absence.pk}/").content.decode()
    link = re.search(r'href="(/t/acme/board/[^"]+instead=1)"', page)
    assert link is not None
    drawer = dora.get(link[1].replace("&amp;", "&")).content.decode()
    section = drawer[drawer.index('id="stand-ins"') :].split("</section>")[0]
    assert "Instead of Tom" in section and "the other stays" in section
    assert section.count("<article") == 1 and "Give it to Vic" in section
    form = dict(re.findall(r'name="(version|engineer|start_at)" value="([^"]+)"', section))
    assert dora.post(f"/t/acme/board/visits/{first.pk}/move/", form).status_code == 303
    with tenant_active(acme.tenant.pk):
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.engineer_id, second.engineer_id) == (vic.pk, uma.pk)
        assert first.start_at == second.start_at == AT + 2 * HOUR
    assert "somebody absent" not in dora.get(BOARD).content.decode()


def test_nobody_else_is_told_with_the_way_out(acme: Company, dora: Client) -> None:
    with tenant_active(acme.tenant.pk):
        tom, uma = make_engineer("Tom"), make_engineer("Uma")
        first, _second = crew(tom, uma)
        away(tom)
    page = dora.get(f"{BOARD}&visit={first.pk}").content.decode()
    assert "Nobody else can go with the others at this time. Move all of the crew" in page


def test_who_never_goes_with_the_others_does_not_stand_in(in_acme: Company) -> None:
    tom, uma, vic = make_engineer("Tom"), make_engineer("Uma"), make_engineer("Vic")
    first, _second = crew(tom, uma)
    assert [verdict.person.name for verdict in stand_ins(first, AT)] == ["Vic"]
    pair = sorted([uma, vic], key=lambda one: one.pk)
    EngineerPair.objects.create(first=pair[0], second=pair[1], liking="excluded")
    assert stand_ins(first, AT) == []
    with pytest.raises(services.CannotSchedule) as refused:
        services.move_visit(
            visit_id=first.pk,
            engineer_id=vic.pk,
            start_at=first.start_at,
            version=first.version,
            actor=SYSTEM,
            at=AT,
        )
    assert "Uma" in str(refused.value) and "Vic" in str(refused.value)


def test_another_visit_beside_one_at_work_asks_for_its_reason_and_keeps_the_start(
    acme: Company, dora: Client
) -> None:
    with tenant_active(acme.tenant.pk):
        work_order: WorkOrder = make_work_order()
        make_visit(AT, work_order=work_order, status="on_site", arrived_at=AT)
        uma = make_engineer("Uma")
    start = (AT + 3 * HOUR).isoformat()
    answer = dora.post(
        f"/t/acme/work-orders/{work_order.pk}/visits/", {"engineer": uma.pk, "start_at": start}
    )
    page = answer.content.decode()
    assert answer.status_code == 409 and "is at work on" in page
    assert re.search(r'name="start_at"[^>]*value="\d{4}-\d\d-\d\dT\d\d:\d\d"', page) or re.search(
        r'value="\d{4}-\d\d-\d\dT\d\d:\d\d"[^>]*name="start_at"', page
    )
    label = page[: page.index('name="override_reason"')].rpartition("<label")[2]
    assert "optional" not in label
    odd = {"engineer": uma.pk, "start_at": "0001-01-01T00:00+09:00"}
    assert dora.post(f"/t/acme/work-orders/{work_order.pk}/visits/", odd).status_code == 422
    form = {"engineer": uma.pk, "start_at": start, "override_reason": "A second pair of hands"}
    assert dora.post(f"/t/acme/work-orders/{work_order.pk}/visits/", form).status_code == 303
