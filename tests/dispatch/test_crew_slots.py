"""Arrival windows of work for several engineers: offered only where all can come at once, booked for all or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from core.errors import Conflict
from dispatch import services
from dispatch.crews import check_team
from dispatch.enums import LockLevel
from dispatch.evaluator import evaluate
from dispatch.models import Visit, WorkOrder
from dispatch.queries.live import forget
from dispatch.queries.planning import load_world, work_of
from dispatch.queries.slots import Asked, slots_for
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.consents import SYSTEM
from tests.factories.dispatch import make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer

HOUR = timedelta(hours=1)
DAY = ("00:00", "23:59")


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget()


def offered(order: WorkOrder, days: int = 1) -> Any:
    work = work_of(order, AT - HOUR, AT + timedelta(days=days + 1))
    return slots_for(work, order.site, Asked(AT, days))


def test_a_window_is_offered_only_where_both_are_free_at_once(in_acme: Company) -> None:
    one, other = make_engineer(hours=DAY), make_engineer(hours=DAY)
    make_visit(AT + HOUR, engineer=one, minutes=6 * 60)
    make_visit(AT + 7 * HOUR, engineer=other, minutes=6 * 60)
    order = make_work_order(crew_size=2, duration_minutes=60)
    found = offered(order)
    assert found.slots and {slot.start for slot in found.slots} == set(found.crews)
    world = load_world(AT, AT + 24 * HOUR, site_ids=[order.site_id])
    for slot in found.slots:
        team = found.crews[slot.start]
        assert {verdict.person.id for verdict in team.verdicts} == {one.pk, other.pk}
        assert slot.start <= team.start < slot.end
        people = [person for person in world.people if person.id in {one.pk, other.pk}]
        assert not check_team(people, found.ask.work)
        assert all(not evaluate(person, found.ask.work, team.start).blocked for person in people)


def test_two_who_are_never_free_together_have_no_window(in_acme: Company) -> None:
    make_engineer(hours=("08:00", "13:00"))
    make_engineer(hours=("13:00", "20:00"))
    assert not offered(make_work_order(crew_size=2)).slots


def test_skills_may_be_spread_over_a_crew(in_acme: Company) -> None:
    make_engineer(skills={"gas": 2}, hours=DAY)
    make_engineer(skills={"lift": 1}, hours=DAY)
    kind = make_work_type(skills={"gas": 2, "lift": 1})
    each, together = (
        make_work_order(work_type=kind, crew_size=2, crew_cover=cover) for cover in ("all", "any")
    )
    for order in (each, together):
        for row in kind.work_type_skills.all():
            order.work_order_skills.update_or_create(skill=row.skill, defaults={"level": row.level})
    assert not offered(each).slots
    assert offered(together).slots


def test_booking_plans_all_of_the_crew_confirmed_and_together(in_acme: Company) -> None:
    crew = {make_engineer(hours=DAY).pk, make_engineer(hours=DAY).pk}
    order = make_work_order(crew_size=2)
    slot = offered(order).slots[0]
    window = _window(slot)
    visit = services.book_slot(work_order_id=order.pk, actor=SYSTEM, at=AT, **window)
    visits = Visit.objects.filter(work_order=order)
    assert {one.engineer_id for one in visits} == crew
    assert {(one.start_at, one.crew_key, one.lock_level) for one in visits} == {
        (visit.start_at, visit.crew_key, LockLevel.CONFIRMED)
    }
    assert visit.crew_key is not None and window["start_at"] <= visit.start_at < window["end_at"]
    with pytest.raises(Conflict):
        services.book_slot(work_order_id=order.pk, actor=SYSTEM, at=AT, **window)
    assert visits.count() == 2


def test_nobody_is_booked_when_one_was_taken_meanwhile(in_acme: Company) -> None:
    one, _other = make_engineer(hours=DAY), make_engineer(hours=DAY)
    order = make_work_order(crew_size=2)
    window = _window(offered(order).slots[0])
    make_visit(window["start_at"] - HOUR, engineer=one, minutes=8 * 60)
    with pytest.raises(Conflict) as refused:
        services.book_slot(work_order_id=order.pk, actor=SYSTEM, at=AT, **window)
    assert refused.value.problem_code == "slot_taken"
    assert not Visit.objects.filter(work_order=order).exists()
    order.refresh_from_db()
    assert order.promised_start_at is None


def test_the_api_names_the_crew_and_books_it(acme: Company, program: Callable[..., Client]) -> None:
    with tenant_active(acme.tenant.pk):
        crew = {make_engineer(hours=DAY).pk, make_engineer(hours=DAY).pk}
        order = make_work_order(crew_size=2)
    api = program(acme)
    found = _post(api, "slots", work_order=order.pk, days=2).json()["slots"]
    assert found and set(found[0]["crew"]) == crew
    window = {name: found[0][name] for name in ("start_at", "end_at")}
    booked = _post(api, f"work-orders/{order.pk}/book", **window)
    assert booked.status_code == 201 and booked.json()["crew_key"]


def _window(slot: Any) -> dict[str, Any]:
    return {
        "start_at": datetime.fromtimestamp(slot.start, AT.tzinfo),
        "end_at": datetime.fromtimestamp(slot.end, AT.tzinfo),
    }


def _post(api: Client, path: str, **body: Any) -> Any:
    return api.post(f"/api/v1/{path}", body, content_type="application/json")
