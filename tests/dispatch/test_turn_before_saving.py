"""Several visits in one transaction: the turn at overtime of a week comes before the first of them is saved, so that
who has the turn never waits for a visit of somebody who waits for the turn."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import OperationalError

from core.errors import Conflict
from dispatch import services
from dispatch.models import DispatchPolicy, Offer, Visit, WorkOrder
from dispatch.queries.live import forget
from dispatch.queries.turns import take_turn_at_parts
from dispatch.services import days, offers, planning
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.dispatch.test_lock_order import HOUR, SYSTEM, beside
from tests.dispatch.test_overtime_week import DAY, engineer, order
from tests.dispatch.test_stints import long_work
from tests.factories.dispatch import make_visit
from workforce.models import Engineer

Way = Callable[[Engineer, Engineer], Callable[[], object]]
"""Prepares two visits, the first of Una at `AT` without limited overtime, the second of Tom with some of it (or both of
Tom); what it gives plans them."""


@pytest.fixture(autouse=True)
def fresh() -> None:
    forget()


def _in_stints(tom: Engineer, una: Engineer) -> Callable[[], object]:
    work = long_work(3)
    stints = [
        services.Stint((una.pk,), AT, AT + HOUR),
        services.Stint((tom.pk,), AT + DAY, AT + DAY + 2 * HOUR),
    ]
    return lambda: services.schedule_stints(work_order_id=work.pk, stints=stints, actor=SYSTEM, at=AT)


def _as_a_crew(tom: Engineer, una: Engineer) -> Callable[[], object]:
    work, key = order(), uuid4()
    WorkOrder.objects.filter(pk=work.pk).update(crew_size=2)
    first, _second = [
        make_visit(AT + DAY, engineer=who, work_order=work, minutes=120, crew_key=key) for who in (una, tom)
    ]
    return lambda: services.move_visit(
        visit_id=first.pk, engineer_id=una.pk, start_at=AT, version=first.version, actor=SYSTEM, at=AT
    )


def _as_offered(tom: Engineer, una: Engineer) -> Callable[[], object]:
    spans = [(AT, AT + HOUR), (AT + DAY, AT + DAY + 2 * HOUR)]
    offer = Offer.objects.create(
        work_order=long_work(3),
        round_key=uuid4(),
        kind="engineer",
        engineer=tom,
        start_at=spans[0][0],
        end_at=spans[0][1],
        stints=[{"start_at": start.isoformat(), "end_at": end.isoformat()} for start, end in spans],
        offered_at=AT,
        expires_at=AT + HOUR,
    )
    return lambda: services.accept_offer(offer_id=offer.pk, actor=SYSTEM, at=AT)


def _beside_who_has_the_turn(company: Company, way: Way) -> None:
    """Plan in this way while somebody who has the turn plans a visit at the time of the first one, and gets it."""
    with tenant_active(company.tenant.pk):
        DispatchPolicy.objects.create(
            version=3, status="published", verdicts={"overtime": "allow"}, created_at=AT, published_at=AT
        )
        tom, una = engineer(overtime_week_minutes=300), engineer()
        act, other = way(tom, una), order(60)

    def plan() -> None:
        who = tom if way is _as_offered else una
        make_visit(AT, engineer=who, work_order=other)

    def wait() -> None:
        try:
            act()
        except Conflict as problem:
            assert problem.problem_code == "overlap"

    beside(company, lambda: take_turn_at_parts([1]), wait, plan)
    with tenant_active(company.tenant.pk):
        at_the_time = Visit.objects.filter(start_at=AT).values_list("work_order_id", flat=True)
        assert list(at_the_time) == [other.pk]


WAYS = pytest.mark.parametrize("way", [_in_stints, _as_a_crew, _as_offered])


@pytest.mark.django_db(transaction=True)
@WAYS
def test_who_has_the_turn_never_waits_for_who_waits_for_it(acme: Company, way: Way) -> None:
    _beside_who_has_the_turn(acme, way)


@pytest.mark.django_db(transaction=True)
@WAYS
def test_the_turn_after_the_first_visit_ends_in_a_deadlock(
    acme: Company, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    for module in (days, offers, planning):
        monkeypatch.setattr(module, "take_turn_at_weeks_of", lambda _ids: None)
    with pytest.raises(OperationalError, match="deadlock detected"):
        _beside_who_has_the_turn(acme, way)
