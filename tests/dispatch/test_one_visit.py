"""Work has one visit to come, unless several share it: the service says so, and the database holds it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from core.errors import Conflict
from dispatch import services
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder
from dispatch.services import planning
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.triggers import index_off
from workforce.models import Engineer

HOUR = timedelta(hours=1)
ATTEMPTS = 20


def _plan(
    company: Company, work_order: WorkOrder, engineer: Engineer, after: int = 1, why: str = ""
) -> Visit:
    return services.schedule_visit(
        work_order_id=work_order.pk,
        engineer_id=engineer.pk,
        start_at=AT + after * HOUR,
        actor=company.dora.actor,
        at=AT,
        override_reason=why,
    )


@pytest.mark.parametrize("status", ["scheduled", "dispatched", "accepted", "travelling"])
def test_planned_work_is_not_planned_again(in_acme: Company, status: str) -> None:
    first = make_visit(AT + HOUR, engineer=make_engineer("Tom"), status=status)
    with pytest.raises(
        Conflict, match=f"{first.work_order} is planned already: {first}, Tom, .*Move"
    ) as refused:
        _plan(in_acme, first.work_order, make_engineer("Uma"), 3, "because")
    assert refused.value.problem_code == "has_visit"
    assert refused.value.facts["visit_id"] == first.pk
    assert Visit.objects.count() == 1


def test_while_somebody_is_at_work_another_visit_needs_a_reason(in_acme: Company) -> None:
    first = make_visit(AT, engineer=make_engineer("Tom"), status=VisitStatus.ON_SITE)
    with pytest.raises(Conflict, match=f"Tom is at work on {first.work_order}.*Give a reason"):
        _plan(in_acme, first.work_order, make_engineer("Uma"), 3)
    assert _plan(in_acme, first.work_order, make_engineer("Vic"), 3, "A second pump is broken").pk


@pytest.mark.parametrize("status", ["done", "could_not_complete", "cancelled", "no_show"])
def test_a_follow_up_is_planned_freely(in_acme: Company, status: str) -> None:
    first = make_visit(AT - 2 * HOUR, status=status)
    assert _plan(in_acme, first.work_order, make_engineer("Uma")).pk


def test_split_work_takes_visits_until_it_is_planned_whole(in_acme: Company) -> None:
    work_order = make_work_order(duration_minutes=120, may_split=True)
    first = make_visit(AT + HOUR, work_order=work_order)
    assert _plan(in_acme, work_order, make_engineer("Uma"), 3).pk
    with pytest.raises(Conflict, match=f"{work_order} is planned whole; its next visit is {first}"):
        _plan(in_acme, work_order, make_engineer("Vic"), 5)


def test_a_crew_is_planned_once(in_acme: Company) -> None:
    work_order = make_work_order(crew_size=2)

    def crew() -> None:
        services.schedule_crew(
            work_order_id=work_order.pk,
            engineer_ids=[make_engineer().pk, make_engineer().pk],
            start_at=AT + HOUR,
            actor=in_acme.dora.actor,
            at=AT,
        )

    crew()
    with pytest.raises(Conflict, match="is planned already"):
        crew()
    assert Visit.objects.filter(shares_work=True).count() == 2


def test_the_database_notes_shared_work_and_keeps_the_note(in_acme: Company) -> None:
    plain, shared = make_visit(), make_visit(AT + 3 * HOUR, work_order=make_work_order(may_split=True))
    for visit in (plain, shared):
        visit.refresh_from_db()
    assert (plain.shares_work, shared.shares_work) == (False, True)
    shared.shares_work = False
    shared.save()
    shared.refresh_from_db()
    assert shared.shares_work


def _race(company: Company) -> tuple[int, int]:
    """(planned, refused) after two people planned each of ATTEMPTS work orders with two engineers, at a time."""
    with tenant_active(company.tenant.pk):
        tom, uma = make_engineer(hours=("00:00", "23:59")), make_engineer(hours=("00:00", "23:59"))
        orders = [make_work_order() for _ in range(ATTEMPTS)]
    start, results = threading.Barrier(2), []

    def plan(engineer: Engineer) -> None:
        for number, work_order in enumerate(orders):
            start.wait(timeout=60)
            try:
                with tenant_active(company.tenant.pk):
                    _plan(company, work_order, engineer, 24 * number)
                results.append("planned")
            except Conflict as refusal:
                results.append(refusal.problem_code)
        connection.close()

    threads = [threading.Thread(target=plan, args=(engineer,)) for engineer in (tom, uma)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    with tenant_active(company.tenant.pk):
        assert Visit.objects.count() == results.count("planned")
    return results.count("planned"), results.count("has_visit")


def _blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service looks at no other visit of the work: what is left is the database."""

    def look_away(work_order: WorkOrder, **_: object) -> list[Visit]:
        return list(work_order.visits.all())

    monkeypatch.setattr(planning, "check_takes_a_visit", look_away)


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_plan_one_work_order_once(acme: Company) -> None:
    assert _race(acme) == (ATTEMPTS, ATTEMPTS)


@pytest.mark.django_db(transaction=True)
def test_the_database_alone_lets_one_of_them_win(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    _blind(monkeypatch)
    assert _race(acme) == (ATTEMPTS, ATTEMPTS)


@pytest.mark.django_db(transaction=True)
def test_without_either_guard_both_win(
    as_owner: None, acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    _blind(monkeypatch)
    with index_off("visit_one_to_come", "dispatch_visit"):
        assert _race(acme) == (2 * ATTEMPTS, 0)
