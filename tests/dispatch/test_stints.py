"""Work that takes several days: planned whole or not at all, its status, what is left, by hand and by rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from core.errors import BadInput, Conflict
from dispatch import queries, services
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import Visit, WorkOrder
from dispatch.queries.planning import instant
from dispatch.services import Stint
from dispatch.stints import stints_of
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_rule, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from workforce.models import Engineer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOKYO = ZoneInfo("Asia/Tokyo")
SYSTEM = Actor.system("tests")


def long_work(hours: float = 20, **facts: object) -> WorkOrder:
    return make_work_order(may_split=True, duration_minutes=int(hours * 60), **facts)


def proposed(work_order: WorkOrder) -> list[Stint]:
    best = queries.stints_for(queries.get_work_order(work_order.pk), AT).best
    assert best is not None
    return [Stint((p.person.id,), instant(p.span[0]), instant(p.span[1])) for p in stints_of(best.verdict)]


def three_days(engineer: Engineer) -> list[Stint]:
    """8 + 8 + 4 hours on three days that follow, each from ten to six but the last."""
    starts = [AT + HOUR + n * DAY for n in range(3)]
    return [Stint((engineer.pk,), at, at + hours * HOUR) for at, hours in zip(starts, (7, 7, 6), strict=True)]


def plan(work_order: WorkOrder, stints: list[Stint]) -> list[Visit]:
    return services.schedule_stints(work_order_id=work_order.pk, stints=stints, actor=SYSTEM, at=AT)


def end(visit: Visit, status: str, *, hours: float) -> None:
    """Let a visit be carried out from its planned start for so many hours."""
    services.send_visit(visit_id=visit.pk, actor=SYSTEM, at=AT)
    steps = (VisitStatus.ACCEPTED, VisitStatus.ON_SITE)
    for step in steps:
        services.progress_visit(visit_id=visit.pk, status=step, actor=SYSTEM, at=visit.start_at)
    services.progress_visit(
        visit_id=visit.pk, status=status, actor=SYSTEM, at=visit.start_at + hours * HOUR, reason="tests"
    )


def state(work_order: WorkOrder) -> tuple[str, int | None]:
    work_order.refresh_from_db()
    return work_order.status, work_order.left_minutes


def test_all_stints_are_planned_and_add_up(in_acme: Company) -> None:
    work_order = long_work()
    make_engineer()
    visits = plan(work_order, proposed(work_order))
    assert sum((v.end_at - v.start_at for v in visits), timedelta()) == 20 * HOUR
    assert len({v.start_at.astimezone(TOKYO).date() for v in visits}) == len(visits) == 3
    assert len({v.engineer_id for v in visits}) == 1
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


def test_one_stint_that_cannot_be_leaves_none(in_acme: Company) -> None:
    work_order, engineer = long_work(), make_engineer()
    make_visit(AT + HOUR + 2 * DAY, engineer=engineer)
    with pytest.raises(Conflict):
        plan(work_order, three_days(engineer))
    assert not work_order.visits.exists()
    assert state(work_order)[0] == WorkOrderStatus.UNSCHEDULED


def test_stints_that_do_not_add_up_or_lie_on_each_other_are_refused(in_acme: Company) -> None:
    work_order, engineer = long_work(), make_engineer()
    stints = three_days(engineer)
    with pytest.raises(BadInput, match="20\u00a0h"):
        plan(work_order, stints[:2])
    twice = [stints[0], Stint((make_engineer().pk,), stints[0].start_at, stints[0].end_at), stints[2]]
    with pytest.raises(BadInput, match="lie on each other"):
        plan(work_order, twice)
    with pytest.raises(BadInput, match="may not be split"):
        plan(make_work_order(), stints)
    assert not Visit.objects.exists()


def test_only_the_first_stint_is_held_to_the_promise(in_acme: Company) -> None:
    work_order = long_work(promised_end_at=AT + 2 * HOUR)
    visits = plan(work_order, three_days(make_engineer()))
    assert not any(visit.reason for visit in visits)
    moved = services.move_visit(
        visit_id=visits[1].pk,
        engineer_id=visits[1].engineer_id,
        start_at=visits[1].start_at - HOUR,
        version=1,
        actor=SYSTEM,
        at=AT,
    )
    assert not moved.reason


def test_the_work_is_done_when_its_last_stint_is(in_acme: Company) -> None:
    work_order = long_work()
    first, second, third = plan(work_order, three_days(make_engineer()))
    end(first, VisitStatus.DONE, hours=7)
    assert state(work_order) == (WorkOrderStatus.IN_PROGRESS, 0)
    assert not queries.is_last_stint(first)
    end(second, VisitStatus.DONE, hours=7)
    assert state(work_order)[0] == WorkOrderStatus.IN_PROGRESS
    end(third, VisitStatus.DONE, hours=3)
    assert state(work_order) == (WorkOrderStatus.DONE, 0), "who ends the last stint early is done early"


def test_a_stint_that_ends_early_leaves_the_rest_to_plan(in_acme: Company) -> None:
    work_order = long_work()
    first, *_others = plan(work_order, three_days(make_engineer()))
    end(first, VisitStatus.DONE, hours=4)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 180)
    assert queries.work_of(queries.get_work_order(work_order.pk)).seconds == 3 * 3600


def test_a_stint_that_takes_longer_leaves_less(in_acme: Company) -> None:
    work_order = long_work()
    first, second, _third = plan(work_order, three_days(make_engineer()))
    services.cancel_visit(visit_id=second.pk, reason="tests", actor=SYSTEM, at=AT)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 420)
    end(first, VisitStatus.DONE, hours=9)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 300)


def test_a_stint_called_off_is_planned_again(in_acme: Company) -> None:
    work_order, engineer = long_work(), make_engineer()
    _first, second, third = plan(work_order, three_days(engineer))
    services.cancel_visit(visit_id=second.pk, reason="ill", actor=SYSTEM, at=AT)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 420)
    end(third, VisitStatus.DONE, hours=6)
    assert state(work_order)[0] == WorkOrderStatus.UNSCHEDULED, "what nobody was sent for is not done"
    again = plan(work_order, proposed(work_order))
    assert sum((v.end_at - v.start_at for v in again), timedelta()) == 7 * HOUR


def test_a_stint_that_could_not_be_completed_counts_what_was_worked(in_acme: Company) -> None:
    work_order = long_work()
    first, *_others = plan(work_order, three_days(make_engineer()))
    end(first, VisitStatus.COULD_NOT_COMPLETE, hours=2)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 300)


def test_a_visit_by_hand_takes_as_much_as_fits(in_acme: Company) -> None:
    work_order, engineer = long_work(), make_engineer()
    visit = services.schedule_visit(
        work_order_id=work_order.pk, engineer_id=engineer.pk, start_at=AT + HOUR, actor=SYSTEM, at=AT
    )
    assert visit.end_at - visit.start_at == 7 * HOUR, "until the shift ends"
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 780)


def test_a_longer_duration_reopens_what_is_left(in_acme: Company) -> None:
    work_order = long_work()
    plan(work_order, three_days(make_engineer()))
    services.update_work_order(work_order_id=work_order.pk, duration_minutes=1500, actor=SYSTEM, at=AT)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 300)


def test_a_rule_plans_all_stints_and_says_who(in_acme: Company) -> None:
    make_rule()
    work_order = long_work()
    make_engineer("Ann")
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert run.outcome == RunOutcome.ASSIGNED
    assert len(run.explanation["chosen"]["stints"]) == work_order.visits.count() == 3
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


def test_a_batch_of_rules_keeps_stints_apart(in_acme: Company) -> None:
    make_rule()
    make_engineer()
    works = [long_work(12), long_work(12)]
    assert services.auto_dispatch_open(actor=SYSTEM, at=AT)["assigned"] == 2
    for work_order in works:
        assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


def test_candidates_tell_the_stints_and_work_that_may_not_be_split_why_not(in_acme: Company) -> None:
    make_engineer()
    best = queries.candidates(queries.get_work_order(long_work().pk), AT).best
    assert best is not None and len(best.as_json()["stints"]) == 3
    whole = queries.get_work_order(make_work_order(duration_minutes=720).pk)
    answer = queries.candidates(whole, AT)
    assert [dict(reason.facts) for reason, _people in answer.excluded] == [{"longest": 540, "needed": 720}]
    codes = [change.code for change in queries.ways_out(whole, AT, answer)]
    assert "split" in codes


@pytest.mark.parametrize("minutes", [0, -5, 600_000, 1_441])
def test_an_impossible_duration_is_refused_in_words(in_acme: Company, minutes: int) -> None:
    work_type = make_work_type()
    for make in (
        lambda: services.create_work_order(
            site_id=make_work_order().site_id,
            work_type_id=work_type.pk,
            subject="Too much",
            duration_minutes=minutes,
            actor=SYSTEM,
            at=AT,
        ),
        lambda: services.update_work_type(
            work_type_id=work_type.pk, duration_minutes=minutes, actor=SYSTEM, at=AT
        ),
    ):
        with pytest.raises(BadInput) as refused:
            make()
        assert "constraint" not in refused.value.message.lower()


def test_the_page_proposes_the_stints_and_plans_them(acme: Company, in_acme: Company, client: Client) -> None:
    work_order, engineer = long_work(), make_engineer()
    client.force_login(acme.dora.user)
    page = f"/t/{acme.tenant.slug}/work-orders/{work_order.pk}/stints/"
    shown = client.get(page, {"engineer": engineer.pk})
    assert shown.status_code == 200
    form = shown.context["form"]
    assert len(form.rows) >= 3
    values: dict[str, Any] = {"count": len(form.rows)}
    for row in form.rows:
        for item in row:
            value = item.value()
            values[item.html_name] = f"{value.isoformat()}Z" if hasattr(value, "isoformat") else value
    short = {**values, "minutes_0": 60}
    assert client.post(page, short).status_code == 422
    assert not work_order.visits.exists()
    assert client.post(page, values).status_code == 303
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)
