"""The stock ledger: movements, levels, refusals, and the last part under contention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from inventory import queries, services
from inventory.enums import LocationKind
from inventory.models import Movement, Part, StockLevel, StockLocation
from journal.models import AuditEntry, OutboxEvent
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.inventory import KEEPER, make_part, make_stock, make_store, make_van
from tests.triggers import trigger_off
from workforce.models import Engineer


def level(part: Part, place: StockLocation) -> Decimal:
    return StockLevel.objects.get(part=part, location=place).on_hand


def moving(part: Part, place: StockLocation, quantity: str = "1", key: str = "k1") -> dict[str, Any]:
    return {
        "part_id": part.pk,
        "location_id": place.pk,
        "quantity": Decimal(quantity),
        "key": key,
        "at": AT,
    }


def test_receiving_raises_the_level_and_writes_it_down(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    services.receive_stock(**moving(part, store, "2.5"), actor=in_acme.stan.actor, reason="PO 7")
    services.receive_stock(**moving(part, store, "1", "k2"), actor=in_acme.stan.actor)
    assert level(part, store) == Decimal("3.5")
    entry = AuditEntry.objects.filter(verb="stock_moved").first()
    assert entry is not None
    assert entry.actor_label == "Stan Storekeeper"
    assert OutboxEvent.objects.filter(name="inventory.StockMoved").count() == 2


def test_the_same_key_is_the_same_movement(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    first = services.receive_stock(**moving(part, store, "5"), actor=KEEPER)
    again = services.receive_stock(**moving(part, store, "5"), actor=KEEPER)
    assert first == again
    assert level(part, store) == 5
    with pytest.raises(Conflict, match="another movement"):
        services.receive_stock(**moving(part, store, "6"), actor=KEEPER)


def test_using_the_last_part_twice_by_the_same_key_is_no_shortage(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    make_stock(part, store, 1)
    first = services.use_part(**moving(part, store), actor=KEEPER)
    assert services.use_part(**moving(part, store), actor=KEEPER) == first
    assert level(part, store) == 0


def test_out_of_stock_names_part_place_and_what_is_there(in_acme: Company) -> None:
    part, store = make_part(code="G-17", name="Gasket"), make_store(name="Main store")
    make_stock(part, store, 2)
    with pytest.raises(
        services.OutOfStock, match="G-17 Gasket: Main store holds 2, asked for were 3"
    ) as told:
        services.use_part(**moving(part, store, "3"), actor=KEEPER)
    assert told.value.facts["on_hand"] == "2.000"
    assert level(part, store) == 2
    with pytest.raises(services.OutOfStock, match="holds 0"):
        services.use_part(**moving(make_part(), store), actor=KEEPER)


def test_a_transfer_is_both_movements_or_none(in_acme: Company) -> None:
    part, store, branch = make_part(), make_store(), make_store(kind=LocationKind.BRANCH)
    make_stock(part, store, 5)
    order: dict[str, Any] = {
        "part_id": part.pk,
        "from_id": store.pk,
        "to_id": branch.pk,
        "key": "t1",
        "actor": KEEPER,
        "at": AT,
    }
    services.transfer_stock(**order, quantity=Decimal(4))
    services.transfer_stock(**order, quantity=Decimal(4))
    assert [level(part, store), level(part, branch)] == [1, 4]
    with pytest.raises(services.OutOfStock):
        services.transfer_stock(**{**order, "key": "t2"}, quantity=Decimal(4))
    assert [level(part, store), level(part, branch)] == [1, 4]
    with pytest.raises(BadInput, match="both ends"):
        services.transfer_stock(**{**order, "key": "t3", "to_id": store.pk}, quantity=Decimal(1))


def test_a_count_moves_the_difference(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    make_stock(part, store, 5)
    count: dict[str, Any] = {
        "part_id": part.pk,
        "location_id": store.pk,
        "actor": in_acme.stan.actor,
        "at": AT,
    }
    movement = services.count_stock(**count, counted=Decimal(3), key="c1")
    assert movement is not None
    assert movement.quantity == -2
    assert services.count_stock(**count, counted=Decimal(3), key="c1") == movement
    assert services.count_stock(**count, counted=Decimal(3), key="c2") is None
    assert services.count_stock(**count, counted=Decimal(0), key="c3") is not None
    assert level(part, store) == 0


@pytest.mark.parametrize("number", ["0", "-1", "0.0001", "NaN"])
def test_what_is_no_quantity_moves_nothing(in_acme: Company, number: str) -> None:
    part, store = make_part(), make_store()
    with pytest.raises(BadInput, match="not a quantity"):
        services.receive_stock(**moving(part, store, number), actor=KEEPER)
    assert not Movement.objects.exists()


def test_a_key_is_wanted_and_bounded(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    for key in ("", "x" * 101):
        with pytest.raises(BadInput, match="needs a key"):
            services.receive_stock(**moving(part, store, key=key), actor=KEEPER)


def test_running_low_is_told_when_the_minimum_is_crossed(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    make_stock(part, store, 3)
    services.set_minimum(part_id=part.pk, location_id=store.pk, minimum=Decimal(2), actor=KEEPER, at=AT)
    told = OutboxEvent.objects.filter(name="inventory.StockRanLow")
    services.use_part(**moving(part, store, key="a"), actor=KEEPER)
    assert not told.exists()
    services.use_part(**moving(part, store, key="b"), actor=KEEPER)
    services.use_part(**moving(part, store, key="c"), actor=KEEPER)
    assert told.count() == 1


def test_only_storekeepers_receive_count_and_edit(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    with pytest.raises(NotAllowed, match="Receive, move and count stock"):
        services.receive_stock(**moving(part, store), actor=in_acme.tom.actor)
    with pytest.raises(NotAllowed):
        services.create_part(code="X", name="X", actor=in_acme.dora.actor, at=AT)
    with pytest.raises(NotAllowed):
        services.count_stock(
            part_id=part.pk, location_id=store.pk, counted=Decimal(0), key="c", actor=in_acme.tom.actor, at=AT
        )


def test_an_engineer_takes_from_the_own_van_only(in_acme: Company) -> None:
    tom = Engineer.objects.create(name="Tom", membership=in_acme.tom.membership)
    other = Engineer.objects.create(name="Other")
    part, own, foreign = make_part(), make_van(tom), make_van(other)
    make_stock(part, own, 2)
    make_stock(part, foreign, 2)
    services.use_part(**moving(part, own), actor=in_acme.tom.actor)
    services.return_stock(**moving(part, own, key="back"), actor=in_acme.tom.actor)
    assert level(part, own) == 2
    with pytest.raises(NotAllowed, match="another's van"):
        services.use_part(**moving(part, foreign, key="k2"), actor=in_acme.tom.actor)
    with pytest.raises(NotAllowed):
        services.use_part(**moving(part, own, key="k3"), actor=in_acme.pia.actor)


def test_a_van_belongs_to_one_engineer(in_acme: Company) -> None:
    tom = Engineer.objects.create(name="Tom")
    make_van(tom)
    with pytest.raises(BadInput):
        make_van(tom, code="second-van")
    with pytest.raises(BadInput, match="needs its engineer"):
        make_store(kind=LocationKind.VAN)


def test_a_part_changes_and_only_the_change_is_recorded(in_acme: Company) -> None:
    part = make_part(code="G-1", price_minor=100)
    services.update_part(part_id=part.pk, actor=KEEPER, at=AT, name=part.name, price_minor=250)
    part.refresh_from_db()
    assert part.price_minor == 250
    assert AuditEntry.objects.get(verb="changed").changes == {"price_minor": [100, 250]}
    with pytest.raises(BadInput):
        make_part(code="G-1")
    with pytest.raises(BadInput):
        services.update_part(part_id=part.pk, actor=KEEPER, at=AT, price_minor=-1)


def test_a_rivals_part_does_not_exist(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        theirs, their_store = make_part(), make_store()
    with tenant_active(acme.tenant.pk), pytest.raises(NotFound, match="no part"):
        services.receive_stock(**moving(theirs, their_store), actor=KEEPER)
    with tenant_active(globex.tenant.pk):
        assert not StockLevel.objects.exists()


def test_the_database_keeps_levels_and_refuses_programs(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    make_stock(part, store, 3)
    with pytest.raises(IntegrityError, match="follows its movements"), transaction.atomic():
        StockLevel.objects.update(on_hand=99)
    with pytest.raises(IntegrityError, match="follows its movements"), transaction.atomic():
        StockLevel.objects.create(part=make_part(), location=store, on_hand=1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Movement.objects.update(quantity=1)
    with pytest.raises(IntegrityError, match="stock_never_negative"), transaction.atomic():
        Movement.objects.create(
            part=part, location=store, kind="used", quantity=-4, key="raw", actor_label="raw", at=AT
        )
    assert level(part, store) == 3


def test_levels_out_of_step_is_empty_until_somebody_tampers(in_acme: Company) -> None:
    part, store = make_part(), make_store()
    make_stock(part, store, 3)
    services.use_part(**moving(part, store), actor=KEEPER)
    assert queries.levels_out_of_step() == []


@pytest.mark.usefixtures("as_owner")
@pytest.mark.django_db(transaction=True)
def test_levels_out_of_step_finds_a_tampered_level(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        part, store = make_part(), make_store()
        make_stock(part, store, 3)
        with trigger_off("inventory_stocklevel", "guard_level"):
            StockLevel.objects.update(on_hand=7)
        (wrong,) = queries.levels_out_of_step()
    assert [wrong.on_hand, wrong.ledger] == [7, 3]


# Contention: eight engineers reach for the last three parts.

BUYERS, PARTS = 8, 3


def _rush(company: Company, part: Part, store: StockLocation) -> Counter[str]:
    """Every buyer takes one at the same moment, each on a connection of its own."""
    barrier = Barrier(BUYERS)

    def buy(number: int) -> str:
        try:
            with tenant_active(company.tenant.pk):
                barrier.wait(timeout=10)
                services.use_part(**moving(part, store, key=f"rush-{number}"), actor=KEEPER)
            return "sold"
        except services.OutOfStock:
            return "refused"
        except IntegrityError as error:
            return "caught by the database" if "stock_never_negative" in str(error) else str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(BUYERS) as pool:
        return Counter(pool.map(buy, range(BUYERS)))


def _shelf(company: Company) -> tuple[Part, StockLocation]:
    with tenant_active(company.tenant.pk):
        part, store = make_part(), make_store()
        make_stock(part, store, PARTS)
    return part, store


def _left(company: Company, part: Part, store: StockLocation) -> Decimal:
    with tenant_active(company.tenant.pk):
        return level(part, store)


def _unlocked(part_id: int, location_id: int) -> StockLevel | None:
    """The level read without a lock, and looked at until every other buyer has looked too."""
    found = StockLevel.objects.filter(part_id=part_id, location_id=location_id).first()
    _looked.wait(timeout=10)
    return found


_looked = Barrier(BUYERS)


@pytest.mark.django_db(transaction=True)
def test_the_last_parts_are_sold_exactly(acme: Company) -> None:
    part, store = _shelf(acme)
    assert _rush(acme, part, store) == {"sold": PARTS, "refused": BUYERS - PARTS}
    assert _left(acme, part, store) == 0


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_database_still_refuses(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    part, store = _shelf(acme)
    monkeypatch.setattr(queries, "level_for_update", _unlocked)
    assert _rush(acme, part, store) == {"sold": PARTS, "caught by the database": BUYERS - PARTS}
    assert _left(acme, part, store) == 0


@pytest.fixture
def unchecked(as_owner: None) -> Iterator[None]:
    """A shelf that may go below nothing."""
    check = "ALTER TABLE inventory_stocklevel {} CONSTRAINT stock_never_negative"
    with connection.cursor() as cursor:
        cursor.execute(check.format("DROP"))
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE inventory_stocklevel CASCADE")
        cursor.execute(check.format("ADD") + " CHECK (on_hand >= 0)")


@pytest.mark.usefixtures("unchecked")
@pytest.mark.django_db(transaction=True)
def test_without_lock_and_check_parts_are_sold_that_nobody_has(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the two tests above would notice."""
    part, store = _shelf(acme)
    monkeypatch.setattr(queries, "level_for_update", _unlocked)
    assert _rush(acme, part, store) == {"sold": BUYERS}
    assert _left(acme, part, store) == PARTS - BUYERS
