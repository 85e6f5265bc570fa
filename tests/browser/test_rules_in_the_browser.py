"""The builder of rules shows what belongs to the event and the steps chosen; a phone answers an offer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.clock import now
from dispatch import services
from dispatch.models import DispatchRule, Offer
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import Company
from tests.factories.dispatch import make_provider, make_rule, make_work_order, make_work_type
from tests.factories.workforce import make_engineer

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)


def choose(page: Page, name: str, code: str) -> None:
    page.locator(f"[name='{name}']").select_option(code)


def test_a_rule_is_built_tried_and_saved(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom Engineer", hours=("00:00", "23:59"))
        provider = make_provider(name="Partnerworks")
        work_type = make_work_type("boiler", name="Boiler")
        make_work_order(work_type=work_type, subject="Boiler leaks", priority=1)
        make_work_order(subject="Look at the roof", priority=4)
    page = sign_in(new_context, acme.dora)
    page.goto("/t/acme/rules/new/")
    page.locator("[name='name']").fill("Urgent at 70 %")
    expect(page.locator("[name='percent']")).not_to_be_visible()
    choose(page, "event", "sla_share")
    expect(page.locator("[name='percent']")).to_be_visible()
    choose(page, "event", "visit_ended")
    expect(page.locator("[name='step-0-strategy']")).not_to_be_visible()
    choose(page, "event", "work_created")
    choose(page, "max_priority", "2")
    choose(page, "step-0-strategy", "offer_provider")
    choose(page, "step-0-provider", str(provider.pk))
    page.locator("[name='step-0-accept_minutes']").fill("30")
    expect(page.locator("[name='step-2-strategy']")).not_to_be_visible()
    choose(page, "step-1-strategy", "nearest")
    expect(page.locator("[name='step-2-strategy']")).to_be_visible()
    page.get_by_role("button", name="Test", exact=True).click()
    table = page.locator("#try table")
    expect(table).to_contain_text("Partnerworks")
    expect(table).to_contain_text("not urgent enough")
    page.get_by_role("button", name="Save rule").click()
    page.wait_for_url("**/rules/")
    expect(page.locator("section.rule")).to_contain_text("Partnerworks")
    with tenant_active(acme.tenant.pk):
        rule = DispatchRule.objects.get()
        assert [step["strategy"] for step in rule.steps] == ["offer_provider", "nearest"]
        assert rule.conditions == {"max_priority": 2}


def test_an_engineer_takes_an_offer_on_the_phone(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom Engineer", membership=acme.tom.membership, hours=("00:00", "23:59"))
        make_rule(strategy="offer_pool", steps=[{"strategy": "offer_pool", "accept_minutes": 60}])
        work_order = make_work_order(subject="Boiler leaks")
        services.auto_dispatch(work_order_id=work_order.pk, actor=Actor.system("tests"), at=now())
        offer = Offer.objects.get()
    phone = sign_in(new_context, acme.tom, viewport={"width": 390, "height": 844})
    phone.goto("/t/acme/my-visits/")
    phone.get_by_text("1 offer waits for your answer").click()
    phone.locator(f"a[href$='/offers/{offer.pk}/']").click()
    expect(phone.locator("main")).to_contain_text("Boiler leaks")
    phone.get_by_role("button", name="Accept").click()
    expect(phone.locator("header.top")).to_contain_text("Accepted")
    with tenant_active(acme.tenant.pk):
        offer.refresh_from_db()
        assert offer.status == "accepted" and offer.visit is not None
