"""What a provider reads of an offer: whom it could send and when, why not the others, and refusals it can act on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from dispatch import services
from dispatch.models import Offer
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_provider, make_rule, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from workforce.models import Engineer

SignedIn = Callable[[Person], Client]
SYSTEM = Actor.system("tests")
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("on_the_day")


@pytest.fixture
def offer(acme: Company) -> Offer:
    """Work that needs gas, offered to Partnerworks: Pam can go at once, Pit after his visit, Per has no gas."""
    with tenant_active(acme.tenant.pk):
        provider = make_provider()
        make_engineer("Pam", provider=provider, skills={"gas": 2})
        pit = make_engineer("Pit", provider=provider, skills={"gas": 2})
        make_engineer("Per", provider=provider)
        make_engineer("Stranger", skills={"gas": 2})
        make_visit(AT, engineer=pit, minutes=120)
        step = {"strategy": "offer_provider", "provider": provider.pk, "calendar": 0}
        make_rule(steps=[step], strategy="offer_provider")
        work_order = make_work_order(work_type=make_work_type(skills={"gas": 2}))
        services.auto_dispatch(work_order_id=work_order.pk, actor=SYSTEM, at=AT)
        return Offer.objects.get()


@pytest.fixture
def pia(acme: Company, signed_in: SignedIn) -> Client:
    return signed_in(acme.pia)


def test_who_could_go_and_when_is_shown_and_proposed(acme: Company, pia: Client, offer: Offer) -> None:
    page = pia.get(f"/t/acme/offers/{offer.pk}/").content.decode()
    table = page[page.index("Can be there") :].split("</table>")[0]
    assert table.index("Pam") < table.index("Pit"), "who can be there first stands first"
    assert "Per" not in table and "Per</span>" in page and "Stranger" not in page
    with tenant_active(acme.tenant.pk):
        pam = Engineer.objects.get(name="Pam")
    assert f'<option value="{pam.pk}" selected>' in page
    start = re.search(r'name="start_at" value="([^"]+)"', page)
    assert start is not None
    form = {"engineer": pam.pk, "start_at": start[1]}
    assert pia.post(f"/t/acme/offers/{offer.pk}/accept/", form).status_code == 303
    page = pia.get(f"/t/acme/offers/{offer.pk}/").content.decode()
    assert "Can be there" not in page


def test_a_refusal_asks_for_nothing_that_the_form_does_not_have(
    acme: Company, pia: Client, offer: Offer
) -> None:
    with tenant_active(acme.tenant.pk):
        pam = offer.provider.engineers.get(name="Pam") if offer.provider else None
    assert pam is not None
    night = {"engineer": pam.pk, "start_at": f"{AT + 15 * HOUR:%Y-%m-%dT%H:%M}+00:00"}
    refused = pia.post(f"/t/acme/offers/{offer.pk}/accept/", night)
    page = refused.content.decode()
    assert refused.status_code == 409 and "Choose another time or engineer." in page
    assert "give a reason to do it anyway" not in page
    assert re.search(r'name="start_at" value="\d{4}-\d\d-\d\dT\d\d:\d\d"', page), "what was entered is kept"


def test_nobody_of_them_can_go(acme: Company, pia: Client, offer: Offer) -> None:
    with tenant_active(acme.tenant.pk):
        assert offer.provider is not None
        offer.provider.engineers.filter(name__in=["Pam", "Pit"]).update(is_active=False)
    page = pia.get(f"/t/acme/offers/{offer.pk}/").content.decode()
    assert "None of your engineers can go" in page and "Per</span>" in page
