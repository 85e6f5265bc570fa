"""What the board counts on top is brought into sight, and times keep number and unit together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from core.clock import now
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import Company
from tests.factories.consents import local
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_thing_counted_is_in_sight(acme: Company, new_context: NewContext) -> None:
    at = now()
    with tenant_active(acme.tenant.pk):
        engineer = make_engineer("Kenji")
        make_visit(local(at, 1, 2), engineer=engineer)
        counted = make_visit(local(at, 1, 22), engineer=engineer, reason={"broken": [{"code": "skill"}]})
    page = sign_in(new_context, acme.dora)
    page.goto(f"/t/acme/board/?day={counted.start_at:%Y-%m-%d}")
    expect(page.locator(f"#visit-{counted.pk}")).not_to_be_in_viewport()
    page.locator('a[href*="only=broken"]').first.click()
    page.wait_for_url("**only=broken**")
    expect(page.locator(f"#visit-{counted.pk}")).to_be_in_viewport()


def test_what_is_left_of_a_promise_breaks_between_words_only(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        make_work_order(promised_end_at=now() + timedelta(days=1, hours=21, minutes=30))
    page = sign_in(new_context, acme.dora)
    page.goto("/t/acme/board/?lang=ja")
    left = page.locator(".need .left b")
    expect(left).to_have_text("1日 21時間")
    lines = left.evaluate(
        """b => { const at = n => { const r = document.createRange(); r.setStart(b.firstChild, n);
           r.setEnd(b.firstChild, n + 1); return r.getBoundingClientRect().top; };
           return [...b.textContent].map((_, n) => at(n)) }"""
    )
    unit = lines[len("1日 ") :]
    assert len(set(unit)) == 1, "21時間 stands on one line"
