"""Windows that nobody could keep are refused in words, at the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from core.errors import BadInput
from dispatch import services
from dispatch.models import WorkOrder
from dispatch.windows import Windows
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_place, make_work_order, make_work_type

Program = Callable[..., Client]
SignedIn = Callable[[Person], Client]


def _at(hour: int) -> datetime:
    return AT + timedelta(hours=hour)


BAD: list[tuple[dict[str, Any], str, str]] = [
    (
        {"window_start_at": _at(9), "window_end_at": _at(3)},
        "window_end_at",
        "must be later than “Not before”",
    ),
    ({"window_start_at": _at(9), "window_end_at": _at(9)}, "window_end_at", "must be later than"),
    (
        {"window_start_at": _at(8), "window_end_at": _at(9)},
        "window_end_at",
        "1\u00a0h long and the work takes 2\u00a0h",
    ),
    ({"promised_start_at": _at(9), "promised_end_at": _at(9)}, "promised_end_at", "later than “Arrive from”"),
    ({"window_start_at": _at(9), "promised_end_at": _at(3)}, "promised_end_at", "before the work may begin"),
    ({"window_end_at": _at(9), "promised_start_at": _at(8)}, "promised_start_at", "cannot finish by"),
]


@pytest.mark.parametrize(("given", "field", "words"), BAD)
def test_the_service_names_the_field(in_acme: Company, given: dict[str, Any], field: str, words: str) -> None:
    site, work_type = make_place(), make_work_type(duration_minutes=120)
    made: dict[str, Any] = {"site_id": site.pk, "work_type_id": work_type.pk, "subject": "Leak"}
    with pytest.raises(BadInput, match=words) as refused:
        services.create_work_order(actor=in_acme.dora.actor, at=AT, **made, **given)
    assert list(refused.value.errors) == [field]
    work_order = make_work_order(work_type=work_type)
    with pytest.raises(BadInput, match=words):
        services.update_work_order(work_order_id=work_order.pk, actor=in_acme.dora.actor, at=AT, **given)
    assert WorkOrder.objects.count() == 1


@pytest.mark.parametrize("language", ["ja", "zh-hans"])
@pytest.mark.parametrize(("given", "field", "words"), BAD)
def test_the_words_are_the_readers(language: str, given: dict[str, Any], field: str, words: str) -> None:
    with translation.override(language), timezone.override("Asia/Tokyo"):
        told = Windows(minutes=120, **given).faults()[field]
    assert words not in told
    assert not any("a" <= letter <= "z" for letter in told)


def test_pages_and_the_api_say_it_at_the_field(acme: Company, program: Program, signed_in: SignedIn) -> None:
    with tenant_active(acme.tenant.pk):
        site, work_type = make_place(), make_work_type()
    given: dict[str, Any] = {
        "site": site.pk,
        "work_type": work_type.pk,
        "subject": "Leak",
        "priority": 3,
        "window_start_at": "2026-11-24T10:00",
        "window_end_at": "2026-11-24T08:00",
    }
    answer = program(acme).post("/api/v1/work-orders", given, content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert "window_end_at" in answer.content.decode() and "Constraint" not in answer.content.decode()
    page = signed_in(acme.dora).post("/t/acme/work-orders/new/", given)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["window_end_at"]


def test_what_an_sla_promised_before_does_not_hinder_a_later_window(in_acme: Company) -> None:
    work_order = make_work_order(promised_end_at=_at(1))
    changed = services.update_work_order(
        work_order_id=work_order.pk, actor=in_acme.dora.actor, at=AT, window_start_at=_at(30)
    )
    assert changed.window_start_at == _at(30)


def test_other_changes_do_not_look_at_windows_that_were_stored_before(in_acme: Company) -> None:
    work_order = make_work_order(window_start_at=_at(9), promised_end_at=_at(3))
    changed = services.update_work_order(
        work_order_id=work_order.pk, actor=in_acme.dora.actor, at=AT, priority=1
    )
    assert changed.priority == 1
