"""The director's page and its CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from analytics.enums import Kpi, Need, Node
from core.clock import now
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.analytics import make_figures
from tests.factories.billing import make_visit, make_work_order
from tests.factories.customers import make_site

SignIn = Callable[[Person], Client]
PAGE = "/t/acme/today/"


def test_an_empty_company_reads_well(acme: Company, signed_in: SignIn) -> None:
    page = signed_in(acme.dirk).get(PAGE).content.decode()
    for words in (
        "Nothing needs you",
        "No visit on this day",
        "No area has arrivals yet",
        "Nothing yet on this day",
    ):
        assert words in page


def test_a_day_shows_its_figures(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        start = now() - timedelta(days=2)
        figures = make_figures(start_at=start, arrived_at=start + timedelta(minutes=45))
    client = signed_in(acme.dirk)
    page = client.get(f"{PAGE}?day={figures.completed_on}").content.decode()
    assert "A day at a glance" in page and "chiyoda" in page
    assert '<span class="value">0.0<small> %' in page
    assert '<span class="value">–</span>' in client.get(PAGE).content.decode()


def test_a_share_reads_the_same_wherever_it_stands(acme: Company, signed_in: SignIn) -> None:
    """Two of three on time: 66.666… is told as 66.7 in the tile, the area and the decision."""
    with tenant_active(acme.tenant.pk):
        site, start = make_site(area="chiyoda"), now() - timedelta(days=1)
        for place in range(12):
            arrived = start + timedelta(minutes=45 if place % 3 == 0 else 5)
            figures = make_figures(make_visit(make_work_order(site), start_at=start, arrived_at=arrived))
    page = signed_in(acme.dirk).get(f"{PAGE}?day={figures.completed_on}").content.decode()
    assert '<span class="value">66.7<small> %' in page
    assert '<b class="strong">66.7 %</b>' in page
    assert "on-time arrival at 66.7 %" in page


def test_what_a_page_loads_later_speaks_its_language(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.dirk)
    url = f"{PAGE}inquiries/"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{PAGE}?day=2026-11-02&lang=ja"}
    block = client.get(url, headers=headers)
    assert block.headers["Content-Language"] == "ja" and "django_language" not in block.cookies
    for address in (f"http://testserver{PAGE}", f"http://testserver{PAGE}?lang=tlh", "http://[?lang=", ""):
        assert (
            client.get(url, headers={**headers, "HX-Current-URL": address}).headers["Content-Language"]
            == "en"
        )


@pytest.mark.parametrize(
    "code", [*Node, Kpi.ON_TIME, Kpi.SLA, Kpi.FIRST_FIX, Kpi.UTILISATION, Need.CLOCKS, Need.LATE, Need.NOBODY]
)
def test_every_number_has_a_list_behind_it(acme: Company, signed_in: SignIn, code: str) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit(start_at=now() - timedelta(minutes=5), work=1)
        make_figures(visit)
    page = signed_in(acme.dirk).get(f"{PAGE}?behind={code}")
    assert page.status_code == 200 and 'id="behind"' in page.content.decode()


@pytest.mark.parametrize(
    "query", ["?day=2026-99-99", "?day=x", "?day=0001-01-01", "?behind=<b>", "?day=9999-12-31"]
)
def test_nonsense_in_the_address_is_harmless(acme: Company, signed_in: SignIn, query: str) -> None:
    assert signed_in(acme.dirk).get(PAGE + query).status_code == 200


def test_the_page_is_for_those_who_may_see_the_figures(acme: Company, signed_in: SignIn) -> None:
    assert signed_in(acme.dora).get(PAGE).status_code == 403
    assert signed_in(acme.dora).get("/t/acme/today.csv").status_code == 403


def test_the_csv_has_a_row_per_day_and_no_formulas(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site(area="=HYPERLINK(1)")
        make_figures(make_visit(make_work_order(site), start_at=now() - timedelta(minutes=5)))
    answer = signed_in(acme.dirk).get("/t/acme/today.csv")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))

    assert rows[0] == ["day", *Kpi]
    assert len([row for row in rows if row and row[0].startswith("20")]) == 28
    assert ["'=HYPERLINK(1)", "1", "100.00"] in rows
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_rows(
    acme: Company, signed_in: SignIn, rows: int, django_assert_num_queries: Any
) -> None:
    with tenant_active(acme.tenant.pk):
        for number in range(rows):
            make_figures(make_visit(start_at=now() - timedelta(minutes=5 * number + 5), work=1))
    client = signed_in(acme.dirk)
    client.get(PAGE)
    with django_assert_num_queries(29):
        client.get(f"{PAGE}?behind=on_time")
