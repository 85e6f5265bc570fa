"""Two dispatchers and a planning run go for the same visits at the same second, again and again.

Every round, all three have seen the same plan before any of them acts. The rows of the run are written as the
planner writes them, with the versions that it saw; they are accepted as a dispatcher accepts them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from core.clock import now
from core.errors import Refusal
from customers.models import Customer, Site
from dispatch import services as dispatch
from dispatch.models import Visit, WorkOrder, WorkType
from planning import services as planning
from planning.enums import ChangeKind, RunState
from planning.models import PlanChange, PlanRun
from tenants.active import active_tenant_id, tenant_active
from tenants.actors import Actor
from tenants.services import create_tenant, next_numbers
from workforce.models import Engineer, Shift

ATTEMPTS = 10_000
ENGINEERS, VISITS, LENGTH = 3, 6, timedelta(minutes=30)
QUARTERS = 14
"""Starts to choose from, a quarter of an hour apart: so few that most wishes meet."""
SAME_VISIT = 0.67
"""Share of the rounds in which all want the same visit; in the others they want one place for different ones."""
MOVED, REFUSED, OVERTAKEN = "moved", "refused", "overtaken"
PATIENCE = 120

_OVERLAPS = """
    SELECT count(*) FROM dispatch_visit a JOIN dispatch_visit b
    ON a.tenant_id = b.tenant_id AND a.engineer_id = b.engineer_id AND a.id < b.id
    AND a.start_at < b.end_at AND b.start_at < a.end_at
    WHERE a.tenant_id = %s
"""


@dataclass(frozen=True, slots=True)
class Field:
    """Where the race is run: engineers who are always there, and their visits of one day."""

    tenant_id: int
    day: datetime
    engineers: list[int]
    visits: list[int]


@dataclass(slots=True)
class Outcome:
    """What came of all attempts. `overlaps` were seen after a round; `lost` moves were written over by
    somebody who had not seen them."""

    results: Counter[str] = field(default_factory=Counter)
    overlaps: int = 0
    lost: int = 0

    @property
    def attempts(self) -> int:
        return self.results.total()


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit as somebody saw it, and where they want it."""

    visit_id: int
    version: int
    work_order_id: int
    engineer_id: int
    start_at: datetime


Mover = Callable[[Field, Wish], str]


def race_figures() -> Iterator[dict[str, Any]]:
    """Ten thousand attempts with the database's constraint; nobody may ever be in two places."""
    tenant = create_tenant(slug="race", name="Race", time_zone="UTC")
    with tenant_active(tenant.pk):
        ground = furnish_race()
    found = race(ground, ATTEMPTS)
    yield {
        "name": f"{found.attempts:,} attempts of two dispatchers and a planning run to move the same visits",
        "overlaps": found.overlaps,
        "lost": found.lost,
        **found.results,
        "limit": 0,
        "within": found.overlaps == found.lost == 0 and found.attempts >= ATTEMPTS,
    }


def furnish_race() -> Field:
    """In the active tenant: engineers around the clock, and visits that stand one after the other."""
    at = now()
    day = at.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=2)
    engineers = [Engineer.objects.create(name=f"Racer {n}") for n in range(ENGINEERS)]
    Shift.objects.bulk_create(
        Shift(engineer=who, weekday=weekday, starts="00:00", ends="00:00")
        for who in engineers
        for weekday in range(7)
    )
    customer = Customer.objects.create(name="Race")
    site = Site.objects.create(customer=customer, name="Race", latitude=35.68, longitude=139.76)
    kind = WorkType.objects.create(code="race", name="Race", duration_minutes=30)
    visits = []
    for turn, number in enumerate(next_numbers("work_order", VISITS)):
        order = WorkOrder.objects.create(
            number=number,
            customer=customer,
            site=site,
            work_type=kind,
            subject=f"Race {number}",
            duration_minutes=30,
            created_at=at,
        )
        visit = dispatch.schedule_visit(
            work_order_id=order.pk,
            engineer_id=engineers[turn % ENGINEERS].pk,
            start_at=day + timedelta(hours=turn // ENGINEERS),
            actor=Actor.system("race"),
            at=at,
        )
        visits.append(visit.pk)
    return Field(active_tenant_id(), day, [who.pk for who in engineers], visits)


def race(ground: Field, attempts: int) -> Outcome:
    """Let the three run until so many attempts were made."""
    movers = {"Ada": _by_hand, "Ben": _by_hand, "planner": _by_run}
    rounds, outcome = -(-attempts // len(movers)), Outcome()
    before = _versions(ground)

    def look() -> None:
        outcome.overlaps += _overlaps(ground)

    ready = threading.Barrier(len(movers), timeout=PATIENCE)
    done = threading.Barrier(len(movers), action=look, timeout=PATIENCE)

    def run(name: str, mover: Mover) -> None:
        try:
            for number in range(rounds):
                wish = _wish(ground, list(movers).index(name), number)
                ready.wait()
                with tenant_active(ground.tenant_id):
                    outcome.results[mover(ground, wish)] += 1
                done.wait()
        except BaseException:
            ready.abort()
            done.abort()
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=entry) for entry in movers.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.lost = outcome.results[MOVED] - (_versions(ground) - before)
    return outcome


def _wish(ground: Field, mover: int, number: int) -> Wish:
    """What somebody wants in a round, always the same: one visit for all of them, or one place for different
    visits. What they know of the visit is read now."""
    together, alone = Random(number), Random(f"{mover} {number}")
    same_visit = together.random() < SAME_VISIT
    place, offset = (alone, 0) if same_visit else (together, mover)
    visit_id = ground.visits[(together.randrange(VISITS) + offset) % VISITS]
    engineer_id = place.choice(ground.engineers)
    start_at = ground.day + timedelta(minutes=15 * place.randrange(QUARTERS) + 5 * offset)
    with tenant_active(ground.tenant_id):
        visit = Visit.objects.get(pk=visit_id)
    return Wish(visit.pk, visit.version, visit.work_order_id, engineer_id, start_at)


def _by_hand(ground: Field, wish: Wish) -> str:
    try:
        dispatch.move_visit(
            visit_id=wish.visit_id,
            engineer_id=wish.engineer_id,
            start_at=wish.start_at,
            version=wish.version,
            actor=Actor.system("race"),
            at=now(),
        )
    except Refusal:
        return REFUSED
    return MOVED


def _by_run(ground: Field, wish: Wish) -> str:
    run = PlanRun.objects.create(
        number=next_numbers("plan_run", 1)[0],
        from_at=ground.day - timedelta(hours=8),
        until=ground.day + timedelta(hours=16),
        state=RunState.PROPOSED,
        asked_at=now(),
    )
    PlanChange.objects.create(
        run=run,
        work_order_id=wish.work_order_id,
        visit_id=wish.visit_id,
        kind=ChangeKind.MOVE,
        visit_version=wish.version,
        to_engineer_id=wish.engineer_id,
        to_start_at=wish.start_at,
        to_end_at=wish.start_at + LENGTH,
    )
    try:
        counts = planning.accept_changes(run_id=run.pk, actor=Actor.system("race"), at=now())
    except Refusal:
        return REFUSED
    return MOVED if counts["accepted"] else OVERTAKEN


def _versions(ground: Field) -> int:
    with tenant_active(ground.tenant_id):
        return sum(Visit.objects.values_list("version", flat=True))


def _overlaps(ground: Field) -> int:
    with tenant_active(ground.tenant_id), connection.cursor() as cursor:
        cursor.execute(_OVERLAPS, [ground.tenant_id])
        return int(cursor.fetchone()[0])
