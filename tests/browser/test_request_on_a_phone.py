"""How far a request is, on a phone: the page of whoever asked is no wider than the screen, in any language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from core.clock import now
from dispatch.enums import VisitStatus
from tenants.active import tenant_active
from tests.cast import Company
from tests.factories.dispatch import make_ticket, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tickets.links import follow_path

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("language", ["en", "ja", "zh-hans"])
@pytest.mark.parametrize("width", [390, 320])
def test_the_time_of_a_visit_fits_the_screen(
    acme: Company, new_context: NewContext, language: str, width: int
) -> None:
    at = now()
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
        order = make_work_order(ticket=ticket)
        make_visit(
            at + timedelta(days=1),
            work_order=order,
            engineer=make_engineer("Maya Ortiz"),
            status=VisitStatus.DISPATCHED,
            sent_at=at,
        )
    page = new_context(viewport={"width": width, "height": 800}).new_page()
    page.goto(f"{follow_path(acme.tenant, ticket)}&lang={language}")
    expect(page.get_by_text("Maya Ortiz")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
