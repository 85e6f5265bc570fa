"""Two dispatchers, and a planning run, at the same second: the database lets one of them win."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from bench.race import MOVED, OVERTAKEN, Outcome, furnish_race, race
from core.errors import Conflict
from dispatch import services
from dispatch.models import Visit
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.dispatch import make_work_order, make_work_type
from tests.factories.workforce import make_engineer

ATTEMPTS = 40


def _race(company: Company) -> tuple[int, int, int]:
    """(planned, refused, pairs that overlap) after two people planned ATTEMPTS visits of one engineer each
    time."""
    with tenant_active(company.tenant.pk):
        engineer, work_type = make_engineer(hours=("00:00", "23:59")), make_work_type(duration_minutes=20)
        orders = [make_work_order(work_type=work_type).pk for _ in range(2 * ATTEMPTS)]
    start, results = threading.Barrier(2), []

    def plan(offset: int) -> None:
        for n in range(ATTEMPTS):
            start.wait(timeout=60)
            try:
                with tenant_active(company.tenant.pk):
                    services.schedule_visit(
                        work_order_id=orders[2 * n + offset],
                        engineer_id=engineer.pk,
                        start_at=AT + timedelta(days=n, minutes=10 * offset),
                        actor=company.dora.actor,
                        at=AT,
                    )
                results.append("planned")
            except Conflict:
                results.append("refused")
        connection.close()

    threads = [threading.Thread(target=plan, args=(offset,)) for offset in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    with tenant_active(company.tenant.pk):
        spans = sorted(Visit.objects.values_list("start_at", "end_at"))
    overlaps = sum(end > later for (_s, end), (later, _e) in pairwise(spans))
    return results.count("planned"), results.count("refused"), overlaps


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_never_overlap(acme: Company) -> None:
    planned, refused, overlaps = _race(acme)
    assert overlaps == 0
    assert (planned, refused) == (ATTEMPTS, ATTEMPTS)


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_the_same_race_overlaps(as_owner: None, acme: Company) -> None:
    with _without_the_constraint():
        _planned, _refused, overlaps = _race(acme)
        assert overlaps > 0


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_and_a_planning_run_never_overlap(acme: Company) -> None:
    """Ninety attempts here; `python -m bench race` makes ten thousand."""
    found = _race_of_three(acme, 90)
    assert (found.overlaps, found.lost) == (0, 0)
    assert found.attempts >= 90
    assert found.results[MOVED]
    assert found.results[OVERTAKEN]


@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_the_race_of_three_overlaps(as_owner: None, acme: Company) -> None:
    with _without_the_constraint():
        assert _race_of_three(acme, 60).overlaps > 0


def _race_of_three(company: Company, attempts: int) -> Outcome:
    with tenant_active(company.tenant.pk):
        ground = furnish_race()
    return race(ground, attempts)


@contextmanager
def _without_the_constraint() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'visit_no_overlap'"
        )
        definition = cursor.fetchone()[0]
        cursor.execute("ALTER TABLE dispatch_visit DROP CONSTRAINT visit_no_overlap")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM planning_planchange")
            cursor.execute("DELETE FROM dispatch_visit")
            cursor.execute(f"ALTER TABLE dispatch_visit ADD CONSTRAINT visit_no_overlap {definition}")
