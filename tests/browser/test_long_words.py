"""Words that nobody can break: they stay where they belong, and nothing beside them goes out of sight."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import Company
from tests.factories.delivery import make_visit_on_site
from tests.factories.feedback import make_response
from tests.plugins.browser import PHONE

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)
ENDLESS = "x" * 3_000


def test_a_comment_does_not_widen_the_page_of_ratings(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        make_response(comment=ENDLESS)
    page = sign_in(new_context, acme.sora)
    page.goto("/t/acme/ratings/")
    box = page.locator("table.list").last.bounding_box()
    assert box is not None and box["width"] <= 1440


def test_a_remark_stays_in_its_card(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit_on_site(acme.tom)
    phone = sign_in(new_context, acme.tom, **PHONE)
    phone.goto(f"/t/acme/visits/{visit.pk}/checklist/")
    phone.locator("textarea[name=value]").fill("Replaced the gas valve and " + "x" * 60)
    with phone.expect_response(lambda answer: answer.request.method == "POST"):
        phone.locator("textarea[name=value]").blur()
    phone.reload()
    remark = phone.locator(".item.is-done .cut")
    expect(remark).to_be_visible()
    card, box = phone.locator(".item.is-done").bounding_box(), remark.bounding_box()
    assert card and box and box["x"] + box["width"] <= card["x"] + card["width"]
