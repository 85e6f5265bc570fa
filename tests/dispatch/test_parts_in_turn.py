"""Two who plan at the same second never count on one part: the second waits, and is told whose it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatch import services
from dispatch.models import DispatchPolicy, Offer, WorkOrder
from dispatch.queries.live import forget
from dispatch.queries.turns import PARTS_LOCK
from dispatch.services import crews, judging
from inventory.models import Part
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.consents import make_appointment, make_question
from tests.factories.dispatch import make_rule, make_visit, make_work_order
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer
from tests.planning.runs import accept, proposal
from workforce.models import Engineer

HOUR = timedelta(hours=1)
ROUNDS = 20
SYSTEM = Actor.system("tests")


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def _needing(part: Part | None, **facts: object) -> WorkOrder:
    order = make_work_order(**facts)
    if part:
        order.work_order_parts.create(part=part, quantity=1)
    return order


def _race(company: Company, crew_size: int) -> list[list[str]]:
    """What came of each round, in which two people plan one work order each, both by the only part of the same vans;
    crews are named the other way round."""
    with tenant_active(company.tenant.pk):
        people = [make_engineer(hours=("00:00", "23:59")) for _n in range(crew_size)]
        vans, rounds = [make_van(engineer) for engineer in people], []
        for _n in range(ROUNDS):
            part = make_part()
            for van in vans:
                make_stock(part, van, 1)
            rounds.append([_needing(part, crew_size=crew_size) for _m in range(2)])
    start, told = threading.Barrier(2), [["", ""] for _n in range(ROUNDS)]

    def plan(mine: int, engineers: list[Engineer]) -> None:
        for number, orders in enumerate(rounds):
            start.wait(timeout=60)
            try:
                with tenant_active(company.tenant.pk):
                    _plan(orders[mine], engineers, 24 * number + 3 * mine)
                told[number][mine] = "planned"
            except services.CannotSchedule as refusal:
                names_it = f"{orders[1 - mine]} counts on it" in refusal.message
                told[number][mine] = "told" if names_it else "refused"
        connection.close()

    threads = [
        threading.Thread(target=plan, args=(mine, who)) for mine, who in enumerate((people, people[::-1]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return [sorted(both) for both in told]


def _plan(order: WorkOrder, engineers: list[Engineer], hours: int) -> None:
    facts: dict[str, Any] = {
        "work_order_id": order.pk,
        "start_at": AT + (1 + hours) * HOUR,
        "actor": SYSTEM,
        "at": AT,
    }
    if len(engineers) > 1:
        services.schedule_crew(engineer_ids=[engineer.pk for engineer in engineers], **facts)
    else:
        services.schedule_visit(engineer_id=engineers[0].pk, **facts)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("crew_size", [1, 2])
def test_one_part_is_planned_once_and_the_second_is_told_whose_it_is(acme: Company, crew_size: int) -> None:
    assert _race(acme, crew_size) == [["planned", "told"]] * ROUNDS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("crew_size", [1, 2])
def test_without_turns_both_count_on_it(
    acme: Company, crew_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (judging, crews):
        monkeypatch.setattr(module, "take_turn_at_parts", lambda _ids: None)
    assert ["planned", "planned"] in _race(acme, crew_size)


Way = Callable[[WorkOrder, Engineer], Callable[[], object]]
"""Prepares to plan the work with the engineer; what it gives does it."""


def _by_hand(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    return lambda: _plan(order, [tom], 3)


def _moved(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    visit = make_visit(AT + 3 * HOUR, work_order=order)
    return lambda: services.move_visit(
        visit_id=visit.pk,
        engineer_id=tom.pk,
        start_at=visit.start_at,
        version=visit.version,
        actor=SYSTEM,
        at=AT,
    )


def _in_stints(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    WorkOrder.objects.filter(pk=order.pk).update(may_split=True)
    stint = services.Stint((tom.pk,), AT + 3 * HOUR, AT + 4 * HOUR)
    return lambda: services.schedule_stints(work_order_id=order.pk, stints=[stint], actor=SYSTEM, at=AT)


def _booked(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    window: dict[str, Any] = {"start_at": AT + 3 * HOUR, "end_at": AT + 5 * HOUR}
    return lambda: services.book_slot(work_order_id=order.pk, actor=SYSTEM, at=AT, **window)


def _by_rule(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    make_rule()
    return lambda: services.auto_dispatch(work_order_id=order.pk, actor=SYSTEM, at=AT)


def _everything(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    make_rule()
    return lambda: services.auto_dispatch_open(actor=SYSTEM, at=AT)


def _as_it_comes(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    make_rule()
    return lambda: services.dispatch_new_work(work_order_ids=[order.pk], actor=SYSTEM, at=AT)


def _offered(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    make_rule(steps=[{"strategy": "offer_pool", "accept_minutes": 30}])
    services.auto_dispatch(work_order_id=order.pk, actor=SYSTEM, at=AT)
    return lambda: services.accept_offer(offer_id=Offer.objects.get().pk, actor=SYSTEM, at=AT)


def _answered(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    visit = make_appointment(engineer=tom)
    for row in order.work_order_parts.all():
        visit.work_order.work_order_parts.create(part_id=row.part_id, quantity=row.quantity)
    consent = make_question(visit)
    return lambda: services.answer_consent(consent_id=consent.pk, choice=0, actor=SYSTEM, at=AT)


def _proposed(order: WorkOrder, tom: Engineer) -> Callable[[], object]:
    run = proposal()
    return lambda: accept(run)


WAYS = (
    _by_hand,
    _moved,
    _in_stints,
    _booked,
    _by_rule,
    _everything,
    _as_it_comes,
    _offered,
    _answered,
    _proposed,
)


@pytest.mark.parametrize("takes_parts", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_plan_takes_its_turn_before_it_looks(
    in_acme: Company, way: Way, takes_parts: bool
) -> None:
    DispatchPolicy.objects.create(version=3, status="published", verdicts={"parts": "block"}, created_at=AT)
    tom, part = make_engineer("Tom"), make_part()
    make_stock(part, make_van(tom), 1)
    plan = way(_needing(part if takes_parts else None, duration_minutes=60), tom)
    with CaptureQueriesContext(connection) as captured:
        plan()
    asked = [query["sql"] for query in captured]
    turns = [number for number, sql in enumerate(asked) if f"pg_advisory_xact_lock({PARTS_LOCK}," in sql]
    looks = [number for number, sql in enumerate(asked) if 'FROM "inventory_stocklevel"' in sql]
    (first, *_rest) = [
        number
        for number, sql in enumerate(asked)
        if 'INTO "dispatch_visit"' in sql or 'UPDATE "dispatch_visit"' in sql
    ]
    if takes_parts:
        assert turns and any(turns[0] < look < first for look in looks), asked
    else:
        assert not turns and not looks
