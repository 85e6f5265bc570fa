"""Arrival windows, booking one, and the kept world that answers: never older than the database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client

from core.clock import now
from core.errors import Conflict
from core.spans import week_between
from customers.models import Site, SiteHours
from dispatch import instant, queries, ranking, services
from dispatch.enums import LinkKind, LockLevel
from dispatch.evaluator import Person as Evaluated
from dispatch.instant import Question
from dispatch.models import EngineerPreference, Visit, WorkOrderLink
from dispatch.policy import PRODUCT
from dispatch.queries.live import engineer_at, forget, live_world
from dispatch.queries.planning import load_world, seconds, work_of
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.consents import TOKYO
from tests.factories.dispatch import make_place, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from workforce.models import CapacityRule, EngineerSkill

Program = Callable[..., Client]
BOSS = Actor.system("tests")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget()


@pytest.fixture
def api(acme: Company, program: Program) -> Client:
    return program(acme)


def post(api: Client, path: str, **body: Any) -> Any:
    return api.post(f"/api/v1/{path}", body, content_type="application/json")


def test_windows_are_graded_and_one_is_booked_once(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Only One")
        first, second = (make_work_order(duration_minutes=240) for _n in range(2))
    found = post(api, "slots", work_order=first.pk, days=2, minutes=240).json()["slots"]
    assert found and {slot["grade"] for slot in found} <= {"A", "B", "C"}
    assert any(slot["pluses"] for slot in found)
    window = {"start_at": found[0]["start_at"], "end_at": found[0]["end_at"]}
    booked = post(api, f"work-orders/{first.pk}/book", **window)
    assert booked.status_code == 201, booked.content
    assert booked.json()["lock_level"] == LockLevel.CONFIRMED
    again = post(api, f"work-orders/{second.pk}/book", **window)
    assert again.status_code == 409
    assert again.json()["code"] == "slot_taken"
    with tenant_active(acme.tenant.pk):
        first.refresh_from_db()
        assert first.promised_start_at == datetime.fromisoformat(window["start_at"])
        second.refresh_from_db()
        assert second.promised_start_at is None


def test_windows_of_work_that_is_to_be(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer(skills={"gas": 2})
        site, work_type = make_place(), make_work_type(skills={"gas": 1})
    found = post(api, "slots", site=site.pk, work_type=work_type.pk, days=1).json()
    assert found["slots"]
    assert post(api, "slots", site=site.pk).status_code == 400


def test_time_that_is_kept_for_emergencies_is_not_offered(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer()
        usual, urgent = make_work_order(priority=3), make_work_order(priority=1)
        CapacityRule.objects.create(reserve_percent=100, up_to_priority=1, released_hours=0)
    told = post(api, "slots", work_order=usual.pk, days=3).json()
    today = now().astimezone(TOKYO).date()
    days = {datetime.fromisoformat(slot["start_at"]).astimezone(TOKYO).date() for slot in told["slots"]}
    assert days <= {today}, "what is kept is let go on the day itself"
    assert any("kept for urgent work" in slot["text"] for slot in told["full"])
    assert post(api, "slots", work_order=urgent.pk, days=3).json()["slots"]


def test_the_kept_world_answers_as_a_fresh_one_after_every_change(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        tom, ada = make_engineer("Tom", skills={"gas": 2}), make_engineer("Ada", skills={"gas": 3})
        work_order = make_work_order(work_type=make_work_type(skills={"gas": 1}))
        visit = make_visit(AT + timedelta(hours=2), engineer=tom)
        acts: list[Callable[[], object]] = [
            lambda: None,
            lambda: make_visit(AT + timedelta(hours=1), engineer=ada),
            lambda: services.cancel_visit(visit_id=visit.pk, reason="Rain", actor=BOSS, at=AT),
            lambda: EngineerSkill.objects.filter(engineer=tom).update(level=1),
            lambda: tom.shifts.all().delete(),
            lambda: type(visit.work_order.site).objects.update(latitude=35.0),
            lambda: EngineerPreference.objects.create(
                engineer=ada, customer_id=work_order.customer_id, liking="excluded"
            ),
            forget,
            lambda: EngineerPreference.objects.all().delete(),
        ]
        until = AT + timedelta(days=2)
        for act in acts:
            act()
            work_order = queries.get_work_order(work_order.pk)
            work = work_of(work_order)
            fresh = load_world(AT, until, site_ids=[work_order.site_id])
            expected = ranking.rank(fresh.people, work, seconds(AT), seconds(until))
            kept = live_world(AT, until, policy=PRODUCT, site_ids=[work_order.site_id])
            found = instant.rank(kept, Question(work, seconds(AT), seconds(until)))
            assert [c.as_json() for c in found.candidates] == [c.as_json() for c in expected.candidates]
            assert [r for r, _who in found.excluded] == [r for r, _who in expected.excluded]
            for engineer in (tom, ada):
                kept_one = engineer_at(engineer.pk, AT, AT + timedelta(hours=1))
                read = load_world(AT, AT + timedelta(hours=1), engineer_ids=[engineer.pk]).person(engineer.pk)
                assert kept_one and read and _known(kept_one) == _known(read)


def _known(person: Evaluated) -> tuple[object, ...]:
    """What a visit on the day hangs on."""
    begin, end = seconds(AT), seconds(AT) + 43_200
    shifts = [(a, b) for a, b in person.shifts if a < end and b > begin]
    return person.skills, person.likings, shifts, [s for s in person.stops if s.start < end and s.end > begin]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_one_transaction", [True, False])
def test_the_kept_world_sees_every_write_also_between_two_of_one_transaction(
    acme: Company, is_one_transaction: bool
) -> None:
    rng = Random(3)

    def change() -> None:
        visits = Visit.objects.order_by("?")
        act = rng.choice(("update", "delete", "replace", "insert", "site"))
        if (visit := visits.first()) is None or act == "insert":
            make_visit(_free(rng), engineer=engineer)
        elif act == "update":
            visits.filter(pk=visit.pk).update(end_at=visit.end_at - timedelta(seconds=rng.randint(1, 9)))
        elif act == "site":
            Site.objects.filter(pk=visit.work_order.site_id).update(latitude=rng.random())
        else:
            visit.delete()
            if act == "replace":
                make_visit(_free(rng), engineer=engineer)

    with tenant_active(acme.tenant.pk), transaction.atomic() if is_one_transaction else nullcontext():
        engineer = make_engineer()
        until = AT + timedelta(days=2)
        for _again in range(60):
            change()
            fresh = load_world(AT, until).people
            assert [p.stops for p in live_world(AT, until, policy=PRODUCT).crowd.people] == [
                p.stops for p in fresh
            ]


def _free(rng: Random) -> datetime:
    """A time that no other visit has."""
    taken = set(Visit.objects.values_list("start_at", flat=True))
    return next(
        at for n in iter(lambda: rng.randrange(40), None) if (at := AT + n * timedelta(hours=1)) not in taken
    )


def test_a_kept_world_is_read_with_few_queries(acme: Company, django_assert_max_num_queries: Any) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer()
        work_order = make_work_order()
        live_world(AT, AT + timedelta(days=2), policy=PRODUCT, site_ids=[work_order.site_id])
        with django_assert_max_num_queries(3):
            live_world(AT, AT + timedelta(days=2), policy=PRODUCT, site_ids=[work_order.site_id])


def test_what_would_help_is_told_where_nobody_can(
    acme: Company, api: Client, signed_in: Callable[[Person], Client]
) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Near Miss", skills={"gas": 2}, hours=("00:00", "23:59"))
        work_order = make_work_order(work_type=make_work_type(skills={"gas": 3}))
    told = post(api, f"work-orders/{work_order.pk}/candidates").json()
    (change,) = told["ways_out"]
    assert (change["code"], change["level"]) == ("skill", 3)
    assert "with Gas at level 3" in change["text"]
    page = signed_in(acme.dora).get(f"/t/acme/board/?work_order={work_order.pk}").content.decode()
    assert "What would help" in page


def test_visiting_hours_keep_their_clock_when_it_changes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime(2026, 3, 28, tzinfo=berlin)
    week = [(day, (time(9), time(17))) for day in range(7)]
    found = week_between(week, berlin, begin, begin + timedelta(days=3))
    assert [start.astimezone(berlin).hour for start, _end in found] == [9, 9, 9]
    assert [start.hour for start, _end in found] == [8, 7, 7]


def test_the_evaluator_is_told_of_hours_links_and_the_site(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_place(time_zone="Asia/Tokyo")
        SiteHours.objects.create(site=site, weekday=0, opens=time(9), closes=time(12))
        first, then = make_work_order(), make_work_order(site=site)
        WorkOrderLink.objects.create(first=first, then=then, kind=LinkKind.SAME_ENGINEER, gap_minutes=30)
        unplanned = work_of(queries.get_work_order(then.pk))
        assert unplanned.waits_for == str(first) and unplanned.after > 1 << 50
        visit = make_visit(AT + timedelta(hours=1), work_order=first)
        work = work_of(queries.get_work_order(then.pk), AT, AT + timedelta(days=7))
        assert work.after == seconds(visit.end_at) + 1800
        assert work.same_engineer == visit.engineer_id
        assert work.hours is not None
        assert {b - a for a, b in work.hours} == {3 * 3600}


def test_booking_work_that_is_planned_is_refused(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit()
        window: dict[str, Any] = {"start_at": AT + timedelta(hours=3), "end_at": AT + timedelta(hours=5)}
        with pytest.raises(Conflict, match="planned already"):
            services.book_slot(work_order_id=visit.work_order_id, actor=BOSS, at=AT, **window)
