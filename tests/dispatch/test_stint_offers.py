"""Offers of work that takes several days: all stints that were offered are taken, or nothing is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from unittest import mock

import pytest
from django.test import Client

from core.errors import Conflict
from dispatch import services
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import DispatchRun, Offer, Visit, WorkOrder
from dispatch.services import CannotSchedule, auto
from tests.cast import AT, Company
from tests.dispatch.test_stints import DAY, HOUR, SYSTEM, long_work, state
from tests.factories.dispatch import make_provider, make_rule, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from workforce.models import Absence, CapacityRule, Engineer, Provider

MINUTE = timedelta(minutes=1)


def offered(work_order: WorkOrder, strategy: str, **step: object) -> DispatchRun:
    make_rule(strategy=strategy, steps=[{"strategy": strategy, "calendar": 0, **step}])
    return services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)


def plan_of(work_order: WorkOrder) -> list[tuple[int, str, timedelta]]:
    """(engineer, status, length) of each stint in order of time."""
    rows = work_order.visits.order_by("start_at")
    return [(visit.engineer_id, visit.status, visit.end_at - visit.start_at) for visit in rows]


@pytest.fixture
def tom(in_acme: Company) -> Engineer:
    return make_engineer("Tom", membership=in_acme.tom.membership)


@pytest.fixture
def provider(in_acme: Company) -> Provider:
    return make_provider()


def test_who_takes_the_first_stint_is_planned_for_the_rest(in_acme: Company, tom: Engineer) -> None:
    work_order = long_work(20)
    make_engineer("Other")
    assert offered(work_order, "offer_pool", accept_minutes=10).outcome == RunOutcome.OFFERED
    offer = Offer.objects.get(engineer=tom)
    assert offer.start_at and offer.end_at and offer.end_at - offer.start_at < 20 * HOUR
    services.accept_offer(offer_id=offer.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    plan = plan_of(work_order)
    assert [who for who, _status, _length in plan] == [tom.pk] * 3
    assert [status for _who, status, _length in plan] == [VisitStatus.ACCEPTED, *[VisitStatus.DISPATCHED] * 2]
    assert sum((length for _who, _status, length in plan), timedelta()) == 20 * HOUR
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)
    assert not Offer.objects.filter(status="offered").exists()
    last = work_order.runs.order_by("id").last()
    assert last is not None and last.explanation["accepted"]["stints"] == 3


def test_one_engineer_is_asked_for_work_of_several_days(in_acme: Company, tom: Engineer) -> None:
    work_order = long_work(14)
    assert offered(work_order, "earliest", accept_minutes=10).outcome == RunOutcome.OFFERED
    services.accept_offer(offer_id=Offer.objects.get().pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


def test_a_later_stint_that_became_impossible_is_told_and_nothing_is_planned(
    in_acme: Company, tom: Engineer
) -> None:
    work_order = long_work(20)
    spare = make_engineer("Spare")
    steps = [{"strategy": "offer_pool", "engineers": [tom.pk], "calendar": 0}, {"strategy": "nearest"}]
    make_rule(strategy="offer_pool", steps=steps)
    services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    offer = Offer.objects.get()
    second = offer.spans[1][0]
    taken = make_visit(second + HOUR, engineer=tom)
    with pytest.raises(CannotSchedule, match="Nothing was planned: the stint of") as caught:
        services.accept_offer(offer_id=offer.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert str(taken.work_order) in caught.value.message
    assert caught.value.facts["start_at"] == second.isoformat()
    assert list(Visit.objects.all()) == [taken]
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, None)
    services.decline_offer(offer_id=offer.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert {who for who, _status, _length in plan_of(work_order)} == {spare.pk}


def test_work_that_became_longer_is_planned_whole_or_refused(in_acme: Company, tom: Engineer) -> None:
    work_order = long_work(14)
    offered(work_order, "offer_pool", accept_minutes=10)
    offer = Offer.objects.get()
    WorkOrder.objects.filter(pk=work_order.pk).update(duration_minutes=20 * 60)
    absence = Absence.objects.create(engineer=tom, start_at=AT + 2 * DAY, end_at=AT + 40 * DAY)
    with pytest.raises(CannotSchedule, match="would find no time after this stint") as caught:
        services.accept_offer(offer_id=offer.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert '"shift"' in json.dumps(caught.value.facts["reasons"])
    assert not Visit.objects.exists()
    absence.delete()
    services.accept_offer(offer_id=offer.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert sum((length for _who, _status, length in plan_of(work_order)), timedelta()) == 20 * HOUR


def test_the_rest_takes_no_time_that_is_kept_when_the_offer_is_taken(in_acme: Company, tom: Engineer) -> None:
    CapacityRule.objects.create(reserve_percent=100, up_to_priority=1, released_hours=36)
    work_order = long_work(14)
    offered(work_order, "offer_pool", accept_minutes=10)
    WorkOrder.objects.filter(pk=work_order.pk).update(duration_minutes=20 * 60)
    with pytest.raises(CannotSchedule, match="would find no time after this stint"):
        services.accept_offer(offer_id=Offer.objects.get().pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert not Visit.objects.exists()


def test_nobody_is_offered_the_time_of_a_later_stint_twice(in_acme: Company, tom: Engineer) -> None:
    first, second = long_work(14), long_work(14)
    offered(first, "offer_pool", accept_minutes=10)
    services.auto_dispatch(work_order_id=second.pk, actor=SYSTEM, at=AT)
    spans = [span for offer in Offer.objects.all() for span in offer.spans]
    ordered = sorted(spans)
    assert len(ordered) >= 4
    assert all(before[1] <= after[0] for before, after in pairwise(ordered))
    for offer in Offer.objects.all():
        services.accept_offer(offer_id=offer.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert (state(first), state(second)) == ((WorkOrderStatus.SCHEDULED, 0),) * 2


@pytest.mark.parametrize("hours", [1, 14])
def test_a_batch_offers_one_time_once(in_acme: Company, tom: Engineer, hours: int) -> None:
    make_rule(strategy="offer_pool", steps=[{"strategy": "offer_pool", "calendar": 0}])
    for _ in range(3):
        long_work(hours)
    services.auto_dispatch_open(actor=SYSTEM, at=AT)
    ordered = sorted(span for offer in Offer.objects.all() for span in offer.spans)
    assert Offer.objects.count() == 3
    assert all(before[1] <= after[0] for before, after in pairwise(ordered))


def test_a_batch_plans_stints_beside_each_other(in_acme: Company, tom: Engineer) -> None:
    make_rule()
    orders = [long_work(14) for _ in range(3)]
    with mock.patch.object(auto, "auto_dispatch", side_effect=AssertionError("one by one")):
        counts = services.auto_dispatch_open(actor=SYSTEM, at=AT)
    assert counts["assigned"] == 3
    assert [state(order) for order in orders] == [(WorkOrderStatus.SCHEDULED, 0)] * 3


def test_a_first_stint_that_became_impossible_is_refused(in_acme: Company, tom: Engineer) -> None:
    work_order = long_work(14)
    offered(work_order, "offer_pool", accept_minutes=10)
    offer = Offer.objects.get()
    assert offer.start_at is not None
    taken = make_visit(offer.start_at + HOUR, engineer=tom)
    with pytest.raises(Conflict):
        services.accept_offer(offer_id=offer.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    assert list(Visit.objects.all()) == [taken]


def test_a_provider_names_the_first_day_and_its_engineers_do_the_rest(
    in_acme: Company, provider: Provider
) -> None:
    pim, pam = make_engineer("Pim", provider=provider), make_engineer("Pam", provider=provider)
    make_engineer("Stranger")
    work_order = long_work(14)
    assert offered(work_order, "offer_provider", provider=provider.pk).outcome == RunOutcome.OFFERED
    Absence.objects.create(engineer=pim, start_at=AT + DAY - HOUR, end_at=AT + 40 * DAY)
    services.accept_offer(
        offer_id=Offer.objects.get().pk,
        engineer_id=pim.pk,
        start_at=AT + HOUR,
        actor=in_acme.pia.actor,
        at=AT + MINUTE,
    )
    plan = plan_of(work_order)
    assert {who for who, _status, _length in plan} == {pim.pk, pam.pk}
    assert plan[0] == (pim.pk, VisitStatus.DISPATCHED, 7 * HOUR)
    assert sum((length for _who, _status, length in plan), timedelta()) == 14 * HOUR
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


def test_a_provider_without_time_for_the_rest_takes_nothing(in_acme: Company, provider: Provider) -> None:
    pim = make_engineer("Pim", provider=provider)
    make_engineer("Stranger")
    work_order = long_work(14)
    offered(work_order, "offer_provider", provider=provider.pk)
    Absence.objects.create(engineer=pim, start_at=AT + DAY - HOUR, end_at=AT + 40 * DAY)
    with pytest.raises(CannotSchedule, match=r"7\sh of WO-.* would find no time"):
        services.accept_offer(
            offer_id=Offer.objects.get().pk,
            engineer_id=pim.pk,
            start_at=AT + HOUR,
            actor=in_acme.pia.actor,
            at=AT + MINUTE,
        )
    assert not Visit.objects.exists()
    assert Offer.objects.get().status == "offered"


def test_work_that_nobody_can_do_alone_is_not_offered(in_acme: Company) -> None:
    first, second = make_engineer(), make_engineer()
    Absence.objects.create(engineer=first, start_at=AT + DAY - HOUR, end_at=AT + 40 * DAY)
    Absence.objects.create(engineer=second, start_at=AT - DAY, end_at=AT + DAY - HOUR)
    Absence.objects.create(engineer=second, start_at=AT + 2 * DAY - HOUR, end_at=AT + 40 * DAY)
    run = offered(long_work(14), "offer_pool", accept_minutes=10)
    assert (run.outcome, run.explanation["steps"][0]["why"]) == (RunOutcome.NOBODY, "several_days")


@pytest.mark.parametrize("strategy", ["offer_pool", "offer_provider"])
def test_work_of_a_crew_is_not_offered(in_acme: Company, provider: Provider, strategy: str) -> None:
    make_engineer(), make_engineer(provider=provider)
    run = offered(make_work_order(crew_size=2), strategy, provider=provider.pk)
    assert (run.outcome, run.explanation["steps"][0]["why"]) == (RunOutcome.NOBODY, "crew")


def test_the_offer_shows_its_stints_and_the_answer_says_what_became_of_the_rest(
    acme: Company, in_acme: Company, tom: Engineer, client: Client
) -> None:
    work_order = long_work(20)
    offered(work_order, "offer_pool", accept_minutes=525_600)
    offer = Offer.objects.get()
    client.force_login(acme.tom.user)
    page = f"/t/{acme.tenant.slug}/offers/{offer.pk}/"
    shown = client.get(page)
    assert len(shown.context["stints"]) == 3
    assert shown.context["stints"][0] == (offer.start_at, offer.end_at)
    assert "several days" in shown.content.decode()
    answer = client.post(f"{page}accept/", follow=True)
    assert "It is planned in 3 stints." in answer.content.decode()
    assert state(work_order) == (WorkOrderStatus.SCHEDULED, 0)


def test_the_page_and_the_api_tell_what_became_impossible(
    acme: Company, in_acme: Company, tom: Engineer, client: Client, program: Callable[..., Client]
) -> None:
    work_order = long_work(20)
    offered(work_order, "offer_pool", accept_minutes=525_600)
    offer = Offer.objects.get()
    api = program(acme)
    told = api.get(f"/api/v1/offers/{offer.pk}/").json()["stints"]
    assert [one["start_at"] for one in told] == [f"{start:%Y-%m-%dT%H:%M:%SZ}" for start, _end in offer.spans]
    make_visit(offer.spans[2][0], engineer=tom)
    refused = api.post(f"/api/v1/offers/{offer.pk}/accept/", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_broken")
    client.force_login(acme.tom.user)
    page = client.post(f"/t/{acme.tenant.slug}/offers/{offer.pk}/accept/")
    assert page.status_code == 409
    assert "Nothing was planned" in page.content.decode()
    assert state(work_order) == (WorkOrderStatus.UNSCHEDULED, None)
