"""Work of a crew that takes several days: all of them in each stint, or nobody; by hand, by API and by rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.errors import Conflict
from dispatch import queries, services
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.evaluator import Reason
from dispatch.models import Visit, WorkOrder
from dispatch.queries.planning import instant
from dispatch.services import Stint
from tests.cast import AT, Company
from tests.dispatch.test_stints import DAY, HOUR, SYSTEM, end, state
from tests.factories.dispatch import make_rule, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from workforce.models import Engineer

Program = Callable[..., Client]


def long_lift(hours: float = 14) -> WorkOrder:
    return make_work_order(may_split=True, crew_size=2, duration_minutes=int(hours * 60))


def proposed(work_order: WorkOrder) -> list[Stint]:
    found = queries.crew_stints_for(queries.get_work_order(work_order.pk), AT)
    assert not isinstance(found, Reason)
    return [
        Stint(tuple(v.person.id for v in one.verdicts), instant(one.start), instant(one.end)) for one in found
    ]


def two_days(*crew: Engineer) -> list[Stint]:
    """7 hours today and 7 tomorrow."""
    ids = tuple(engineer.pk for engineer in crew)
    return [Stint(ids, at, at + 7 * HOUR) for at in (AT + HOUR, AT + HOUR + DAY)]


def plan(work_order: WorkOrder, stints: list[Stint]) -> list[Visit]:
    visits = services.schedule_stints(work_order_id=work_order.pk, stints=stints, actor=SYSTEM, at=AT)
    connection.check_constraints()
    return visits


def starts_by_crew(work_order: WorkOrder) -> list[tuple[datetime, int]]:
    """(start, how many engineers) of each stint."""
    groups: dict[object, list[Visit]] = {}
    for visit in work_order.visits.exclude(status=VisitStatus.CANCELLED).order_by("start_at"):
        groups.setdefault(visit.crew_key, []).append(visit)
    assert None not in groups
    return [(group[0].start_at, len({visit.engineer_id for visit in group})) for group in groups.values()]


def test_each_stint_has_the_whole_crew(in_acme: Company) -> None:
    work_order = long_lift(20)
    make_engineer(), make_engineer(), make_engineer()
    visits = plan(work_order, proposed(work_order))
    assert [number for _start, number in starts_by_crew(work_order)] == [2, 2, 2]
    assert len({visit.engineer_id for visit in visits}) == 2, "the same two on all days"
    assert sum((visit.end_at - visit.start_at for visit in visits), timedelta()) == 2 * 20 * HOUR
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)
    assert {queries.stint_of(visit) for visit in visits} == {(1, 3), (2, 3), (3, 3)}


def test_when_one_of_them_is_busy_on_one_day_nothing_is_planned(in_acme: Company) -> None:
    work_order, first, second = long_lift(), make_engineer(), make_engineer()
    make_visit(AT + HOUR + DAY, engineer=second)
    with pytest.raises(Conflict):
        plan(work_order, two_days(first, second))
    assert not work_order.visits.exists()


def test_one_alone_is_refused_in_any_stint(in_acme: Company) -> None:
    work_order, first, second = long_lift(), make_engineer(), make_engineer()
    both, alone = two_days(first, second)[0], two_days(first)[1]
    with pytest.raises(services.CannotSchedule, match="crew"):
        plan(work_order, [both, alone])
    assert not work_order.visits.exists()


def test_a_stint_counts_once_however_many_did_it(in_acme: Company) -> None:
    work_order, first, second = long_lift(), make_engineer(), make_engineer()
    begun, other, *later = plan(work_order, two_days(first, second))
    end(begun, VisitStatus.DONE, hours=4)
    assert state(work_order) == (WorkOrderStatus.IN_PROGRESS, 0), "the other is still expected for all of it"
    end(other, VisitStatus.DONE, hours=5)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 120), "five of seven hours were worked"
    assert not queries.is_last_stint(begun)
    services.cancel_visit(visit_id=later[0].pk, reason="ill", actor=SYSTEM, at=AT)
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, 420)
    assert set(
        Visit.objects.filter(pk__in=[visit.pk for visit in later]).values_list("status", flat=True)
    ) == {VisitStatus.CANCELLED}


def test_moving_one_of_a_stint_takes_the_crew_and_leaves_the_other_days(in_acme: Company) -> None:
    work_order, first, second = long_lift(), make_engineer(), make_engineer()
    visits = plan(work_order, two_days(first, second))
    at = visits[2].start_at + DAY
    services.move_visit(
        visit_id=visits[2].pk, engineer_id=first.pk, start_at=at, version=1, actor=SYSTEM, at=AT
    )
    connection.check_constraints()
    assert starts_by_crew(work_order) == [(AT + HOUR, 2), (at, 2)]


def test_a_crew_planned_by_hand_takes_as_much_as_fits_all_of_them(in_acme: Company) -> None:
    work_order, first, second = long_lift(), make_engineer(), make_engineer()
    make_visit(AT + 5 * HOUR, engineer=second)
    visits = services.schedule_crew(
        work_order_id=work_order.pk,
        engineer_ids=[first.pk, second.pk],
        start_at=AT + HOUR,
        actor=SYSTEM,
        at=AT,
    )
    connection.check_constraints()
    (length,) = {visit.end_at - visit.start_at for visit in visits}
    assert 3 * HOUR < length <= 4 * HOUR
    assert state(work_order)[0] == WorkOrderStatus.UNSCHEDULED


def test_a_rule_plans_the_crew_on_all_days(in_acme: Company) -> None:
    make_rule()
    work_order = long_lift(20)
    make_engineer("Ann"), make_engineer("Bob")
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    connection.check_constraints()
    assert run.outcome == RunOutcome.ASSIGNED
    assert sorted(run.explanation["chosen"]["crew"]) == ["Ann", "Bob"]
    assert len(run.explanation["chosen"]["stints"]) == 3
    assert [number for _start, number in starts_by_crew(work_order)] == [2, 2, 2]
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


def test_a_rule_without_a_second_engineer_says_so(in_acme: Company) -> None:
    make_rule()
    make_engineer()
    run = services.auto_dispatch(work_order_id=long_lift().pk, actor=SYSTEM, at=AT)
    assert run.outcome == RunOutcome.NOBODY
    assert [one["code"] for one in run.explanation["excluded"]] == ["crew"]


def test_the_page_proposes_the_stints_of_a_crew_and_plans_them(
    acme: Company, in_acme: Company, client: Client
) -> None:
    work_order = long_lift()
    make_engineer(), make_engineer()
    client.force_login(acme.dora.user)
    page = f"/t/{acme.tenant.slug}/work-orders/{work_order.pk}/stints/"
    assert page in client.get(f"/t/{acme.tenant.slug}/work-orders/{work_order.pk}/").content.decode()
    form = client.get(page).context["form"]
    values: dict[str, Any] = {"count": len(form.rows)}
    for row in form.rows:
        for item in row:
            value = item.value()
            values[item.html_name] = f"{value.isoformat()}Z" if hasattr(value, "isoformat") else value
    alone = {**values, "engineer_1": values["engineer_1"][:1]}
    refused = client.post(page, alone)
    assert refused.status_code == 422 and "crew" in refused.content.decode()
    assert not work_order.visits.exists()
    assert client.post(page, values).status_code == 303
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


@pytest.mark.usefixtures("on_the_day")
def test_programs_name_the_engineers_of_each_stint(acme: Company, in_acme: Company, program: Program) -> None:
    work_order, first, second = long_lift(), make_engineer(), make_engineer()
    api = program(acme)
    path = f"/api/v1/work-orders/{work_order.pk}/schedule-stints"
    rows: list[dict[str, Any]] = [
        {"start_at": one.start_at.isoformat(), "end_at": one.end_at.isoformat()} for one in two_days()
    ]
    nobody = api.post(path, {"stints": rows}, content_type="application/json")
    assert nobody.status_code == 400
    alone = [{**row, "engineer": first.pk} for row in rows]
    refused = api.post(path, {"stints": alone}, content_type="application/json")
    assert (refused.status_code, refused.json()["facts"]["reasons"][0]["code"]) == (409, "crew")
    crew = [{**row, "engineers": [first.pk, second.pk]} for row in rows]
    answer = api.post(path, {"stints": crew}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert len(answer.json()) == 4
    assert starts_by_crew(work_order) == [(AT + HOUR, 2), (AT + HOUR + DAY, 2)]
