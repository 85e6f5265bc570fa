"""Times that nobody can mean are refused with words at every door, and no stored one breaks a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.utils import timezone, translation

from core import formats
from core.moments import DayField, is_meant
from dispatch.models import Visit, WorkOrder
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_place, make_visit, make_work_order, make_work_type

Program = Callable[..., Client]
SignedIn = Callable[[Person], Client]
ABSURD = ["0001-01-01T00:00:00Z", "1800-05-05T10:00:00Z", "2101-02-01T00:00:00Z", "9999-12-31T23:59:59Z"]
NAMED = ["promised_start_at", "promised_end_at", "window_start_at", "window_end_at"]
SAID = {
    "en": "Give a date between 2000 and 2100.",
    "ja": "2000年から2100年までの日付を入力してください。",
    "zh-hans": "请填写2000年至2100年之间的日期。",
}


class DayForm(forms.Form):
    """A form that asks for a day."""

    day = DayField()


@pytest.fixture
def visit(acme: Company) -> Visit:
    with tenant_active(acme.tenant.pk):
        return make_visit(AT + timedelta(hours=1))


@pytest.fixture
def waiting(acme: Company) -> WorkOrder:
    with tenant_active(acme.tenant.pk):
        return make_work_order()


def _doors(visit: Visit, waiting: WorkOrder, when: str) -> list[tuple[str, str, dict[str, Any], str]]:
    """Every way to name a time to the API: method, path, body, the field that is refused."""
    who = {"engineer": visit.engineer_id}
    of_visit, of_work = f"visits/{visit.pk}", f"work-orders/{waiting.pk}"
    span = {"start_at": when, "end_at": "2026-11-24T03:00:00Z"}
    return [
        ("post", "visits", {"work_order": waiting.pk, **who, "start_at": when}, "start_at"),
        ("post", f"{of_work}/schedule", {**who, "start_at": when}, "start_at"),
        (
            "post",
            f"{of_work}/schedule",
            {**who, "start_at": "2026-11-24T01:00:00Z", "end_at": when},
            "end_at",
        ),
        ("patch", of_visit, {**who, "start_at": when, "version": 1}, "start_at"),
        ("post", f"{of_visit}/consent", {**who, "start_at": when, "version": 1}, "start_at"),
        ("post", f"{of_work}/book", span, "start_at"),
        ("post", "plan-runs", {"from_at": when, "until": "2026-11-25T00:00:00Z"}, "from_at"),
        *(("patch", of_work, {name: when}, name) for name in NAMED),
        *(("post", "slots", {"work_order": waiting.pk, name: when}, name) for name in NAMED),
    ]


@pytest.mark.parametrize("number", range(15))
def test_the_api_names_the_field(
    acme: Company, program: Program, visit: Visit, waiting: WorkOrder, number: int
) -> None:
    api = program(acme)
    for when in ABSURD:
        method, path, body, field = _doors(visit, waiting, when)[number]
        answer = getattr(api, method)(f"/api/v1/{path}", body, content_type="application/json")
        assert answer.status_code == 400, (path, answer.content)
        assert field in answer.content.decode(), answer.content


@pytest.mark.parametrize("name", NAMED)
def test_no_work_order_is_made_with_them(acme: Company, program: Program, name: str) -> None:
    with tenant_active(acme.tenant.pk):
        site, work_type = make_place(), make_work_type()
    api = program(acme)
    for when in ABSURD:
        body = {"site": site.pk, "work_type": work_type.pk, "subject": "Leak", name: when}
        answer = api.post("/api/v1/work-orders", body, content_type="application/json")
        assert answer.status_code == 400, answer.content
    with tenant_active(acme.tenant.pk):
        assert not WorkOrder.objects.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2101-01-01"])
def test_capacity_of_such_a_day_is_refused(acme: Company, program: Program, day: str) -> None:
    answer = program(acme).get("/api/v1/capacity", {"day": day})
    assert answer.status_code == 400, answer.content


@pytest.mark.parametrize(
    "page", ["board/?day=9999-12-31", "capacity/?day=9999-12-31", "board/?day=0001-01-01"]
)
def test_a_page_of_such_a_day_shows_today(acme: Company, signed_in: SignedIn, page: str) -> None:
    assert signed_in(acme.dora).get(f"/t/acme/{page}").status_code == 200


@pytest.mark.parametrize("when", ["9999-12-31T23:59", "0001-01-01T00:00", "1999-01-01T10:00"])
def test_forms_say_it_at_the_field(
    acme: Company, signed_in: SignedIn, visit: Visit, waiting: WorkOrder, when: str
) -> None:
    dora = signed_in(acme.dora)
    given = {"engineer": visit.engineer_id, "start_at": when, "version": 1}
    for path in (f"work-orders/{waiting.pk}/visits", f"board/visits/{visit.pk}/move"):
        answer = dora.post(f"/t/acme/{path}/", given)
        assert answer.status_code == 422, path
        assert "start_at" in answer.context["form"].errors
    assert dora.post(f"/t/acme/board/visits/{visit.pk}/drop/", given).status_code == 422


@pytest.mark.parametrize("language", ["en", "ja", "zh-hans"])
def test_forms_say_it_in_the_readers_language(language: str) -> None:
    with translation.override(language):
        form = DayForm({"day": "2101-01-01"})
        assert form.errors["day"] == [SAID[language]]


def test_what_was_stored_before_is_still_shown(acme: Company, program: Program, signed_in: SignedIn) -> None:
    far = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    with tenant_active(acme.tenant.pk):
        work_order = make_work_order(promised_end_at=far, window_end_at=far)
    dora, api = signed_in(acme.dora), program(acme)
    for path in ("work-orders/", f"work-orders/{work_order.pk}/", f"board/?work_order={work_order.pk}"):
        answer = dora.get(f"/t/acme/{path}")
        assert answer.status_code == 200, path
        assert str(work_order) in answer.content.decode()
    assert api.get(f"/api/v1/work-orders/{work_order.pk}").status_code == 200
    assert api.post(f"/api/v1/work-orders/{work_order.pk}/candidates").status_code == 200


@pytest.mark.parametrize("language", ["en", "ja", "zh-hans"])
@pytest.mark.parametrize("edge", [datetime.max, datetime.min, datetime(1970, 1, 1), datetime(2100, 12, 31)])
def test_every_instant_has_words(language: str, edge: datetime) -> None:
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        with translation.override(language), timezone.override(zone):
            told = edge.replace(tzinfo=UTC)
            for write in (formats.local_time, formats.local_date, formats.local_datetime, formats.moment):
                assert write(told)
            assert formats.long_date(told) and formats.long_month(told.date())


def test_the_years_that_are_meant() -> None:
    assert is_meant(date(2000, 1, 1)) and is_meant(date(2100, 12, 31))
    assert not is_meant(date(1999, 12, 31)) and not is_meant(date(2101, 1, 1))
    assert is_meant(datetime(2026, 11, 23)) and not is_meant(datetime(2101, 1, 1))
    assert not is_meant(datetime.max.replace(tzinfo=UTC)) and not is_meant(datetime.min.replace(tzinfo=UTC))
