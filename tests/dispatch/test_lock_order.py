"""What reacts to events takes locks in the order of everything that plans, so that two never wait for each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Model

from dispatch import queries, services
from dispatch.enums import VisitStatus
from dispatch.models import DispatchRun, DispatchTimer, Visit, WorkOrder
from dispatch.queries.live import forget
from dispatch.queries.turns import take_turn_at_parts
from dispatch.services import timers
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_rule, make_visit, make_work_order
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer

HOUR = timedelta(hours=1)
SYSTEM = Actor.system("tests")
SOMEBODY_WAITS = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def beside(
    company: Company,
    held_one: WorkOrder | DispatchTimer | Callable[[], object],
    first: Callable[[], object],
    then: Callable[[], object],
) -> None:
    """Do `first`, which comes to wait for a work order (or a timer, or what the call takes), while somebody holds that
    and then does the other. Raises what either raises."""
    problems: list[Exception] = []
    held = threading.Event()

    def hold() -> None:
        try:
            with tenant_active(company.tenant.pk), transaction.atomic():
                lock(held_one)
                held.set()
                _wait_for_another()
                then()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    def act() -> None:
        held.wait(timeout=20)
        try:
            with tenant_active(company.tenant.pk):
                first()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for one in (hold, act)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if problems:
        raise problems[0]


def lock(row: WorkOrder | DispatchTimer | Callable[[], object]) -> None:
    if not isinstance(row, Model):
        row()
        return
    type(row).objects.select_for_update().get(pk=row.pk)


def _wait_for_another() -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(SOMEBODY_WAITS)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody came to wait.")


@pytest.mark.django_db(transaction=True)
def test_work_that_waited_for_a_part_is_planned_while_some_of_it_is_planned_by_hand(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        make_rule(event="part_arrived")
        part, engineer = make_part(), make_engineer(hours=("00:00", "23:59"))
        make_stock(part, make_van(engineer), 5)
        orders = [make_work_order() for _n in range(2)]
        for order in orders:
            order.work_order_parts.create(part=part, quantity=1)

    def by_hand() -> None:
        services.schedule_visit(
            work_order_id=orders[1].pk, engineer_id=engineer.pk, start_at=AT + 30 * HOUR, actor=SYSTEM, at=AT
        )

    def by_rule() -> None:
        services.meet_arrived_part(part_id=part.pk, actor=SYSTEM, at=AT)

    beside(acme, orders[1], by_rule, by_hand)
    with tenant_active(acme.tenant.pk):
        planned = Visit.objects.values_list("work_order_id", flat=True)
        assert sorted(planned) == sorted(order.pk for order in orders)


@pytest.mark.django_db(transaction=True)
def test_a_stint_is_called_off_while_the_timer_of_the_next_one_is_due(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_active(acme.tenant.pk):
        make_rule(event="visit_cancelled")
        make_rule(event="engineer_late", event_facts={"minutes": 20})
        engineer = make_engineer(hours=("00:00", "23:59"))
        order = make_work_order(may_split=True, duration_minutes=120)
        first, second = [
            make_visit(
                AT + n * HOUR, engineer=engineer, work_order=order, status=VisitStatus.DISPATCHED, sent_at=AT
            )
            for n in (2, 5)
        ]
        services.await_arrivals(visit_ids=[first.pk, second.pk], actor=SYSTEM, at=AT)
        services.cancel_visit(visit_id=first.pk, reason="rain", actor=SYSTEM, at=AT)
        timer = DispatchTimer.objects.get(visit=second, done_at=None)

    def call_off() -> None:
        services.meet_cancelled_visit(visit_id=first.pk, actor=SYSTEM, at=AT)

    def look() -> None:
        timers._carry_out(timer.pk, timer.due_at)

    beside(acme, order, call_off, look)


@pytest.mark.django_db(transaction=True)
def test_the_other_order_ends_in_a_deadlock(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        order = make_work_order()

    def wrong_way_round() -> None:
        with transaction.atomic():
            take_turn_at_parts([1])
            queries.work_order_for_update(order.pk)

    with pytest.raises(OperationalError, match="deadlock detected"):
        beside(acme, order, wrong_way_round, lambda: take_turn_at_parts([1]))


def _sent(start_hours: int, **facts: Any) -> Visit:
    facts.setdefault("engineer", make_engineer(hours=("00:00", "23:59")))
    return make_visit(AT + start_hours * HOUR, status=VisitStatus.DISPATCHED, sent_at=AT, **facts)


@pytest.mark.django_db(transaction=True)
def test_who_sets_a_timer_anew_waits_for_whoever_moves_the_visit(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        make_rule(event="engineer_late", event_facts={"minutes": 20})
        visit = _sent(4)
        services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
        before = DispatchTimer.objects.get(visit=visit).due_at

    def move() -> None:
        services.move_visit(
            visit_id=visit.pk,
            engineer_id=visit.engineer_id,
            start_at=AT + 6 * HOUR,
            version=visit.version,
            actor=SYSTEM,
            at=AT,
        )

    beside(
        acme,
        visit.work_order,
        lambda: services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=AT),
        move,
    )
    with tenant_active(acme.tenant.pk):
        assert DispatchTimer.objects.get(visit=visit).due_at == before + 2 * HOUR


@pytest.mark.django_db(transaction=True)
def test_timers_are_taken_off_in_the_order_in_which_they_are_set(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        rule = make_rule(event="engineer_late", event_facts={"minutes": 20})
        for visit in reversed([_sent(4), _sent(5)]):
            services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
        first, second = DispatchTimer.objects.order_by("id")
        # It lies behind the other one now, by place and by each index: a statement without order comes to it last.
        DispatchTimer.objects.filter(pk=first.pk).update(due_at=first.due_at + HOUR)

    def change() -> None:
        services.update_rule(rule_id=rule.pk, event_facts={"minutes": 30}, actor=acme.dora.actor, at=AT)

    beside(acme, first, change, lambda: lock(second))


@pytest.mark.django_db(transaction=True)
def test_a_rule_is_changed_while_its_timer_writes_what_came_of_it(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        rule = make_rule(event="engineer_late", event_facts={"minutes": 20})
        visit = _sent(4)
        services.await_arrivals(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
        timer = DispatchTimer.objects.get(visit=visit)

    def change() -> None:
        services.update_rule(rule_id=rule.pk, event_facts={"minutes": 30}, actor=acme.dora.actor, at=AT)

    def write() -> None:
        DispatchRun.objects.create(work_order=visit.work_order, rule=rule, outcome="nobody", at=AT)

    beside(acme, timer, change, write)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["plan", "await"])
def test_new_work_is_locked_in_the_order_of_its_numbers(acme: Company, act: str) -> None:
    with tenant_active(acme.tenant.pk):
        make_rule(
            event="work_created" if act == "plan" else "sla_share",
            event_facts={"percent": 70} if act == "await" else {},
        )
        make_engineer()
        later, urgent = make_work_order(priority=3), make_work_order(priority=1)

    def together() -> None:
        ids = [urgent.pk, later.pk]
        if act == "plan":
            services.meet_new_work(work_order_ids=ids, actor=SYSTEM, at=AT)
        else:
            services.await_shares(work_order_ids=ids, actor=SYSTEM, at=AT)

    beside(acme, later, together, lambda: lock(urgent))
