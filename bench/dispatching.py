"""Auto-dispatch: from a ticket opened by the API to the visit committed, and what that costs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import time as clock_time
from typing import Any

from accounts import services as accounts
from accounts.enums import Permission, RoleCode
from core.clock import now
from customers.models import Customer, Site
from dispatch import services as dispatch
from dispatch.models import Visit
from journal.services import deliver_all
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.services import create_tenant
from tickets.models import Topic
from workforce import services as workforce

ENGINEERS, SITES = 60, 200
ONE_BY_ONE, TOGETHER = 60, 300
ACTOR = Actor.system("bench")


def dispatch_figures(web_of: Callable[[str], Any]) -> Iterator[dict[str, Any]]:
    """`web_of` gives a client that posts to the API with a token's secret."""
    tenant = create_tenant(slug="bench-dispatch", name="Bench dispatch", time_zone="Asia/Tokyo")
    with tenant_active(tenant.pk):
        accounts.create_default_roles(actor=ACTOR)
        _, secret = accounts.create_token(name="bench", scopes=list(Permission.values), actor=ACTOR, at=now())
        accounts.add_member(
            email="desk@bench.example",
            name="Desk",
            role_code=RoleCode.SERVICE_DESK,
            actor=ACTOR,
            at=now(),
            password="correct-horse-battery",
        )
        topic_id, sites = _furnish()
    web = web_of(secret)

    def open_ticket(number: int) -> None:
        site = sites[number % len(sites)]
        body = {"subject": f"No heat {number}", "topic": topic_id, "site": site.pk, "allow_duplicate": True}
        body["customer"] = site.customer_id
        web.post("/api/v1/tickets", json.dumps(body).encode(), expect=201)

    def open_all() -> None:
        for number in range(TOGETHER):
            open_ticket(number)

    for number in range(5):
        open_ticket(number)
    deliver_all()
    waits = []
    for number in range(ONE_BY_ONE):
        began = time.perf_counter()
        open_ticket(number)
        deliver_all()
        waits.append(time.perf_counter() - began)
    yield _figure("ticket opened to visit committed, one by one, p95 in ms", _p95(waits) * 1000, 300)
    cpu, wall = _spent(open_all)
    yield _figure("opening a ticket by the API, ms of CPU", cpu * 1000 / TOGETHER, 40, wall=wall)
    cpu, wall = _spent(deliver_all)
    yield _figure("the worker's part of a ticket, ms of CPU", cpu * 1000 / TOGETHER, 40, wall=wall)
    with tenant_active(tenant.pk):
        planned = Visit.objects.count()
    opened = 5 + ONE_BY_ONE + TOGETHER
    yield {
        "name": "tickets whose visit was planned",
        "rate": planned,
        "limit": opened,
        "within": planned == opened,
    }


def _spent(act: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.process_time() - cpu, time.perf_counter() - wall


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _figure(name: str, value: float, limit: float, *, wall: float | None = None) -> dict[str, Any]:
    more = {} if wall is None else {"wall_ms_each": round(wall * 1000 / TOGETHER, 1)}
    return {"name": name, "rate": round(value, 1), "limit": limit, "within": value <= limit, **more}


def _furnish() -> tuple[int, list[Site]]:
    """Sixty engineers around the clock, two hundred sites, one rule; a topic that is field work."""
    day = [(clock_time(0), clock_time(12)), (clock_time(12), clock_time(0))]
    week = dict.fromkeys(range(7), day)
    for number in range(ENGINEERS):
        engineer = workforce.create_engineer(name=f"Engineer {number}", actor=ACTOR, at=now())
        type(engineer).objects.filter(pk=engineer.pk).update(
            home_latitude=35.6 + number % 8 / 50, home_longitude=139.6 + number // 8 / 50
        )
        workforce.set_shifts(engineer_id=engineer.pk, weekly=week, actor=ACTOR, at=now())
    topic = Topic.objects.create(code="no-heat", name="No heat")
    dispatch.create_work_type(
        code="no-heat", name="No heat", duration_minutes=30, topic_id=topic.pk, actor=ACTOR, at=now()
    )
    dispatch.create_rule(name="All", horizon_days=3, actor=ACTOR, at=now())
    customers = Customer.objects.bulk_create(Customer(name=f"Customer {n}") for n in range(SITES))
    sites = Site.objects.bulk_create(
        Site(
            customer=customer,
            name=f"Site {n}",
            area="Chiyoda",
            latitude=35.6 + n % 20 / 100,
            longitude=139.6 + n // 20 / 100,
        )
        for n, customer in enumerate(customers)
    )
    return topic.pk, sites
