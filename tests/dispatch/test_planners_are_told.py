"""Dispatchers hear of urgent work that nobody can do, of what was planned late, and of refusals that left it open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dispatch import services
from dispatch.enums import RunOutcome
from dispatch.models import DispatchRun, Offer, WorkOrder
from dispatch.services import planners
from notices.models import Notice
from notices.registry import kind_named
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_provider, make_rule, make_work_order, make_work_type
from tests.factories.workforce import make_engineer, make_skill

SYSTEM = Actor.system("tests")
HOUR = timedelta(hours=1)
UNPLANNED, LATE = "work_unplanned", "work_planned_late"


def dispatch(*orders: WorkOrder, actor: Actor = SYSTEM) -> list[DispatchRun]:
    ids = [order.pk for order in orders]
    return services.dispatch_new_work(work_order_ids=ids, actor=actor, at=AT)


def impossible(**facts: Any) -> WorkOrder:
    make_skill("gas")
    return make_work_order(work_type=make_work_type(skills={"gas": 2}), **facts)


def told(company: Company, kind: str) -> list[Notice]:
    return list(Notice.objects.filter(membership=company.dora.membership, kind=kind).order_by("id"))


def sentence(notice: Notice) -> tuple[str, str]:
    kind = kind_named(notice.kind)
    assert kind is not None
    said = kind.say(notice.facts)
    return said.title, said.detail


def test_urgent_work_that_nobody_can_do_is_told_once(in_acme: Company) -> None:
    make_rule()
    make_engineer()
    order = impossible(priority=1)
    assert [run.outcome for run in dispatch(order)] == [RunOutcome.NOBODY]
    (notice,) = told(in_acme, UNPLANNED)
    title, detail = sentence(notice)
    assert title.startswith(f"Nobody can go to {order}") and detail == "P1"
    assert notice.path == f"/t/acme/board/?work_order={order.pk}"
    services.auto_dispatch(work_order_id=order.pk, actor=SYSTEM, at=AT + HOUR)
    assert len(told(in_acme, UNPLANNED)) == 1, "once a day"


@pytest.mark.parametrize(("hours", "is_told"), [(20, True), (30, False), (None, False)])
def test_what_presses_is_what_is_promised_soon(in_acme: Company, hours: int | None, is_told: bool) -> None:
    make_rule()
    promised = AT + hours * HOUR if hours else None
    dispatch(impossible(priority=3, promised_end_at=promised))
    assert bool(told(in_acme, UNPLANNED)) == is_told


def test_work_planned_after_its_promise_is_told(in_acme: Company) -> None:
    make_rule()
    make_engineer("Tom")
    promised = AT + timedelta(minutes=1)
    order = make_work_order(promised_end_at=promised)
    (run,) = dispatch(order)
    assert run.outcome == RunOutcome.ASSIGNED and run.visit is not None
    assert run.visit.start_at > promised
    (notice,) = told(in_acme, LATE)
    title, detail = sentence(notice)
    assert title.startswith(str(order)) and "promised by" in detail
    assert notice.path == f"/t/acme/board/?visit={run.visit.pk}"


def test_what_is_planned_in_time_is_not_told(in_acme: Company) -> None:
    make_rule()
    make_engineer("Tom")
    dispatch(make_work_order(promised_end_at=AT + 8 * HOUR, priority=1))
    assert not told(in_acme, LATE) and not told(in_acme, UNPLANNED)


def test_much_that_came_to_nothing_is_one_notice(in_acme: Company) -> None:
    make_rule()
    orders = [impossible(priority=1) for _ in range(planners.MOST_TOLD + 1)]
    dispatch(*orders)
    (notice,) = told(in_acme, UNPLANNED)
    assert sentence(notice)[0] == f"{len(orders)} urgent work orders could not be planned"


def test_much_that_comes_late_is_one_notice(in_acme: Company) -> None:
    make_rule()
    make_engineer("Tom")
    promised = AT + timedelta(minutes=1)
    orders = [make_work_order(promised_end_at=promised) for _ in range(planners.MOST_TOLD + 1)]
    dispatch(*orders)
    (notice,) = told(in_acme, LATE)
    assert sentence(notice)[0] == f"{len(orders)} work orders are planned after their promise"


def test_who_plans_by_hand_is_told_nothing(in_acme: Company) -> None:
    make_rule()
    services.auto_dispatch(work_order_id=impossible(priority=1).pk, actor=in_acme.dora.actor, at=AT)
    assert not Notice.objects.filter(kind=UNPLANNED).exists()


def test_a_provider_that_declines_the_last_offer_is_told_with_its_reason(in_acme: Company) -> None:
    provider = make_provider(name="Partnerworks")
    make_engineer("Pim", provider=provider)
    step = {"strategy": "offer_provider", "provider": provider.pk, "calendar": 0}
    make_rule(steps=[step], strategy="offer_provider")
    order = make_work_order(priority=1)
    services.auto_dispatch(work_order_id=order.pk, actor=SYSTEM, at=AT)
    offer = Offer.objects.get()
    assert not told(in_acme, UNPLANNED), "it waits for their answer"
    services.decline_offer(
        offer_id=offer.pk, reason="No van today", actor=in_acme.pia.actor, at=AT + timedelta(minutes=2)
    )
    (notice,) = told(in_acme, UNPLANNED)
    assert sentence(notice)[1] == "P1 · Partnerworks declined · No van today"
