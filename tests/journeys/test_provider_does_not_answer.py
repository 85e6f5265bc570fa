"""A provider does not answer in 30 minutes: the next one is asked, then the own pool; each step is told.

What people do happens on pages; what the clock does is `fire_due_timers` at a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from channels.models import OutboundMessage
from customers.models import Contact
from dispatch import services
from dispatch.models import DispatchRun, Offer, Visit, WorkOrder
from dispatch.services import timers
from dispatch.views import offers as offer_pages
from feedback import links
from feedback.models import CustomerLink
from journal.services import deliver_all
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_place, make_provider, make_work_type
from tests.factories.workforce import make_engineer

SignIn = Callable[[Person], Client]
pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
HALF_AN_HOUR = 30 * MINUTE


@pytest.fixture
def at_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Moves the clock of pages and timers, and lets the machine do what is due."""

    def move(moment: Any) -> None:
        monkeypatch.setattr(timers, "now", lambda: moment)
        monkeypatch.setattr(offer_pages, "now", lambda: moment)
        monkeypatch.setattr("dispatch.handlers.now", lambda: moment)
        monkeypatch.setattr("dispatch.views.rules.now", lambda: moment)
        deliver_all()
        while services.fire_due_timers():
            deliver_all()

    return move


def test_two_providers_are_silent_and_the_own_pool_takes_the_work(
    acme: Company, signed_in: SignIn, at_time: Callable[[Any], None]
) -> None:
    first, second = furnish(acme)
    at_time(AT)
    dora, pia, tom = (signed_in(person) for person in (acme.dora, acme.pia, acme.tom))
    the_dispatcher_writes_the_rule(dora, first, second)
    order = work_appears(acme)
    at_time(AT)
    offer = only_open_offer(acme)
    assert offer.provider_id == first and offer.expires_at == AT + HALF_AN_HOUR
    the_manager_sees_the_offer_but_does_not_answer(pia, offer)
    at_time(AT + HALF_AN_HOUR - MINUTE)
    assert only_open_offer(acme) == offer
    at_time(AT + HALF_AN_HOUR)
    offer = only_open_offer(acme)
    assert offer.provider_id == second
    assert f"O-{offer.pk}" not in pia.get("/t/acme/offers/").content.decode(), "not Partnerworks' offer"
    the_customer_was_told_nothing_yet(acme)
    at_time(AT + 2 * HALF_AN_HOUR)
    own = the_engineer_takes_it(acme, tom)
    visit = Visit.objects
    with tenant_active(acme.tenant.pk):
        assert visit.get().engineer_id == own.engineer_id
    deliver_all()
    the_customer_is_told_who_comes(acme)
    the_log_tells_each_step(acme, dora, order)


def furnish(acme: Company) -> tuple[int, int]:
    with tenant_active(acme.tenant.pk):
        first, second = make_provider("partnerworks"), make_provider("otherworks")
        make_engineer("Pim", provider=first, days=())
        make_engineer("Tom Engineer", membership=acme.tom.membership)
        make_work_type("boiler", name="Boiler")
        return first.pk, second.pk


def the_dispatcher_writes_the_rule(dora: Client, first: int, second: int) -> None:
    """Dora fills the builder in, tests the rule, and saves it."""
    rule: dict[str, Any] = {
        "name": "Providers first",
        "position": 1,
        "is_enabled": "on",
        "event": "work_created",
        "horizon_days": 3,
        "sends_at_once": "on",
        "step-TOTAL_FORMS": 4,
        "step-INITIAL_FORMS": 1,
        "step-0-strategy": "offer_provider",
        "step-0-provider": first,
        "step-1-strategy": "offer_provider",
        "step-1-provider": second,
        "step-1-accept_minutes": 30,
        "step-2-strategy": "offer_pool",
        "step-2-accept_minutes": 60,
    }
    tried = dora.post("/t/acme/rules/new/", {**rule, "try": "1"})
    assert tried.status_code == 200, tried.content.decode()[-2000:]
    wrong = dora.post("/t/acme/rules/new/", {**rule, "expression": "work.typ == 'x'"})
    assert wrong.status_code == 422 and "character 5" in wrong.content.decode()
    saved = dora.post("/t/acme/rules/new/", rule)
    assert saved.status_code == 303, saved.content.decode()[-2000:]
    assert "Providers first" in dora.get("/t/acme/rules/").content.decode()


def work_appears(acme: Company) -> WorkOrder:
    with tenant_active(acme.tenant.pk):
        from dispatch.models import WorkType

        site = make_place("Chiyoda")
        contact = Contact.objects.create(customer=site.customer, name="Sato", email="facility@tower.example")
        return services.create_work_order(
            site_id=site.pk,
            contact_id=contact.pk,
            work_type_id=WorkType.objects.get(code="boiler").pk,
            subject="Boiler leaks",
            actor=acme.dora.actor,
            at=AT,
        )


def only_open_offer(acme: Company) -> Offer:
    with tenant_active(acme.tenant.pk):
        return Offer.objects.get(status="offered")


def the_manager_sees_the_offer_but_does_not_answer(pia: Client, offer: Offer) -> None:
    """Pia sees the work without the customer or its prices; she forgets to answer."""
    page = pia.get("/t/acme/offers/").content.decode()
    assert f"O-{offer.pk}" in page
    page = pia.get(f"/t/acme/offers/{offer.pk}/").content.decode()
    assert "Boiler leaks" in page and "Customer " not in page
    assert pia.get(f"/t/acme/work-orders/{offer.work_order_id}/").status_code == 404
    silent = pia.post(f"/t/acme/offers/{offer.pk}/accept/", {})
    assert silent.status_code == 422, "she would have to name who goes and when"


def the_engineer_takes_it(acme: Company, tom: Client) -> Offer:
    """Tom is of the pool: on his phone he sees his offer, and accepts."""
    offer = only_open_offer(acme)
    assert offer.kind == "pool"
    assert f"/offers/{offer.pk}/" in tom.get("/t/acme/offers/").content.decode()
    assert tom.get("/t/acme/my-visits/").status_code == 200
    assert tom.post(f"/t/acme/offers/{offer.pk}/accept/").status_code == 303
    return offer


def the_customer_was_told_nothing_yet(acme: Company) -> None:
    """Who might come is no matter of theirs."""
    with tenant_active(acme.tenant.pk):
        assert not OutboundMessage.objects.exists()


def the_customer_is_told_who_comes(acme: Company) -> None:
    """One message, with a page that names Tom and the hours."""
    with tenant_active(acme.tenant.pk):
        message, link = OutboundMessage.objects.get(), CustomerLink.objects.get()
        path = links.path_of(acme.tenant, link)
    assert message.recipient == "facility@tower.example" and path in message.body
    page = Client().get(path).content.decode()
    assert "Tom Engineer" in page and "Partnerworks" not in page


def the_log_tells_each_step(acme: Company, dora: Client, order: WorkOrder) -> None:
    with tenant_active(acme.tenant.pk):
        told = [
            (run.outcome, run.inputs.get("after", ""))
            for run in DispatchRun.objects.filter(work_order=order).order_by("id")
        ]
    assert told == [("offered", ""), ("offered", "expired"), ("offered", "expired"), ("assigned", "accepted")]
    page = dora.get(f"/t/acme/work-orders/{order.pk}/").content.decode()
    for text in ("Partnerworks", "Otherworks", "nobody answered in time", "Tom Engineer", "Expired"):
        assert text in page, text
    log = dora.get("/t/acme/rules/log/?outcome=offered").content.decode()
    assert log.count("nobody answered in time") == 2
