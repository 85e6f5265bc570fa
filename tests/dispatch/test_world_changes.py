"""The kept world hears of every write to whatever it was read from, whoever wrote and whenever it was committed."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.clock import now
from customers.models import Site
from dispatch import services
from dispatch.evaluator import Person
from dispatch.models import Visit, WorkOrder, WorldChange
from dispatch.policy import PRODUCT
from dispatch.queries import live
from dispatch.queries.planning import load_world
from tenants.active import active_tenant_id, tenant_active
from tenants.models import Tenant
from tests.cast import AT, Company
from tests.factories.dispatch import make_place, make_visit, make_work_order
from tests.factories.workforce import make_engineer, make_skill, make_territory
from tests.triggers import trigger_off
from workforce.models import (
    Absence,
    Engineer,
    EngineerSkill,
    EngineerTerritory,
    ExtraShift,
    Provider,
    ProviderSkill,
    ProviderTerritory,
    Shift,
    ShiftBreak,
    Territory,
)

pytestmark = pytest.mark.django_db
UNTIL = AT + timedelta(days=2)
SOON = {"start_at": AT + timedelta(hours=30), "end_at": AT + timedelta(hours=33)}

SEEN_OTHERWISE = {
    "tenants_tenant": "its time zone is part of what a world is kept by",
    "accounts_membership": "read along; nothing of it stands in a world",
    "workforce_skill": "read along; nothing of it stands in a world",
    "dispatch_engineerpreference": "read with each question",
}


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    live.forget()


@pytest.fixture
def tom(acme: Company) -> Iterator[Engineer]:
    """Works for a provider in a territory, with a break, an absence, an extra shift and a visit."""
    with tenant_active(acme.tenant.pk):
        provider = Provider.objects.create(code="north", name="North")
        tom = make_engineer("Tom", skills={"gas": 2}, territories=[make_territory("Ota")], provider=provider)
        ProviderSkill.objects.create(provider=provider, skill=make_skill("gas"))
        ProviderTerritory.objects.create(provider=provider, territory=make_territory("Mita"))
        for shift in tom.shifts.all():
            ShiftBreak.objects.create(shift=shift, earliest=time(11), latest=time(13), minutes=30)
        ExtraShift.objects.create(engineer=tom, **SOON)
        Absence.objects.create(engineer=tom, start_at=AT, end_at=AT + timedelta(minutes=5))
        make_visit(AT + timedelta(hours=2), engineer=tom)
        make_engineer("Zoe")
        yield tom


def kept() -> list[Person]:
    return [replace(p, likings={}) for p in live.live_world(AT, UNTIL, policy=PRODUCT).crowd.people]


def fresh() -> list[Person]:
    """As a world that is read just now has it."""
    live.forget()
    return kept()


def sees(act: Callable[[], object]) -> bool:
    """Whether a world kept before the act tells afterwards what a fresh one does, and they differ from before."""
    before = kept()
    act()
    told = kept()
    assert fresh() != before, "nothing that a world tells was changed"
    return told == kept()


INSERTS: dict[type[Any], Callable[[Engineer], object]] = {
    Engineer: lambda tom: Engineer.objects.create(name="Bob"),
    EngineerSkill: lambda tom: EngineerSkill.objects.create(engineer=tom, skill=make_skill("lift"), level=1),
    EngineerTerritory: lambda tom: EngineerTerritory.objects.create(
        engineer=tom, territory=Territory.objects.exclude(engineers=tom).get()
    ),
    Shift: lambda tom: Shift.objects.create(
        engineer=tom, weekday=AT.weekday(), starts=time(18), ends=time(20)
    ),
    ShiftBreak: lambda tom: ShiftBreak.objects.create(
        shift=tom.shifts.all()[AT.weekday()], earliest=time(15), latest=time(16), minutes=10
    ),
    ExtraShift: lambda tom: ExtraShift.objects.create(
        engineer=tom, start_at=AT + timedelta(hours=20), end_at=AT + timedelta(hours=21)
    ),
    Absence: lambda tom: Absence.objects.create(engineer=tom, **SOON),
    ProviderSkill: lambda tom: ProviderSkill.objects.create(
        provider=Provider.objects.get(), skill=make_skill("lift")
    ),
    ProviderTerritory: lambda tom: ProviderTerritory.objects.create(
        provider=Provider.objects.get(), territory=Territory.objects.exclude(providers=tom.provider).get()
    ),
    Visit: lambda tom: make_visit(AT + timedelta(hours=5), engineer=tom),
}
UPDATES: dict[type[Any], tuple[Callable[[Engineer], Any], dict[str, Any]]] = {
    Engineer: (lambda tom: Engineer.objects.filter(pk=tom.pk), {"home_latitude": 35.1}),
    EngineerSkill: (lambda tom: tom.engineer_skills.all(), {"level": 5}),
    EngineerTerritory: (
        lambda tom: tom.engineer_territories.all(),
        {"territory": lambda: Territory.objects.exclude(engineers__name="Tom").get()},
    ),
    Territory: (lambda tom: tom.territories.all(), {"areas": ["Elsewhere"]}),
    Shift: (lambda tom: tom.shifts.all(), {"ends": time(12)}),
    ShiftBreak: (lambda tom: ShiftBreak.objects.filter(shift__engineer=tom), {"minutes": 31}),
    ExtraShift: (lambda tom: tom.extra_shifts.all(), {"end_at": AT + timedelta(hours=40)}),
    Absence: (lambda tom: tom.absences.all(), {"end_at": AT + timedelta(minutes=50)}),
    ProviderSkill: (
        lambda tom: ProviderSkill.objects.filter(provider=tom.provider),
        {"skill": lambda: make_skill("lift")},
    ),
    ProviderTerritory: (
        lambda tom: ProviderTerritory.objects.filter(provider=tom.provider),
        {"territory": lambda: Territory.objects.exclude(providers__code="north").get()},
    ),
    Visit: (lambda tom: tom.visits.all(), {"end_at": AT + timedelta(hours=4)}),
    Site: (lambda tom: Site.objects.filter(work_orders__visits__engineer=tom), {"latitude": 35.2}),
    WorkOrder: (lambda tom: WorkOrder.objects.filter(visits__engineer=tom), {"number": 4711}),
}
DELETED = [m for m in UPDATES if m not in {Engineer, Territory, Site, WorkOrder}]


def change(model: type[Any], tom: Engineer) -> Callable[[], object]:
    rows, values = UPDATES[model]
    given = {name: value() if callable(value) else value for name, value in values.items()}
    ids = list(rows(tom).values_list("pk", flat=True))
    return lambda: model.objects.filter(pk__in=ids).update(**given)


@pytest.mark.parametrize("model", INSERTS, ids=lambda m: m._meta.db_table)
def test_a_new_row_is_seen(tom: Engineer, model: type[Any]) -> None:
    assert sees(lambda: INSERTS[model](tom))


@pytest.mark.parametrize("model", UPDATES, ids=lambda m: m._meta.db_table)
def test_a_changed_row_is_seen(tom: Engineer, model: type[Any]) -> None:
    assert sees(change(model, tom))


@pytest.mark.parametrize("model", DELETED, ids=lambda m: m._meta.db_table)
def test_a_deleted_row_is_seen(tom: Engineer, model: type[Any]) -> None:
    ids = list(UPDATES[model][0](tom).values_list("pk", flat=True))
    assert sees(lambda: model.objects.filter(pk__in=ids).delete())


def test_engineers_who_leave_come_back_or_change_their_provider_are_seen(tom: Engineer) -> None:
    me = Engineer.objects.filter(pk=tom.pk)
    assert sees(lambda: me.update(is_active=False))
    assert sees(lambda: me.update(is_active=True))
    assert sees(lambda: me.update(name="Zz"))
    assert sees(lambda: me.update(provider=None))
    idle = make_engineer("Idle", hours=None)
    assert sees(idle.delete)
    other = Provider.objects.create(code="south", name="South")
    assert sees(lambda: me.update(provider=other))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", UPDATES, ids=lambda m: m._meta.db_table)
def test_without_its_trigger_a_change_is_missed(as_owner: None, tom: Engineer, model: type[Any]) -> None:
    with trigger_off(model._meta.db_table, "tell_update"):
        assert not sees(change(model, tom))


def test_every_table_that_a_world_is_read_from_is_told_of(tom: Engineer) -> None:
    with CaptureQueriesContext(connection) as queries:
        load_world(AT, UNTIL, policy=PRODUCT)
    read = {name for query in queries for name in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'tell_update'")
        told = {name for (name,) in cursor.fetchall()}
    assert read <= told | set(SEEN_OTHERWISE), read - told
    assert told == {model._meta.db_table for model in UPDATES} | {"workforce_provider"}


def test_another_time_zone_of_the_company_is_another_world(acme: Company, tom: Engineer) -> None:
    def move() -> None:
        tenant = Tenant.objects.get(pk=acme.tenant.pk)
        tenant.time_zone = "America/New_York"
        tenant.save()

    assert sees(move)


def test_what_a_savepoint_takes_back_is_gone(tom: Engineer) -> None:
    before = kept()
    try:
        with transaction.atomic():
            make_visit(AT + timedelta(hours=5), engineer=tom)
            assert kept() != before
            raise ValueError
    except ValueError:
        pass
    assert kept() == before == fresh()


def test_only_those_who_changed_are_read_anew(tom: Engineer) -> None:
    kept()
    tom.absences.all().delete()
    with CaptureQueriesContext(connection) as queries:
        kept()
    (read,) = [q["sql"] for q in queries if 'FROM "workforce_engineer"' in q["sql"]]
    assert f"IN ({tom.pk})" in read
    make_visit(AT + timedelta(hours=5), engineer=tom)
    with CaptureQueriesContext(connection) as queries:
        kept()
    assert len(queries) == 3


def test_writes_that_change_nothing_of_a_world_tell_nothing(tom: Engineer) -> None:
    count = WorldChange.objects.count()
    tom.visits.update(version=7, travel_minutes=9, sent_at=AT)
    Site.objects.update(name="Renamed", latitude=35.69)
    WorkOrder.objects.update(subject="Other words")
    make_place()
    assert WorldChange.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_began_sooner_and_ends_later_is_seen(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        tom, ada = make_engineer("Tom"), make_engineer("Ada")
        orders = [make_work_order(), make_work_order()]
    written, goes_on = threading.Event(), threading.Event()

    def slowly() -> None:
        with tenant_active(acme.tenant.pk):
            make_visit(AT + timedelta(hours=2), engineer=tom, work_order=orders[0])
            written.set()
            goes_on.wait(30)
        connection.close()

    def plans() -> list[list[int]]:
        with tenant_active(acme.tenant.pk):
            return [[stop.visit_id for stop in person.stops] for person in kept()]

    assert plans() == [[], []]
    slow = threading.Thread(target=slowly)
    slow.start()
    assert written.wait(30)
    with tenant_active(acme.tenant.pk):
        later = make_visit(AT + timedelta(hours=2), engineer=ada, work_order=orders[1]).pk
    assert plans() == [[later], []]
    goes_on.set()
    slow.join(30)
    with tenant_active(acme.tenant.pk):
        assert plans() == [[later], [tom.visits.get().pk]]


def test_what_is_old_and_over_is_pruned_but_for_the_newest(tom: Engineer) -> None:
    for xact, hours in ((1, 3), (2, 2), (3, 2), (4, 0), (1 << 60, 3)):
        tell(tom, xact, hours)
    assert services.prune_world_changes() == 2
    left = WorldChange.objects.filter(engineer_id=-tom.pk).order_by("xact")
    assert list(left.values_list("xact", "is_edge")) == [(3, True), (4, False), (1 << 60, False)]
    assert services.prune_world_changes() == 0


@pytest.mark.parametrize(("horizon", "is_read_anew"), [(3, True), (4, False)])
def test_who_knows_less_than_the_edge_reads_everything_anew(
    tom: Engineer, horizon: int, is_read_anew: bool
) -> None:
    tell(tom, 3, 0, is_edge=True)
    kept()
    (world,) = live._kept.values()
    told = frozenset(change for change in world.moment.changes if change.xact >= horizon)
    known = live.Moment.now(active_tenant_id(), live.Moment(horizon, frozenset()))[1]
    world.moment = live.Moment(horizon, told | {c for c in known if c.xact >= horizon and not c.is_edge})
    with CaptureQueriesContext(connection) as queries:
        kept()
    assert any('FROM "workforce_engineer"' in query["sql"] for query in queries) == is_read_anew


def tell(engineer: Engineer, xact: int, hours: int, *, is_edge: bool = False) -> None:
    """A change that nobody made, so many hours ago."""
    WorldChange.objects.create(
        engineer_id=-engineer.pk, xact=xact, at=now() - timedelta(hours=hours), is_edge=is_edge
    )
