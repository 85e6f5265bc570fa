"""What a run may be asked for: one at a time for the same people, in a year that will come, most urgent work first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core.clock import now
from core.errors import BadInput, Conflict
from planning import services
from planning.enums import ChangeKind, RunState
from planning.models import PlanRun
from planning.queries import ground
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.dispatch import make_work_order
from tests.factories.workforce import make_engineer, make_territory
from tests.planning.runs import SYSTEM, proposal, tomorrow


def ask(**facts: Any) -> PlanRun:
    given = {"from_at": tomorrow(), "until": tomorrow(24), "actor": SYSTEM, "at": now(), "steps": 1, **facts}
    return services.ask_plan(**given)


def test_an_engineer_of_two_territories_is_planned_by_one_run_at_a_time(in_acme: Company) -> None:
    north, south, west = (make_territory(name=name) for name in ("North", "South", "West"))
    make_engineer(territories=[north, south])
    make_engineer(territories=[west])
    run = ask(territory_id=north.pk)
    with pytest.raises(Conflict, match=str(run)):
        ask(territory_id=south.pk)
    ask(territory_id=west.pk)
    with pytest.raises(Conflict, match=str(run)):
        ask()


def test_each_company_numbers_its_own_runs(acme: Company, globex: Company) -> None:
    """What a company sees of its numbers tells nothing of others."""
    told = []
    for company in (acme, globex, acme):
        with tenant_active(company.tenant.pk):
            run = ask()
            services.cancel_run(run_id=run.pk, actor=SYSTEM, at=now())
            told.append(str(run))
    assert told == ["P-1", "P-1", "P-2"]


def test_the_database_refuses_a_run_over_the_same_people(in_acme: Company) -> None:
    north, south = (make_territory(name=name) for name in ("North", "South"))
    engineer = make_engineer(territories=[north, south])
    run = ask(territory_id=north.pk)
    given = {"from_at": tomorrow(), "until": tomorrow(24), "asked_at": now()}
    for territory in (south, None):
        with pytest.raises(IntegrityError, match="same engineers"), transaction.atomic():
            PlanRun.objects.create(territory=territory, number=90, **given)
    ended = PlanRun.objects.create(territory=south, state=RunState.FAILED, number=91, **given)
    with pytest.raises(IntegrityError, match="same engineers"), transaction.atomic():
        PlanRun.objects.filter(pk=ended.pk).update(state=RunState.QUEUED)
    engineer.is_active = False
    engineer.save()
    assert ask(territory_id=south.pk).pk > run.pk


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_is_told_of_the_other(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        north, south = (make_territory(name=name) for name in ("North", "South"))
        make_engineer(territories=[north, south])
    ready = Barrier(2)

    def one(territory_id: int) -> str:
        try:
            ready.wait()
            with tenant_active(acme.tenant.pk):
                return str(ask(territory_id=territory_id))
        except Conflict as problem:
            return problem.problem_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(one, (north.pk, south.pk)))
    assert told[1] == "busy" and told[0].startswith("P-")


@pytest.mark.parametrize("year", [2200, 9999])
def test_a_year_that_nobody_plans_is_refused(in_acme: Company, year: int) -> None:
    last = datetime(year, 12, 31, tzinfo=UTC)
    with pytest.raises(BadInput, match="a year ahead"):
        ask(from_at=last.replace(day=30), until=last)


def test_such_a_year_is_refused_on_the_form(in_acme: Company, client: Client) -> None:
    client.force_login(in_acme.dora.user)
    given = {"kind": "build", "day": "2090-12-31", "days": 1, "budget_seconds": 2}
    answer = client.post("/t/acme/planning/", given)
    assert answer.status_code == 422
    assert "within a year ahead" in answer.content.decode()


def test_the_most_urgent_work_is_looked_at_and_the_rest_is_counted(
    in_acme: Company, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ground, "MOST_ORDERS", 2)
    make_engineer()
    trivial = [make_work_order(priority=4) for _n in range(3)]
    urgent = [make_work_order(priority=1) for _n in range(2)]
    run = proposal()
    assert {row.work_order_id for row in run.changes.all()} == {one.pk for one in urgent}
    assert run.figures["not_looked_at"] == len(trivial)
    assert run.figures["before"]["unserved"] == run.figures["after"]["unserved"] + len(urgent) == 5
    client.force_login(in_acme.dora.user)
    page = client.get(f"/t/acme/planning/{run.pk}/").content.decode()
    assert "3 more work orders wait that were not looked at" in page
    assert {row.kind for row in run.changes.all()} == {ChangeKind.ADD}
