"""Where there is no window to arrive in, the answer says why, and what would help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.clock import now
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.dispatch import make_place, make_work_order, make_work_type
from tests.factories.workforce import make_engineer

Program = Callable[..., Client]


@pytest.fixture
def api(acme: Company, program: Program) -> Client:
    return program(acme)


def _slots(api: Client, **body: Any) -> Any:
    return api.post("/api/v1/slots", body, content_type="application/json")


def test_a_skill_that_nobody_has(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom", hours=("00:00", "23:59"))
        make_engineer("Uma", hours=("00:00", "23:59"))
        order = make_work_order(work_type=make_work_type(skills={"gas": 2}))
    told = _slots(api, work_order=order.pk).json()
    assert (told["slots"], told["full"]) == ([], [])
    (why,) = told["excluded"]
    assert (why["code"], len(why["engineers"]), why["text"]) == ("skill", 2, "lacks Gas 2")
    assert [change["code"] for change in told["ways_out"]] == ["skill"]


def test_nobody_at_work(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom", hours=None)
        site, work_type = make_place(), make_work_type()
    told = _slots(api, site=site.pk, work_type=work_type.pk).json()
    assert [why["code"] for why in told["excluded"]] == ["shift"]


def test_where_there_is_a_window_nothing_more_is_told(acme: Company, api: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom", hours=("00:00", "23:59"))
        order = make_work_order()
    told = _slots(api, work_order=order.pk).json()
    assert told["slots"] and (told["excluded"], told["ways_out"]) == ([], [])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"window_start_at": 50, "window_end_at": 30}, "window_end_at"),
        ({"promised_start_at": 50, "promised_end_at": 30}, "promised_end_at"),
        ({"window_end_at": -5}, "window_end_at"),
        ({"promised_end_at": -5}, "promised_end_at"),
        ({"window_start_at": 30, "window_end_at": 30.5}, "window_end_at"),
    ],
)
def test_windows_that_nobody_keeps_are_refused_at_the_field(
    acme: Company, api: Client, given: dict[str, float], field: str
) -> None:
    with tenant_active(acme.tenant.pk):
        order = make_work_order()
    body = {name: (now() + timedelta(hours=hours)).isoformat() for name, hours in given.items()}
    answer = _slots(api, work_order=order.pk, **body)
    assert answer.status_code == 400, answer.content
    assert field in answer.content.decode()
