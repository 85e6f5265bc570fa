"""Pages of engineers' time and money, certificates, providers and crews."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client

from core.clock import now
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.workforce import make_engineer, make_skill, make_territory
from workforce import services
from workforce.models import Crew, Engineer, EngineerPair, ExtraShift, Provider, ShiftBreak

SignIn = Callable[[Person], Client]
T = "/t/acme/"


@pytest.fixture
def tom(acme: Company) -> Engineer:
    with tenant_active(acme.tenant.pk):
        return make_engineer("Tom Lane")


def test_a_week_with_breaks_is_saved_and_shown_again(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    dora, page = signed_in(acme.dora), f"{T}engineers/{tom.pk}/"
    body = {"day_0": "9-12, 13:00–18", "breaks_0": "15 min 14:00–16:00", "day_1": "22-6"}
    body |= {"breaks_1": "1:00–1:30"}
    assert dora.post(f"{page}week/", body).status_code == 303
    with tenant_active(acme.tenant.pk):
        afternoon, night = ShiftBreak.objects.order_by("shift__weekday")
        assert (afternoon.shift.starts, afternoon.earliest, afternoon.latest) == (
            time(13),
            time(14),
            time(15, 45),
        )
        assert (night.shift.weekday, night.minutes) == (1, 30)
    shown = dora.get(page).content.decode()
    assert "09:00–12:00, 13:00–18:00" in shown and "15 min 14:00–16:00" in shown


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"day_0": "9-12", "breaks_0": "noon"}, "is no break"),
        ({"day_0": "9-12", "breaks_0": "90 min 10:00–11:00"}, "is no break"),
        ({"day_0": "9-12", "breaks_0": "12:00–13:00"}, "No working time of this day holds"),
        ({"breaks_0": "12:00–13:00"}, "No working time of this day holds"),
        ({"day_0": "9-13, 12-18"}, "overlap"),
    ],
)
def test_a_week_that_cannot_be_is_shown_again(
    acme: Company, signed_in: SignIn, tom: Engineer, body: dict[str, str], why: str
) -> None:
    answer = signed_in(acme.dora).post(f"{T}engineers/{tom.pk}/week/", body)
    assert answer.status_code == 422
    assert why in answer.content.decode()


def test_costs_are_typed_in_major_units_and_shown_to_few(
    acme: Company, signed_in: SignIn, tom: Engineer
) -> None:
    body = {"hour_cost_minor": "4200", "km_cost_minor": "60", "overtime_minutes": "90"}
    body |= {"overtime_percent": "150", "max_travel_minutes": "", "overtime_week_minutes": "300"}
    dora, page = signed_in(acme.dora), f"{T}engineers/{tom.pk}/"
    assert dora.post(f"{page}costs/", body).status_code == 303
    with tenant_active(acme.tenant.pk):
        tom.refresh_from_db()
        assert (tom.overtime_percent, tom.max_travel_minutes, tom.overtime_week_minutes) == (150, None, 300)
        assert tom.hour_cost_minor >= 4200
    assert dora.post(f"{page}costs/", {**body, "overtime_percent": "50"}).status_code == 422
    assert 'id="costs"' in dora.get(page).content.decode()
    assert 'id="costs"' not in signed_in(acme.sora).get(page).content.decode()


def test_an_extra_shift_is_in_the_engineers_zone(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    dora, page = signed_in(acme.dora), f"{T}engineers/{tom.pk}/"
    body = {"day": "2040-03-03", "starts": "22:00", "ends": "02:00", "reason": "Fair"}
    assert dora.post(f"{page}extra-shifts/", body).status_code == 303
    with tenant_active(acme.tenant.pk):
        extra = ExtraShift.objects.get()
        assert (extra.start_at, extra.end_at) == (
            datetime(2040, 3, 3, 13, tzinfo=UTC),
            datetime(2040, 3, 3, 17, tzinfo=UTC),
        )
    assert "Fair" in dora.get(page).content.decode()
    again = dora.post(f"{page}extra-shifts/", body)
    assert again.status_code == 422 and "already" in again.content.decode()
    assert dora.post(f"{page}extra-shifts/{extra.pk}/remove/").status_code == 303


def test_pairs_are_said_and_taken_back(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    dora, page = signed_in(acme.dora), f"{T}engineers/{tom.pk}/"
    with tenant_active(acme.tenant.pk):
        ben = make_engineer("Ben Hur")
    body = {"colleague": ben.pk, "liking": "excluded", "reason": "brothers"}
    assert dora.post(f"{page}pairs/", body).status_code == 303
    assert "Ben Hur" in dora.get(page).content.decode()
    with tenant_active(acme.tenant.pk):
        pair = EngineerPair.objects.get()
    assert dora.post(f"{page}pairs/", {**body, "colleague": tom.pk}).status_code == 422
    assert dora.post(f"{page}pairs/{pair.pk}/remove/").status_code == 303


def test_certificates_that_end_are_listed(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    with tenant_active(acme.tenant.pk):
        today = now().date()
        held = [
            services.Held(make_skill(code).pk, 2, today + timedelta(days=days), f"N-{days}")
            for code, days in (("gas", -5), ("water", 20), ("steam", 80))
        ]
        services.set_engineer_skills(engineer_id=tom.pk, skills=held, actor=acme.dora.actor, at=now())
    dora = signed_in(acme.dora)
    soon = dora.get(f"{T}certificates/").content.decode()
    assert "N--5" in soon and "N-20" in soon and "N-80" not in soon
    assert "N-80" in dora.get(f"{T}certificates/?days=90").content.decode()
    assert dora.get(f"{T}certificates/?days=abc").status_code == 200
    page = f"{T}engineers/{tom.pk}/"
    wrong = dora.post(f"{page}skills/", {f"level_{held[0].skill_id}": "3", f"until_{held[0].skill_id}": "x"})
    assert wrong.status_code == 422


def test_a_provider_is_made_and_changed(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        gas, north = make_skill("gas"), make_territory("North")
    dora = signed_in(acme.dora)
    assert "No provider yet" in dora.get(f"{T}providers/").content.decode()
    body = {"code": "partner", "name": "Partner Co", "accept_minutes": "45", "skills": [gas.pk]}
    assert dora.post(f"{T}providers/new/", body).status_code == 303
    assert dora.post(f"{T}providers/new/", body).status_code == 422
    with tenant_active(acme.tenant.pk):
        provider = Provider.objects.get()
    page = f"{T}providers/{provider.pk}/"
    body = {"name": "Partner Ltd", "accept_minutes": "0", "territories": [north.pk]}
    assert dora.post(page, body).status_code == 422
    assert dora.post(page, {**body, "accept_minutes": "10", "visits_a_day": "4"}).status_code == 303
    assert "Partner Ltd" in dora.get(f"{T}providers/").content.decode()
    with tenant_active(acme.tenant.pk):
        provider.refresh_from_db()
        assert (provider.visits_a_day, provider.is_active) == (4, False)
        assert (list(provider.skills.all()), list(provider.territories.all())) == ([], [north])
        make_engineer("Paul", provider=provider)
    assert "Paul" in dora.get(page).content.decode()
    assert f'<option value="{provider.pk}" selected' in (
        dora.get(f"{T}engineers/new/?provider={provider.pk}").content.decode()
    )


def test_a_crew_is_made_and_changed(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    with tenant_active(acme.tenant.pk):
        ben = make_engineer("Ben Hur")
    dora = signed_in(acme.dora)
    assert "No crew yet" in dora.get(f"{T}crews/").content.decode()
    body = {"code": "lift", "name": "Lift team", "members": [tom.pk], "lead": ben.pk}
    wrong = dora.post(f"{T}crews/new/", body)
    assert wrong.status_code == 422 and "of the crew" in wrong.content.decode()
    assert dora.post(f"{T}crews/new/", {**body, "lead": tom.pk}).status_code == 422
    assert dora.post(f"{T}crews/new/", {**body, "members": [tom.pk, ben.pk]}).status_code == 303
    with tenant_active(acme.tenant.pk):
        crew = Crew.objects.get()
    body = {"name": "Lifters", "members": [tom.pk, ben.pk], "is_active": "on"}
    assert dora.post(f"{T}crews/{crew.pk}/", body).status_code == 303
    assert "Lifters" in dora.get(f"{T}crews/").content.decode()
    assert "Lifters" in dora.get(f"{T}engineers/{tom.pk}/").content.decode()


def test_who_only_looks_sees_no_forms(acme: Company, signed_in: SignIn, tom: Engineer) -> None:
    sora = signed_in(acme.sora)
    for path in ("providers/", "crews/", "certificates/", f"engineers/{tom.pk}/"):
        page = sora.get(f"{T}{path}")
        assert page.status_code == 200
        assert 'class="btn primary"' not in page.content.decode()
    for path in ("providers/new/", "crews/new/"):
        assert sora.get(f"{T}{path}").status_code == 403
