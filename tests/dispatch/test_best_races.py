"""Choosing who goes and planning the visit in one call while somebody else does the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from core.errors import Conflict
from dispatch import services
from dispatch.models import Visit
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.dispatch.test_concurrency import _without_the_constraint as without_the_constraint
from tests.factories.dispatch import make_work_order
from tests.factories.inventory import make_part, make_stock, make_van
from tests.factories.workforce import make_engineer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROUNDS = 12

pytestmark = pytest.mark.usefixtures("on_the_day")


def _race(company: Company, act: Callable[[int, int], object]) -> list[str]:
    """What came of two who act at the same moments."""
    start, results = threading.Barrier(2), list[str]()

    def run(who: int) -> None:
        try:
            for n in range(ROUNDS):
                start.wait(timeout=60)
                try:
                    with tenant_active(company.tenant.pk):
                        act(who, n)
                    results.append("planned")
                except Conflict as problem:
                    results.append(problem.problem_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(who,)) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def _race_for_one_engineer(company: Company) -> tuple[list[str], int]:
    """(what came of it, pairs that overlap) of two works for one engineer at the same moments."""
    with tenant_active(company.tenant.pk):
        make_engineer(hours=("00:00", "23:59"))
        orders = [make_work_order(duration_minutes=20).pk for _ in range(2 * ROUNDS)]
    results = _race(
        company,
        lambda who, n: services.schedule_best(
            work_order_id=orders[2 * n + who], actor=company.dora.actor, at=AT, from_at=AT + n * HOUR
        ),
    )
    with tenant_active(company.tenant.pk):
        spans = sorted(Visit.objects.values_list("start_at", "end_at"))
    return results, sum(end > later for (_s, end), (later, _e) in pairwise(spans))


@pytest.mark.django_db(transaction=True)
def test_two_who_choose_the_same_engineer_both_plan_and_nothing_overlaps(acme: Company) -> None:
    results, overlaps = _race_for_one_engineer(acme)
    assert results == ["planned"] * (2 * ROUNDS)
    assert overlaps == 0


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_the_same_race_overlaps(as_owner: None, acme: Company) -> None:
    with without_the_constraint():
        _results, overlaps = _race_for_one_engineer(acme)
        assert overlaps > 0


@pytest.mark.django_db(transaction=True)
def test_two_who_plan_the_same_work_plan_it_once(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer(hours=("00:00", "23:59"))
        orders = [make_work_order(duration_minutes=20).pk for _ in range(ROUNDS)]
    results = _race(
        acme,
        lambda _who, n: services.schedule_best(work_order_id=orders[n], actor=acme.dora.actor, at=AT),
    )
    assert sorted(results) == ["has_visit"] * ROUNDS + ["planned"] * ROUNDS
    with tenant_active(acme.tenant.pk):
        assert Visit.objects.count() == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_two_who_need_the_only_part_do_not_both_get_it(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        van = make_van(make_engineer(hours=("00:00", "23:59")))
        orders = [make_work_order(duration_minutes=20) for _ in range(2 * ROUNDS)]
        for number in range(ROUNDS):
            part = make_part()
            make_stock(part, van, 1)
            for work_order in orders[2 * number : 2 * number + 2]:
                work_order.work_order_parts.create(part=part, quantity=1)
    _race(
        acme,
        lambda who, n: services.schedule_best(
            work_order_id=orders[2 * n + who].pk, actor=acme.dora.actor, at=AT
        ),
    )
    with tenant_active(acme.tenant.pk):
        planned = [order.visits.count() for order in orders]
    assert [sum(planned[2 * n : 2 * n + 2]) for n in range(ROUNDS)] == [1] * ROUNDS
