"""Rules that act when an engineer will be late: what is known, when they fire, and that they fire once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dispatch import services
from dispatch.enums import RunOutcome, VisitStatus
from dispatch.models import DispatchRule, DispatchRun, DispatchTimer, Visit
from dispatch.outlook import Seen, outlook
from dispatch.services import timers
from dispatch.travel import ESTIMATE, trip
from journal.services import deliver_all
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.dispatch.test_travel_times import learned
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from workforce.models import Engineer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SYSTEM = Actor.system("tests")
HOME, NEAR, FAR = (35.68, 139.76), (35.70, 139.70), (35.75, 139.50)
START = AT + 4 * HOUR


@pytest.fixture
def at_time(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the clock of timers, and carries out what is due."""

    def move(moment: datetime) -> int:
        monkeypatch.setattr(timers, "now", lambda: moment)
        return services.fire_due_timers()

    return move


@pytest.fixture
def rule(in_acme: Company, at_time: Any) -> DispatchRule:
    made = late_rule(in_acme)
    at_time(AT)
    return made


@pytest.fixture
def late(in_acme: Company) -> Engineer:
    return make_engineer("Late")


def late_rule(company: Company, **facts: Any) -> DispatchRule:
    given = {"name": "Late", "event": "engineer_late", "event_facts": {"minutes": 20}, "strategy": "earliest"}
    return services.create_rule(**{**given, **facts}, actor=company.dora.actor, at=AT)


def sent(
    engineer: Engineer, place: tuple[float, float], start: datetime = START, minutes: int = 60, **facts: Any
) -> Visit:
    work_order = make_work_order(
        site=make_place(latitude=place[0], longitude=place[1]), duration_minutes=minutes
    )
    status = facts.pop("status", VisitStatus.DISPATCHED)
    visit = make_visit(
        start, engineer=engineer, work_order=work_order, minutes=minutes, status=status, sent_at=AT, **facts
    )
    services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
    return visit


def minutes(a: tuple[float, float], b: tuple[float, float]) -> timedelta:
    return trip(a, b)[0] * MINUTE


def due(visit: Visit) -> datetime:
    return DispatchTimer.objects.get(visit=visit, done_at=None).due_at


def test_who_has_not_left_home_in_time_is_stood_in_for_before_the_start(
    rule: DispatchRule, late: Engineer, at_time: Any
) -> None:
    visit, other = sent(late, FAR), make_engineer("Other")
    last = START + 20 * MINUTE - minutes(HOME, FAR)
    assert last < START
    at_time(last - MINUTE)
    assert not DispatchRun.objects.exists()
    at_time(last)
    run = DispatchRun.objects.get()
    visit.refresh_from_db()
    assert (visit.status, run.outcome) == (VisitStatus.CANCELLED, RunOutcome.ASSIGNED)
    assert run.visit is not None and run.visit.engineer == other
    known = run.inputs["outlook"]
    assert (known["where"], known["work_order"]) == ("not_left", "")
    assert known["arrives"] == (START + 20 * MINUTE).isoformat()
    assert run.inputs["late_minutes"] == 20


def test_who_is_still_at_the_visit_before_is_late_from_there(
    rule: DispatchRule, late: Engineer, at_time: Any, in_acme: Company, client: Client
) -> None:
    before = sent(late, NEAR, START - 3 * HOUR, 150, status=VisitStatus.ON_SITE, arrived_at=START - 3 * HOUR)
    visit = sent(late, FAR)
    at_time(START + 20 * MINUTE - minutes(NEAR, FAR))
    run = DispatchRun.objects.get()
    known = run.inputs["outlook"]
    assert run.work_order_id == visit.work_order_id
    assert (known["where"], known["work_order"]) == ("at_work", str(before.work_order))
    assert known["arrives"] == (START + 20 * MINUTE).isoformat()
    client.force_login(in_acme.dora.user)
    page = client.get(f"/t/{in_acme.tenant.slug}/work-orders/{visit.work_order_id}/").content.decode()
    travel = trip(NEAR, FAR)[0]
    assert (
        f"still at {before.work_order}, {travel}\u00a0min of travel: arrives 13:20 instead of 13:00" in page
    )


def test_drafts_before_a_visit_that_was_sent_say_from_where_the_engineer_comes(
    rule: DispatchRule, late: Engineer
) -> None:
    visit = sent(late, FAR)
    deliver_all()
    assert due(visit) == START + 20 * MINUTE - minutes(HOME, FAR)
    place = make_place(latitude=35.50, longitude=139.90)
    act: dict[str, Any] = {"actor": SYSTEM, "at": AT, "override_reason": "test"}
    draft = services.schedule_visit(
        work_order_id=make_work_order(site=place).pk, engineer_id=late.pk, start_at=START - 3 * HOUR, **act
    )
    deliver_all()
    from_there = (35.50, 139.90)
    assert due(visit) == START + 20 * MINUTE - minutes(from_there, FAR), "a draft was planned before it"
    services.move_visit(
        visit_id=draft.pk,
        engineer_id=late.pk,
        start_at=START + 3 * HOUR,
        version=draft.version,
        **act,
    )
    deliver_all()
    assert due(visit) == START + 20 * MINUTE - minutes(HOME, FAR), "it was moved behind it"
    draft.refresh_from_db()
    services.send_visit(visit_id=draft.pk, actor=SYSTEM, at=AT)
    deliver_all()
    assert due(draft) == START + 3 * HOUR + 20 * MINUTE - minutes(FAR, from_there), "published"


def test_the_planned_end_of_the_visit_before_counts_while_it_runs(
    rule: DispatchRule, late: Engineer, at_time: Any
) -> None:
    before = sent(late, NEAR, START - 90 * MINUTE, 85, status=VisitStatus.ON_SITE, arrived_at=START - HOUR)
    sent(late, FAR)
    travel = minutes(NEAR, FAR)
    assert before.end_at + travel > START + 20 * MINUTE
    at_time(START + 20 * MINUTE - travel)
    known = DispatchRun.objects.get().inputs["outlook"]
    assert known["arrives"] == (before.end_at + travel).isoformat()


def test_a_visit_before_that_has_not_begun_is_named(rule: DispatchRule, late: Engineer, at_time: Any) -> None:
    before = sent(late, NEAR, START - 2 * HOUR)
    visit = sent(late, FAR)
    at_time(START + 20 * MINUTE - minutes(NEAR, FAR))
    run = DispatchRun.objects.get(work_order=visit.work_order)
    known = run.inputs["outlook"]
    assert (known["where"], known["work_order"]) == ("not_begun", str(before.work_order))


def test_who_set_out_in_time_is_late_only_when_the_minutes_are_over(
    rule: DispatchRule, late: Engineer, at_time: Any
) -> None:
    visit = sent(late, FAR)
    left = START - minutes(HOME, FAR)
    Visit.objects.filter(pk=visit.pk).update(status="accepted")
    Visit.objects.filter(pk=visit.pk).update(status="travelling", travel_started_at=left)
    at_time(START + 20 * MINUTE - minutes(HOME, FAR))
    assert not DispatchRun.objects.exists()
    assert due(visit) == START + 20 * MINUTE
    at_time(START + 20 * MINUTE)
    known = DispatchRun.objects.get().inputs["outlook"]
    assert (known["where"], known["left"]) == ("on_road", left.isoformat())


def test_who_arrived_in_time_is_not_late(rule: DispatchRule, late: Engineer, at_time: Any) -> None:
    visit = sent(late, FAR)
    Visit.objects.filter(pk=visit.pk).update(status="accepted")
    Visit.objects.filter(pk=visit.pk).update(status="on_site", arrived_at=START - HOUR)
    at_time(START + HOUR)
    assert not DispatchRun.objects.exists()


def test_a_rule_is_told_once_of_a_visit_at_its_time(
    rule: DispatchRule, late: Engineer, in_acme: Company, at_time: Any
) -> None:
    visit = sent(late, FAR)
    last = START + 20 * MINUTE - minutes(HOME, FAR)
    at_time(last)
    assert DispatchRun.objects.get().outcome == RunOutcome.NOBODY
    services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=last)
    services.update_rule(rule_id=rule.pk, horizon_days=2, actor=in_acme.dora.actor, at=last)
    at_time(last + MINUTE)
    at_time(START + 2 * HOUR)
    assert DispatchRun.objects.count() == 1
    Visit.objects.filter(pk=visit.pk).update(start_at=START + 8 * HOUR, end_at=START + 9 * HOUR)
    services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=START)
    assert due(visit) == START + 8 * HOUR + 20 * MINUTE - minutes(HOME, FAR)


def test_a_rule_whose_condition_does_not_hold_is_told_once_too(
    in_acme: Company, late: Engineer, at_time: Any
) -> None:
    late_rule(in_acme, expression="work.priority == 1")
    at_time(AT)
    visit = sent(late, FAR)
    at_time(START)
    services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=START)
    at_time(START + HOUR)
    assert DispatchRun.objects.get().outcome == RunOutcome.NO_RULE


def test_a_condition_reads_how_late_the_engineer_will_be(
    in_acme: Company, late: Engineer, at_time: Any
) -> None:
    late_rule(in_acme, expression="visit.late_minutes >= 20")
    at_time(AT)
    sent(late, FAR)
    make_engineer("Other")
    at_time(START + 20 * MINUTE - minutes(HOME, FAR))
    assert DispatchRun.objects.get().outcome == RunOutcome.ASSIGNED


def test_a_visit_that_comes_between_is_reckoned_with(
    rule: DispatchRule, late: Engineer, at_time: Any
) -> None:
    visit = sent(late, NEAR)
    assert due(visit) == START + 20 * MINUTE - minutes(HOME, NEAR)
    sent(late, FAR, START - 2 * HOUR)
    assert due(visit) == START + 20 * MINUTE - minutes(FAR, NEAR)


def test_a_visit_before_that_is_called_off_is_no_way_any_more(
    rule: DispatchRule, late: Engineer, in_acme: Company
) -> None:
    before = sent(late, NEAR, START - 2 * HOUR)
    visit = sent(late, FAR)
    assert due(visit) == START + 20 * MINUTE - minutes(NEAR, FAR)
    services.cancel_visit(visit_id=before.pk, reason="rain", actor=in_acme.dora.actor, at=AT)
    deliver_all()
    assert due(visit) == START + 20 * MINUTE - minutes(HOME, FAR)


@pytest.mark.parametrize(("name", "hours"), [("Other", -2), ("Late", 4)])
def test_a_visit_before_that_went_elsewhere_is_no_way_any_more(
    rule: DispatchRule, in_acme: Company, name: str, hours: int
) -> None:
    late = make_engineer("Late", hours=("00:00", "23:59"))
    before = sent(late, NEAR, START - 2 * HOUR)
    visit = sent(late, FAR)
    deliver_all()
    assert due(visit) == START + 20 * MINUTE - minutes(NEAR, FAR)
    engineer = late if name == "Late" else make_engineer(name)
    services.move_visit(
        visit_id=before.pk,
        engineer_id=engineer.pk,
        start_at=START + hours * HOUR,
        version=before.version,
        actor=in_acme.dora.actor,
        at=AT,
    )
    deliver_all()
    assert due(visit) == START + 20 * MINUTE - minutes(HOME, FAR)


@pytest.mark.parametrize("left", [None, START - HOUR, START])
def test_who_is_on_the_road_is_late_when_the_way_or_the_minutes_say_so(left: datetime | None) -> None:
    visit = Seen(1, 1, "WO-1", START, START + HOUR, "travelling", left, place=FAR, home=HOME)
    known, travel = outlook(visit, [visit], ESTIMATE), minutes(HOME, FAR)
    expected = START if left == START and travel >= 20 * MINUTE else START + 20 * MINUTE
    assert known.late_from(20 * MINUTE) == expected
    assert known.arrives(START) == (START if left is None else max(START, left + travel))


def test_what_ended_before_the_night_is_not_where_an_engineer_sets_out(
    rule: DispatchRule, late: Engineer, at_time: Any
) -> None:
    for start, status in ((START - 24 * HOUR, "done"), (START - 20 * HOUR, "on_site")):
        sent(late, FAR, start, status=status, arrived_at=start, ended_at=start + HOUR)
    visit = sent(late, NEAR)
    assert due(visit) == START + 20 * MINUTE - minutes(HOME, NEAR)


def test_who_ended_the_visit_before_sets_out_from_there(
    rule: DispatchRule, late: Engineer, at_time: Any
) -> None:
    start = START - 3 * HOUR
    sent(late, FAR, start, status="done", arrived_at=start, ended_at=start + HOUR)
    assert due(sent(late, NEAR)) == START + 20 * MINUTE - minutes(FAR, NEAR)


def test_travel_takes_what_the_company_learned(rule: DispatchRule, late: Engineer) -> None:
    learned(2.0, 2.0, 2.0)
    assert due(sent(late, FAR)) < START + 20 * MINUTE - minutes(HOME, FAR)


def test_a_rule_saved_while_somebody_is_a_little_late_still_waits(
    rule: DispatchRule, in_acme: Company, at_time: Any
) -> None:
    late = make_engineer(home_latitude=HOME[0], home_longitude=HOME[1])
    visit = sent(late, HOME)
    services.update_rule(rule_id=rule.pk, horizon_days=2, actor=in_acme.dora.actor, at=START + 10 * MINUTE)
    at_time(START + 10 * MINUTE)
    assert due(visit) == START + 20 * MINUTE


def test_timers_of_many_visits_take_as_many_statements_as_of_one(rule: DispatchRule) -> None:
    def statements(count: int) -> int:
        visits = [make_visit(START, status="dispatched", sent_at=AT) for _ in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            services.await_arrivals(visit_ids=[one.pk for one in visits], actor=SYSTEM, at=AT)
        assert DispatchTimer.objects.filter(visit__in=visits, done_at=None).count() == count
        return len(seen)

    assert statements(1) == statements(30) <= 11
