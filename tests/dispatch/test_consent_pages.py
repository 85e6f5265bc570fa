"""Pages of consent for a dispatcher: where a refused move leads, the open questions, taking one back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import now
from dispatch.models import ConsentRequest, Visit
from dispatch.queries.live import forget
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.consents import local, make_appointment

SignIn = Callable[[Person], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(acme: Company) -> Visit:
    forget()
    with tenant_active(acme.tenant.pk):
        return make_appointment(now(), days=2)


def url(name: str, *args: object) -> str:
    return reverse(f"dispatch:{name}", args=["acme", *args])


def wish(visit: Visit, **more: str) -> dict[str, str]:
    start = local(now(), 3, 14).strftime("%Y-%m-%dT%H:%M")
    return {"engineer": str(visit.engineer_id), "start_at": start, "version": "1", **more}


def test_a_refused_move_leads_to_asking_and_the_question_is_listed(
    acme: Company, signed_in: SignIn, visit: Visit
) -> None:
    dora = signed_in(acme.dora)
    moved = dora.post(url("visit_move", visit.pk), wish(visit))
    assert moved.status_code == 303 and "/consent/?engineer=" in moved.headers["Location"]
    page = dora.get(moved.headers["Location"]).content.decode()
    assert "Ask the customer" in page and "10:00–12:00" in page and "T14:00" in page
    dropped = dora.post(url("visit_drop", visit.pk), wish(visit))
    assert dropped.status_code == 409 and dropped.headers["X-Go-On"] == moved.headers["Location"]
    asked = dora.post(url("visit_consent", visit.pk), wish(visit, act="ask"))
    assert asked.status_code == 303
    with tenant_active(acme.tenant.pk):
        consent = ConsentRequest.objects.get()
        assert consent.options[0]["is_wished"] and consent.asker_id == acme.dora.membership.pk
    for address in (asked.headers["Location"], url("consent_list")):
        text = dora.get(address).content.decode()
        assert "Sato" not in text and "Take back" in text and "wished" in text
    day = local(now(), 2, 0).date().isoformat()
    drawer = dora.get(url("board") + f"?day={day}&visit={visit.pk}").content.decode()
    assert "The customer is asked whether it may move" in drawer
    taken = dora.post(url("consent_withdraw", consent.pk))
    assert taken.status_code == 303
    assert "No question here" in dora.get(url("consent_list")).content.decode()
    assert dora.get(url("consent_list") + "?status=withdrawn").content.decode().count("10:00–12:00")


def test_they_agreed_by_phone(acme: Company, signed_in: SignIn, visit: Visit) -> None:
    dora = signed_in(acme.dora)
    page = dora.post(url("visit_consent", visit.pk), wish(visit, act="agreed"))
    assert page.status_code == 422 and "Say how" in page.content.decode()
    done = dora.post(url("visit_consent", visit.pk), wish(visit, act="agreed", agreed_how="Ms Sato called"))
    assert done.status_code == 303
    with tenant_active(acme.tenant.pk):
        visit.refresh_from_db()
    assert visit.start_at == local(now(), 3, 14)


def test_who_does_not_plan_asks_nobody(acme: Company, signed_in: SignIn, visit: Visit) -> None:
    desk = signed_in(acme.sora)
    assert desk.get(url("consent_list")).status_code == 200
    assert desk.get(url("visit_consent", visit.pk)).status_code == 403
    assert desk.post(url("visit_consent", visit.pk), wish(visit, act="ask")).status_code == 403
