"""Planning runs of several companies at once: who waits for whom, and what pages feel of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from random import Random
from typing import Any

from accounts import services as accounts
from accounts.enums import Permission
from bench.__main__ import DATA
from bench.processes import HOST, running
from core.clock import now
from customers.models import Customer, Site
from dispatch.models import WorkOrder, WorkType
from fieldservice.runtime import commands
from planning import services as planning
from planning.enums import RunState
from planning.models import PlanRun
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.services import create_tenant, next_numbers
from workforce.models import Engineer, EngineerTerritory, Shift, Territory

BUSY_COMPANY_RUNS, OTHER_COMPANIES = 4, 3
ENGINEERS, WORK_ORDERS, BUDGET = 15, 80, 3
"""Of each territory; seconds of each run."""
QUIET_PAGES, PATIENCE = 150, 120
BENCH = Actor.system("bench")


def planning_figures() -> Iterator[dict[str, Any]]:
    """One company asks for four plans and three for one each, a moment later; one planner carries them out."""
    names = ["busy", *(f"other{number}" for number in range(OTHER_COMPANIES))]
    territories = {name: _found(name, BUSY_COMPANY_RUNS if name == "busy" else 1) for name in names}
    tenant_id, _ids = territories["busy"]
    with tenant_active(tenant_id):
        _, secret = accounts.create_token(name="bench", scopes=list(Permission.values), actor=BENCH, at=now())
    with running(commands.planner(), commands.beat(schedule=str(DATA / "beat"))) as port:
        page = _Page(port, secret)
        quiet = [page.seconds() for _again in range(QUIET_PAGES)][QUIET_PAGES // 3 :]
        runs = {name: _ask(tenant_id, ids) for name, (tenant_id, ids) in territories.items()}
        busy_pages = list(_until_ended(page, territories, runs))
    yield _turns(territories, runs)
    yield _pages(quiet, busy_pages)


def _turns(territories: dict[str, tuple[int, list[int]]], runs: dict[str, list[int]]) -> dict[str, Any]:
    """The place of each other company's plan in the order in which plans ended; by askers it would be last."""
    ended: list[tuple[Any, str]] = []
    for name, (tenant_id, _ids) in territories.items():
        with tenant_active(tenant_id):
            proposed = PlanRun.objects.filter(pk__in=runs[name], state=RunState.PROPOSED)
            ended += [(at, name) for at in proposed.values_list("ended_at", flat=True)]
    order = [name for _at, name in sorted(ended)]
    worst = max((place for place, name in enumerate(order, 1) if name != "busy"), default=0)
    return {
        "name": "plans of other companies beside four of one that asked first: the last of them ends as number",
        "rate": worst,
        "limit": 1 + OTHER_COMPANIES,
        "within": worst <= 1 + OTHER_COMPANIES and len(order) == BUSY_COMPANY_RUNS + OTHER_COMPANIES,
        "order": order,
    }


def _pages(quiet: list[float], busy: list[float]) -> dict[str, Any]:
    before, during = statistics.quantiles(quiet, n=20)[-1], statistics.quantiles(busy, n=20)[-1]
    return {
        "name": "an API page while plans are made against the same page before, p95",
        "ratio": round(during / before, 2),
        "limit": 3.0,
        "within": during <= 3 * before,
        "before_ms": round(before * 1000, 1),
        "during_ms": round(during * 1000, 1),
        "pages": len(busy),
    }


def _until_ended(
    page: _Page, territories: dict[str, tuple[int, list[int]]], runs: dict[str, list[int]]
) -> Iterator[float]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for _again in range(20):
            yield page.seconds()
        if not any(_unfinished(tenant_id, runs[name]) for name, (tenant_id, _ids) in territories.items()):
            return
    raise RuntimeError(f"Plans are not made after {PATIENCE} s: look at {DATA / 'logs'}.")


def _unfinished(tenant_id: int, run_ids: list[int]) -> bool:
    with tenant_active(tenant_id):
        return PlanRun.objects.filter(pk__in=run_ids, ended_at__isnull=True).exists()


def _ask(tenant_id: int, territory_ids: list[int]) -> list[int]:
    at = now()
    morning = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    with tenant_active(tenant_id):
        return [
            planning.ask_plan(
                from_at=morning,
                until=morning + timedelta(days=1),
                territory_id=pk,
                budget_seconds=BUDGET,
                actor=BENCH,
                at=at,
            ).pk
            for pk in territory_ids
        ]


class _Page:
    """A page of work orders, fetched through one kept connection."""

    def __init__(self, port: int, secret: str) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=30)
        self._headers = {"Authorization": f"Bearer {secret}"}

    def seconds(self) -> float:
        began = time.perf_counter()
        self._connection.request("GET", "/api/v1/work-orders?limit=20", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"The page answered {answer.status}: {body[:200]!r}")
        return time.perf_counter() - began


def _found(slug: str, territories: int) -> tuple[int, list[int]]:
    """A company with so many territories, each with people and work of its own: (its id, their ids)."""
    tenant, dice = create_tenant(slug=slug, name=slug.title(), time_zone="UTC"), Random(slug)
    with tenant_active(tenant.pk):
        accounts.create_default_roles(actor=BENCH)
        kind = WorkType.objects.create(code="bench", name="Bench", duration_minutes=45)
        customer = Customer.objects.create(name="Bench")
        return tenant.pk, [_territory(f"{slug}-{n}", customer, kind, dice) for n in range(territories)]


def _territory(area: str, customer: Customer, kind: WorkType, dice: Random) -> int:
    place = Territory.objects.create(code=area, name=area, areas=[area])
    engineers = Engineer.objects.bulk_create(
        Engineer(name=f"{area} {n}", home_latitude=_near(dice, 35.6), home_longitude=_near(dice, 139.7))
        for n in range(ENGINEERS)
    )
    EngineerTerritory.objects.bulk_create(EngineerTerritory(engineer=e, territory=place) for e in engineers)
    Shift.objects.bulk_create(
        Shift(engineer=e, weekday=day, starts="08:00", ends="17:00") for e in engineers for day in range(7)
    )
    sites = Site.objects.bulk_create(
        Site(
            customer=customer,
            name=f"{area} {n}",
            area=area,
            latitude=_near(dice, 35.6),
            longitude=_near(dice, 139.7),
        )
        for n in range(WORK_ORDERS)
    )
    WorkOrder.objects.bulk_create(
        WorkOrder(
            number=number,
            customer=customer,
            site=site,
            work_type=kind,
            subject="Bench",
            duration_minutes=45,
            created_at=now(),
        )
        for number, site in zip(next_numbers("work_order", WORK_ORDERS), sites, strict=True)
    )
    return place.pk


def _near(dice: Random, degrees: float) -> float:
    return degrees + dice.random() / 5
