"""Work that is not urgent keeps the business hours of its kind where its site names no hours: by one rule for all."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.calendars import WEEKDAYS
from customers.models import Site, SiteHours
from dispatch import evaluator, queries
from dispatch.evaluator import Person, Reason, Work
from dispatch.models import WorkOrder, WorkType
from dispatch.queries.hours import business_hours_of
from dispatch.queries.planning import instant, seconds, visiting_hours
from dispatch.queries.slots import work_to_be
from dispatch.reasons import words
from planning.enums import ChangeKind
from tests.cast import Company
from tests.factories.consents import HOUR, SYSTEM
from tests.factories.dispatch import make_place, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from tests.planning.runs import proposal, tomorrow
from tickets import services as tickets
from tickets.models import BusinessCalendar


@pytest.fixture
def office(in_acme: Company) -> BusinessCalendar:
    """Nine to twelve and one to six on every day."""
    week = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in WEEKDAYS}
    return tickets.create_calendar(name="Office", weekly=week, actor=SYSTEM, at=tomorrow())


@pytest.fixture
def upkeep(office: BusinessCalendar) -> WorkType:
    return make_work_type("upkeep", calendar=office)


def around_the_clock(site: Site) -> Site:
    for day in range(7):
        SiteHours.objects.create(site=site, weekday=day, opens=time(0), closes=time(0))
    return site


def work_of(order: WorkOrder) -> Work:
    """As one order is read, and as many are: the same."""
    begin, end = tomorrow() - timedelta(days=1), tomorrow() + timedelta(days=2)
    alone = queries.work_of(queries.get_work_order(order.pk), begin, end)
    (listed,) = queries.for_planning(WorkOrder.objects.filter(pk=order.pk))
    assert queries.work_of(listed, begin, end) == alone
    return alone


def broken(work: Work, start_at: datetime) -> list[Reason]:
    night = (seconds(tomorrow(-12)), seconds(tomorrow(36)))
    person = Person(1, "Nora", home=(35.68, 139.76), areas=frozenset({"Chiyoda"}), shifts=[night])
    return list(evaluator.evaluate(person, work, seconds(start_at)).broken)


def test_at_a_site_without_hours_they_are_those_of_business(upkeep: WorkType) -> None:
    work = work_of(make_work_order(work_type=upkeep))
    (reason,) = broken(work, tomorrow(22))
    assert reason.as_json() == {"code": "visiting_hours", "opens": seconds(tomorrow(33)), "business": 1}
    assert broken(work, tomorrow(12)) == [], "noon is no reason to stay away"
    assert broken(work, tomorrow(17)) == []


@pytest.mark.parametrize(("priority", "is_bound"), [(1, False), (2, False), (3, True), (4, True)])
def test_urgent_work_is_done_at_night(upkeep: WorkType, priority: int, is_bound: bool) -> None:
    work = work_of(make_work_order(work_type=upkeep, priority=priority))
    assert (work.hours is not None, bool(broken(work, tomorrow(22)))) == (is_bound, is_bound)


def test_what_a_site_says_goes_before(upkeep: WorkType) -> None:
    always = work_of(make_work_order(work_type=upkeep, site=around_the_clock(make_place())))
    assert broken(always, tomorrow(22)) == [] and not always.business_hours
    early = make_place()
    for day in range(7):
        SiteHours.objects.create(site=early, weekday=day, opens=time(5), closes=time(7))
    own = work_of(make_work_order(work_type=upkeep, site=early))
    assert broken(own, tomorrow(5)) == [] and "business" not in broken(own, tomorrow(10))[0].facts


def test_a_kind_without_a_calendar_is_done_at_any_time(in_acme: Company) -> None:
    assert work_of(make_work_order()).hours is None


def test_the_calendar_is_laid_on_its_own_zone_else_the_sites(
    upkeep: WorkType, office: BusinessCalendar
) -> None:
    site = make_place(time_zone="Europe/Berlin")

    def first() -> datetime:
        hours, is_business = visiting_hours(site, business_hours_of(upkeep), 4, tomorrow(), tomorrow(48))
        assert is_business and hours
        return next(instant(begin) for begin, _end in hours if begin > seconds(tomorrow()))

    in_berlin = first()
    office.time_zone = "Asia/Tokyo"
    assert first() == tomorrow(9) and in_berlin - tomorrow(9) in (7 * HOUR, 8 * HOUR)


def test_windows_for_work_to_be_keep_them_too(upkeep: WorkType) -> None:
    site = make_place()
    assert work_to_be(site, upkeep, {}).business_hours and work_to_be(site, upkeep, {"priority": 4}).hours
    assert work_to_be(site, upkeep, {"priority": 1}).hours is None


def test_one_order_is_read_in_one_statement(upkeep: WorkType) -> None:
    order = make_work_order(work_type=upkeep)
    queries.work_of(queries.get_work_order(order.pk))
    (alone,) = WorkOrder.objects.select_related("site").filter(pk=order.pk)
    with CaptureQueriesContext(connection) as captured:
        assert queries.work_of(alone).business_hours
    assert len(captured) == 1


@pytest.mark.parametrize("keeps", [True, False])
def test_a_run_sends_nobody_at_night_for_upkeep(upkeep: WorkType, keeps: bool) -> None:
    """Only the night shift is free: without business hours it would go."""
    make_engineer("Nora", hours=("21:00", "06:00"))
    order = make_work_order(work_type=upkeep if keeps else make_work_type(), priority=4)
    row = proposal().changes.get(work_order=order)
    assert row.kind == (ChangeKind.UNSERVED if keeps else ChangeKind.ADD)
    if keeps:
        assert [reason["code"] for reason in row.reasons] == ["visiting_hours"]
        assert "outside business hours" in words(row.reasons[0])


def test_the_board_tells_when_a_closed_site_opens(upkeep: WorkType) -> None:
    order = make_work_order(work_type=upkeep)
    assert queries.opens_next(order, tomorrow(22)) == (tomorrow(33), True)
    assert queries.opens_next(order, tomorrow(10)) is None
    own = make_work_order(site=make_place())
    assert queries.opens_next(own, tomorrow(22)) is None
    SiteHours.objects.create(site=own.site, weekday=tomorrow(60).weekday(), opens=time(9), closes=time(12))
    assert queries.opens_next(own, tomorrow()) in {(tomorrow(24 * day + 9), False) for day in range(8)}


def test_the_drawer_says_so(upkeep: WorkType, in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    site = make_place()
    day = (tomorrow(12) + timedelta(days=3)).weekday()
    SiteHours.objects.create(site=site, weekday=day, opens=time(9), closes=time(12))
    order = make_work_order(site=site)
    page = client.get(f"/t/acme/board/?work_order={order.pk}").content.decode()
    assert "Visiting hours" in page and "closed now, open next at" in page


def test_a_new_kind_of_work_begins_with_the_companys_hours(
    in_acme: Company, office: BusinessCalendar, client: Client
) -> None:
    client.force_login(in_acme.ada.user)
    page = client.get("/t/acme/settings/work-types/new/")
    assert page.context["form"]["calendar"].value() == office.pk
    given = {"code": "check", "name": "Check", "duration_minutes": 60, "calendar": office.pk}
    assert client.post("/t/acme/settings/work-types/new/", given).status_code == 303
    kind = WorkType.objects.get(code="check")
    assert kind.calendar == office
    path = f"/t/acme/settings/work-types/{kind.pk}/"
    assert client.post(path, {**given, "calendar": "", "is_active": "on"}).status_code == 303
    kind.refresh_from_db()
    assert kind.calendar is None
