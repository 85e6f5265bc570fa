"""Offers: who may answer, what follows from each answer, and that only one is ever accepted."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.errors import BadInput, Conflict, IllegalTransition, NotFound
from dispatch import services
from dispatch.enums import OfferStatus, RunOutcome, VisitStatus
from dispatch.models import DispatchRule, DispatchRun, DispatchTimer, Offer, Visit, WorkOrder
from dispatch.rules import OFFER_TRANSITIONS
from dispatch.services import offers as offer_services
from notices.models import Notice
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_provider, make_rule, make_work_order
from tests.factories.workforce import make_engineer
from tests.triggers import index_off
from workforce.models import Engineer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SYSTEM = Actor.system("tests")


def _steps(*steps: dict[str, Any], **facts: Any) -> DispatchRule:
    return make_rule(steps=list(steps), strategy=steps[0]["strategy"], **facts)


def _run(work_order: WorkOrder) -> DispatchRun:
    return services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)


def _outcomes(work_order: WorkOrder) -> list[str]:
    return list(work_order.runs.order_by("id").values_list("outcome", flat=True))


def _pool(company: Company, count: int = 3) -> list[Engineer]:
    tom = make_engineer("Tom", membership=company.tom.membership)
    return [tom, *(make_engineer(f"Engineer {n}") for n in range(1, count))]


def test_work_is_offered_to_several_and_the_first_answer_takes_it(in_acme: Company) -> None:
    _pool(in_acme)
    _steps({"strategy": "offer_pool", "accept_minutes": 15})
    work_order = make_work_order()
    assert _run(work_order).outcome == RunOutcome.OFFERED
    offers = list(Offer.objects.order_by("id"))
    assert [(offer.kind, offer.status) for offer in offers] == [("pool", "offered")] * 3
    assert {offer.expires_at for offer in offers} == {AT + 15 * MINUTE}
    assert DispatchTimer.objects.filter(done_at=None).count() == 3
    assert not Visit.objects.exists()
    own = next(offer for offer in offers if offer.engineer and offer.engineer.name == "Tom")
    services.accept_offer(offer_id=own.pk, actor=in_acme.tom.actor, at=AT + MINUTE)
    visit = Visit.objects.get()
    assert (visit.engineer_id, visit.start_at, visit.status) == (
        own.engineer_id,
        own.start_at,
        VisitStatus.ACCEPTED,
    )
    statuses = sorted(Offer.objects.values_list("status", flat=True))
    assert statuses == ["accepted", "withdrawn", "withdrawn"]
    assert not DispatchTimer.objects.filter(done_at=None).exists()
    work_order.refresh_from_db()
    assert work_order.status == "scheduled"
    assert _outcomes(work_order) == ["offered", "assigned"]


def test_when_everybody_declines_the_next_step_follows_at_once(in_acme: Company) -> None:
    tom, other = _pool(in_acme, 2)
    spare = make_engineer("Spare", home_latitude=35.9, home_longitude=139.4)
    _steps({"strategy": "offer_pool", "engineers": [tom.pk, other.pk]}, {"strategy": "nearest"})
    work_order = make_work_order()
    _run(work_order)
    for offer in Offer.objects.order_by("id"):
        assert not Visit.objects.exists()
        services.decline_offer(offer_id=offer.pk, actor=in_acme.dora.actor, at=AT, reason="ill")
    visit = Visit.objects.get()
    assert visit.engineer in (tom, other, spare)
    last = work_order.runs.order_by("id").last()
    assert last is not None and (last.outcome, last.inputs["after"]) == ("assigned", "declined")


def test_one_engineer_is_asked_and_another_when_there_is_no_answer(in_acme: Company) -> None:
    near = make_engineer("Near")
    far = make_engineer("Far", home_latitude=35.9, home_longitude=139.4)
    ask = {"strategy": "nearest", "accept_minutes": 10}
    _steps(ask, ask, ask)
    work_order = make_work_order()
    _run(work_order)
    first = Offer.objects.get()
    assert (first.engineer, first.kind) == (near, "engineer")
    services.expire_offer(offer_id=first.pk, actor=SYSTEM, at=AT + 9 * MINUTE)
    assert Offer.objects.count() == 1
    services.expire_offer(offer_id=first.pk, actor=SYSTEM, at=AT + 10 * MINUTE)
    second = Offer.objects.get(status="offered")
    assert second.engineer == far
    services.expire_offer(offer_id=second.pk, actor=SYSTEM, at=AT + 20 * MINUTE)
    services.expire_offer(offer_id=second.pk, actor=SYSTEM, at=AT + 20 * MINUTE)
    assert _outcomes(work_order) == ["offered", "offered", "nobody"]
    assert not Offer.objects.filter(status="offered").exists()


def test_a_provider_names_its_engineer_and_time(in_acme: Company) -> None:
    provider = make_provider()
    own, stranger = make_engineer("Pim", provider=provider), make_engineer("Stranger")
    _steps({"strategy": "offer_provider", "provider": provider.pk, "calendar": 0})
    work_order = make_work_order()
    _run(work_order)
    offer = Offer.objects.get()
    assert (offer.kind, offer.provider, offer.expires_at) == ("provider", provider, AT + 30 * MINUTE)
    assert Notice.objects.filter(membership=in_acme.pia.membership, kind="work_offered").exists()
    pia: dict[str, Any] = {"offer_id": offer.pk, "actor": in_acme.pia.actor, "at": AT + MINUTE}
    with pytest.raises(BadInput, match="Name the engineer"):
        services.accept_offer(**pia)
    with pytest.raises(BadInput, match="is not one of"):
        services.accept_offer(**pia, engineer_id=stranger.pk, start_at=AT + HOUR)
    with pytest.raises(services.CannotSchedule):
        services.accept_offer(**pia, engineer_id=own.pk, start_at=AT + 15 * HOUR)
    services.accept_offer(**pia, engineer_id=own.pk, start_at=AT + HOUR)
    visit = Visit.objects.get()
    assert (visit.engineer, visit.start_at, visit.status) == (own, AT + HOUR, VisitStatus.DISPATCHED)


def test_work_outside_a_providers_scope_is_not_offered_to_it(in_acme: Company) -> None:
    from tests.factories.dispatch import make_place
    from tests.factories.workforce import make_territory
    from workforce.models import ProviderTerritory

    provider, full = make_provider(), make_provider("busy", visits_a_day=0)
    ProviderTerritory.objects.create(provider=provider, territory=make_territory("Osaka"))
    make_engineer()
    _steps(
        {"strategy": "offer_provider", "provider": provider.pk},
        {"strategy": "offer_provider", "provider": full.pk},
        {"strategy": "earliest"},
    )
    run = _run(make_work_order(site=make_place("Chiyoda")))
    assert run.outcome == RunOutcome.ASSIGNED
    told = [(step["provider"], step["why"]) for step in run.explanation["steps"]]
    assert told == [("Partnerworks", "provider_scope"), ("Busy", "provider_full")]


def test_the_time_to_answer_counts_business_minutes(in_acme: Company) -> None:
    from tickets import services as tickets

    calendar = tickets.create_calendar(
        name="Office",
        weekly={"mon": [["09:00", "09:20"], ["13:00", "17:00"]]},
        actor=in_acme.ada.actor,
        at=AT,
    )
    make_provider()
    provider = make_provider("other")
    _steps({"strategy": "offer_provider", "provider": provider.pk, "calendar": calendar.pk})
    _run(make_work_order())
    # 09:00 in Tokyo: twenty minutes until the break, ten after it.
    assert Offer.objects.get().expires_at == AT + 4 * HOUR + 10 * MINUTE


def test_strangers_see_and_answer_nothing(in_acme: Company) -> None:
    _pool(in_acme, 2)
    _steps({"strategy": "offer_pool"})
    _run(make_work_order())
    other = Offer.objects.exclude(engineer__name="Tom").get()
    for person in (in_acme.tom, in_acme.pia, in_acme.cora):
        with pytest.raises(NotFound):
            services.accept_offer(offer_id=other.pk, actor=person.actor, at=AT)
        with pytest.raises(NotFound):
            services.decline_offer(offer_id=other.pk, actor=person.actor, at=AT)


def test_an_answer_that_comes_too_late_is_told_why(in_acme: Company) -> None:
    _pool(in_acme, 2)
    _steps({"strategy": "offer_pool", "accept_minutes": 10})
    _run(make_work_order())
    own = Offer.objects.get(engineer__name="Tom")
    with pytest.raises(Conflict, match="could be answered until"):
        services.accept_offer(offer_id=own.pk, actor=in_acme.tom.actor, at=AT + HOUR)
    services.withdraw_offer(offer_id=own.pk, actor=in_acme.dora.actor, at=AT, reason="planned otherwise")
    with pytest.raises(IllegalTransition, match="nothing to answer"):
        services.accept_offer(offer_id=own.pk, actor=in_acme.tom.actor, at=AT)


def test_offers_of_work_that_was_planned_by_hand_are_taken_back(in_acme: Company) -> None:
    tom, _other = _pool(in_acme, 2)
    _steps({"strategy": "offer_pool"})
    work_order = make_work_order()
    _run(work_order)
    visit = services.schedule_visit(
        work_order_id=work_order.pk, engineer_id=tom.pk, start_at=AT + HOUR, actor=in_acme.dora.actor, at=AT
    )
    services.meet_planned_visits(visit_ids=[visit.pk], actor=SYSTEM, at=AT)
    assert set(Offer.objects.values_list("status", flat=True)) == {"withdrawn"}
    assert Notice.objects.filter(kind="offer_withdrawn", membership=in_acme.tom.membership).exists()


@pytest.mark.parametrize("current", list(OfferStatus))
def test_the_database_allows_exactly_the_legal_transitions(in_acme: Company, current: OfferStatus) -> None:
    _pool(in_acme, 1)
    _steps({"strategy": "offer_pool"})
    _run(make_work_order())
    offer = Offer.objects.get()
    Offer.objects.filter(pk=offer.pk).update(status=current)
    allowed = set()
    for wanted in OfferStatus:
        try:
            with transaction.atomic():
                Offer.objects.filter(pk=offer.pk).update(status=wanted)
                allowed.add(wanted)
                raise _Undo
        except _Undo:
            continue
        except DatabaseError as refused:
            assert "may not become" in str(refused)
    assert allowed - {current} == set(OFFER_TRANSITIONS[current])


class _Undo(Exception):
    """Takes a successful try back."""


ROUNDS = 8


def _race(company: Company) -> int:
    """How many of ROUNDS offers to a pool of two were accepted by both at once."""
    with tenant_active(company.tenant.pk):
        people = _pool(company, 2)
        _steps({"strategy": "offer_pool", "accept_minutes": 600})
        rounds = []
        for _ in range(ROUNDS):
            work_order = make_work_order(duration_minutes=20)
            _run(work_order)
            rounds.append([work_order.offers.get(engineer=person).pk for person in people])
    start = threading.Barrier(2)

    def accept(place: int) -> None:
        for offers in rounds:
            start.wait(timeout=60)
            try:
                with tenant_active(company.tenant.pk):
                    services.accept_offer(offer_id=offers[place], actor=company.dora.actor, at=AT)
            except (Conflict, IllegalTransition, services.CannotSchedule):
                pass
        connection.close()

    threads = [threading.Thread(target=accept, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    with tenant_active(company.tenant.pk):
        accepted = [
            Offer.objects.filter(pk__in=offers, status=OfferStatus.ACCEPTED).count() for offers in rounds
        ]
    assert all(accepted)
    return sum(count > 1 for count in accepted)


@pytest.mark.django_db(transaction=True)
def test_two_engineers_never_both_take_the_same_work(acme: Company) -> None:
    assert _race(acme) == 0


@pytest.mark.django_db(transaction=True)
def test_without_locks_and_constraint_the_same_race_gives_it_to_both(
    as_owner: None, acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Barrier(2)

    def both_have_looked(offer: Offer, at: Any) -> None:
        looked.wait(timeout=60)

    def unlocked(offer_id: int, actor: Actor) -> Offer:
        return Offer.objects.select_related("engineer", "provider", "work_order__site", "run").get(
            pk=offer_id
        )

    monkeypatch.setattr(offer_services, "_locked", unlocked)
    monkeypatch.setattr(offer_services, "_check_open", both_have_looked)
    monkeypatch.setattr(offer_services, "open_offers_for_update", lambda _pk: [])
    offers, visits = ("dispatch_dispatchtimer", "dispatch_offer"), ("dispatch_dispatchrun", "dispatch_visit")
    with index_off("visit_one_to_come", *visits), index_off("offer_accepted_once", *offers):
        assert _race(acme) > 0
