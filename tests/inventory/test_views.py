"""Pages of parts and stock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Movement, Part, StockLevel
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.inventory import make_part, make_stock, make_store

SignIn = Callable[[Person], Client]
BASE = "/t/acme"


@pytest.fixture
def stan(acme: Company, signed_in: SignIn) -> Client:
    return signed_in(acme.stan)


@pytest.fixture
def gasket(acme: Company) -> dict[str, Any]:
    """Five gaskets at the main store."""
    with tenant_active(acme.tenant.pk):
        part, store = make_part(code="G-17", name="Gasket"), make_store(name="Main store")
        make_stock(part, store, 5)
    return {"part": part, "store": store}


def on_hand(company: Company) -> list[Decimal]:
    with tenant_active(company.tenant.pk):
        return list(StockLevel.objects.order_by("id").values_list("on_hand", flat=True))


def test_the_list_shows_levels_and_filters(stan: Client, gasket: dict[str, Any]) -> None:
    page = stan.get(f"{BASE}/stock/").content.decode()
    assert "Gasket" in page
    assert "In stock" in page
    assert "Gasket" not in stan.get(f"{BASE}/stock/?q=igniter").content.decode()
    assert "Nothing runs low" in stan.get(f"{BASE}/stock/?low=1").content.decode()
    assert stan.get(f"{BASE}/stock/?location=abc&page=99").status_code == 200


def test_an_empty_catalogue_says_what_to_do(stan: Client) -> None:
    assert "Add a part" in stan.get(f"{BASE}/stock/").content.decode()


def test_the_list_asks_the_same_number_of_questions_for_one_row_and_three(
    acme: Company, stan: Client, gasket: dict[str, Any]
) -> None:
    stan.get(f"{BASE}/stock/")
    counts = []
    for extra in (0, 2):
        with tenant_active(acme.tenant.pk):
            for _ in range(extra):
                make_stock(make_part(), gasket["store"], 1)
        counts.append(_queries(stan, f"{BASE}/stock/"))
        counts.append(_queries(stan, f"{BASE}/parts/"))
    assert counts[0] == counts[2]
    assert counts[1] == counts[3]


def _queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_parts_are_received_once_however_often_the_button_is_pressed(
    acme: Company, stan: Client, gasket: dict[str, Any]
) -> None:
    form = {
        "part": gasket["part"].pk,
        "location": gasket["store"].pk,
        "quantity": "3",
        "reason": "PO 7",
        "idempotency_key": "once-1",
    }
    for _ in range(2):
        assert stan.post(f"{BASE}/stock/receive/", form).status_code == 303
    assert on_hand(acme) == [8]


def test_a_transfer_of_too_many_is_refused_on_the_form(
    acme: Company, stan: Client, gasket: dict[str, Any]
) -> None:
    with tenant_active(acme.tenant.pk):
        target = make_store()
    form = {"part": gasket["part"].pk, "location": gasket["store"].pk, "target": target.pk, "quantity": "9"}
    answer = stan.post(f"{BASE}/stock/transfer/", form)
    assert answer.status_code == 422
    assert "Main store holds 5, asked for were 9" in answer.content.decode()
    assert on_hand(acme) == [5]


def test_a_count_corrects_the_ledger(acme: Company, stan: Client, gasket: dict[str, Any]) -> None:
    form = {"part": gasket["part"].pk, "location": gasket["store"].pk, "quantity": "4"}
    answer = stan.post(f"{BASE}/stock/count/", form, follow=True)
    assert "Corrected" in answer.content.decode()
    assert on_hand(acme) == [4]
    assert "agrees" in stan.post(f"{BASE}/stock/count/", form, follow=True).content.decode()


def test_a_part_is_made_changed_and_shown(acme: Company, stan: Client, gasket: dict[str, Any]) -> None:
    made = stan.post(
        f"{BASE}/parts/new/", {"code": "4021-B", "name": "ガスケット", "unit": "piece", "price": "4800"}
    )
    assert made.status_code == 303
    page = stan.get(made.headers["Location"]).content.decode()
    assert 'lang="ja">ガスケット' in page
    assert "¥4,800" in page
    twice = stan.post(f"{BASE}/parts/new/", {"code": "4021-B", "name": "x", "unit": "piece", "price": "1"})
    assert twice.status_code == 422
    fraction = stan.post(f"{BASE}/parts/new/", {"code": "Y", "name": "x", "unit": "piece", "price": "1.5"})
    assert "no smaller unit" in fraction.content.decode()
    part = gasket["part"]
    changed = stan.post(
        f"{BASE}/parts/{part.pk}/edit/", {"code": "G-17", "name": "Gasket set", "unit": "piece", "price": "9"}
    )
    assert changed.status_code == 303
    with tenant_active(acme.tenant.pk):
        part.refresh_from_db()
        assert (part.name, part.price_minor, part.is_active) == ("Gasket set", 9, False)


def test_a_minimum_makes_a_level_low(acme: Company, stan: Client, gasket: dict[str, Any]) -> None:
    url = f"{BASE}/parts/{gasket['part'].pk}/minimum/"
    assert stan.post(url, {"location": gasket["store"].pk, "minimum": "9"}).status_code == 303
    assert "Low" in stan.get(f"{BASE}/stock/?low=1").content.decode()
    assert stan.post(url, {"location": gasket["store"].pk, "minimum": "-1"}).status_code == 422


def test_a_new_place_can_hold_parts(acme: Company, stan: Client) -> None:
    form = {"name": "Branch East", "code": "east", "kind": "branch"}
    assert stan.post(f"{BASE}/stock/locations/new/", form).status_code == 303
    assert stan.post(f"{BASE}/stock/locations/new/", form).status_code == 422
    van = stan.post(f"{BASE}/stock/locations/new/", {"name": "Van", "code": "van", "kind": "van"})
    assert "needs its engineer" in van.content.decode()


@pytest.mark.parametrize("path", ["stock/receive/", "stock/transfer/", "stock/count/", "parts/new/"])
def test_lookers_may_not_change(acme: Company, signed_in: SignIn, path: str) -> None:
    assert signed_in(acme.dora).get(f"{BASE}/{path}").status_code == 403
    assert signed_in(acme.stan).get(f"{BASE}/{path}").status_code == 200


def test_engineers_and_strangers_see_nothing(
    acme: Company, globex: Company, signed_in: SignIn, gasket: dict[str, Any]
) -> None:
    assert signed_in(acme.tom).get(f"{BASE}/stock/").status_code == 403
    assert signed_in(globex.mallory).get(f"{BASE}/stock/").status_code == 404
    mallory = signed_in(globex.mallory)
    assert mallory.get(f"/t/globex/parts/{gasket['part'].pk}/").status_code == 404
    form = {"part": gasket["part"].pk, "location": gasket["store"].pk, "quantity": "1"}
    assert mallory.post("/t/globex/stock/receive/", form).status_code == 422
    assert on_hand(acme) == [5]
    with tenant_active(globex.tenant.pk):
        assert not Movement.objects.exists()
        assert not Part.objects.exists()
