"""Where sites are: what the form and the API refuse, and what is only odd."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from customers import queries
from customers.models import Site
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.dispatch import make_place


@pytest.fixture
def others(in_acme: Company) -> None:
    for number in range(3):
        make_place(latitude=35.6 + number / 10, longitude=139.7)


@pytest.mark.parametrize(
    ("place", "odd"),
    [
        ((35.0, 135.0), ""),
        ((43.0, 141.3), ""),
        ((10.0, 106.0), "far"),
        ((-23.5, -46.6), "far"),
        ((None, None), ""),
    ],
)
def test_a_site_far_from_all_others_is_odd(
    others: None, place: tuple[float | None, float | None], odd: str
) -> None:
    assert queries.oddness(make_place(latitude=place[0], longitude=place[1])) == odd


def test_a_possible_pair_that_fits_the_other_way_round_looks_swapped(in_acme: Company) -> None:
    for number in range(3):
        make_place(latitude=52.4 + number / 10, longitude=13.4)
    assert queries.oddness(make_place(latitude=13.4, longitude=52.5)) == "swapped"


def test_nothing_is_odd_while_there_are_few(in_acme: Company) -> None:
    make_place()
    assert queries.oddness(make_place(latitude=-20.0, longitude=-40.0)) == ""


def test_neighbours_across_the_date_line_are_near(in_acme: Company) -> None:
    for number in range(3):
        make_place(latitude=-17.0, longitude=179.0 + number / 10)
    assert queries.oddness(make_place(latitude=-17.2, longitude=-179.5)) == ""


def test_the_page_warns_of_an_odd_place_and_refuses_an_impossible_one(
    acme: Company, signed_in: Callable[[Person], Client]
) -> None:
    with tenant_active(acme.tenant.pk):
        for number in range(3):
            make_place(latitude=52.4 + number / 10, longitude=13.4)
        site = make_place(latitude=52.4, longitude=13.5)
    client, url = signed_in(acme.ada), f"/t/{acme.tenant.slug}/sites/{site.pk}/edit/"
    assert "look swapped" not in client.get(url).content.decode()
    odd = client.post(url, {"name": "Odd", "latitude": "13.5", "longitude": "52.4"}, follow=True)
    assert "look swapped" in odd.content.decode()
    assert "look swapped" in client.get(url).content.decode()
    refused = client.post(url, {"name": "Odd", "latitude": "139.7", "longitude": "35.7"})
    assert refused.status_code == 422
    assert "look swapped" in refused.content.decode()
    with tenant_active(acme.tenant.pk):
        assert Site.objects.get(pk=site.pk).latitude == 13.5


def test_the_api_names_the_field(acme: Company, program: Callable[[Company], Client]) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_place()
    refused = program(acme).patch(
        f"/api/v1/sites/{site.pk}/", {"latitude": 139.7, "longitude": 35.7}, "application/json"
    )
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["pointer"] == "/latitude"
    assert "look swapped" in error["detail"]
