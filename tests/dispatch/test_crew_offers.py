"""Work for several people is never offered to one of them."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch import reasons, services
from dispatch.enums import RunOutcome
from dispatch.models import Offer, Visit
from dispatch.views.runs import told_run
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.dispatch import make_provider, make_rule, make_work_order
from tests.factories.workforce import make_engineer

SYSTEM = Actor.system("tests")


@pytest.mark.parametrize("strategy", ["offer_pool", "offer_provider"])
def test_an_offer_of_crew_work_falls_through_and_says_why(in_acme: Company, strategy: str) -> None:
    make_engineer()
    make_engineer()
    work_order = make_work_order(crew_size=2)
    step: dict[str, Any] = {"strategy": strategy, "accept_minutes": 30}
    if strategy == "offer_provider":
        step["provider"] = make_provider().pk
    make_rule(strategy=strategy, steps=[step, {"strategy": "best"}])
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert not Offer.objects.exists()
    assert (run.explanation["steps"][0]["why"], run.explanation["step"]) == ("crew", 1)
    assert reasons.no_step("crew") == "work of a crew is planned, not offered"
    assert (run.outcome, Visit.objects.count()) == (RunOutcome.ASSIGNED, 2)


def test_a_rule_that_only_offers_leaves_crew_work_waiting(in_acme: Company) -> None:
    make_engineer()
    make_engineer()
    work_order = make_work_order(crew_size=2)
    make_rule(strategy="offer_pool", steps=[{"strategy": "offer_pool", "accept_minutes": 30}])
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert (run.outcome, Visit.objects.count()) == (RunOutcome.NOBODY, 0)


def test_a_crew_that_should_have_been_asked_is_planned_and_the_log_says_so(in_acme: Company) -> None:
    make_engineer()
    make_engineer()
    work_order = make_work_order(crew_size=2)
    make_rule(strategy="best", steps=[{"strategy": "best", "accept_minutes": 30}])
    run = services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    assert (run.outcome, Visit.objects.count()) == (RunOutcome.ASSIGNED, 2)
    assert "nobody was asked: a crew is planned at once, or not at all" in told_run(run, {})["minuses"]


def test_an_offer_made_before_more_people_were_needed_cannot_be_accepted(in_acme: Company) -> None:
    make_engineer()
    make_engineer()
    work_order = make_work_order()
    make_rule(strategy="offer_pool", steps=[{"strategy": "offer_pool", "accept_minutes": 30}])
    services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
    services.update_work_order(work_order_id=work_order.pk, actor=SYSTEM, at=AT, crew_size=2)
    offer = Offer.objects.earliest("id")
    with pytest.raises(services.CannotSchedule, match="a crew of 2 is needed, not of 1"):
        services.accept_offer(offer_id=offer.pk, actor=SYSTEM, at=AT)
    assert not Visit.objects.exists()
