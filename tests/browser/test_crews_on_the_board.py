"""Crews on the board: who goes together is seen, spoken and reached, in three languages, at a desk and by phone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction
from playwright.sync_api import BrowserContext, Page, expect

from core.clock import now
from dispatch.models import Visit
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.browser.test_desk_in_three_languages import STICKING_OUT
from tests.cast import Company
from tests.factories.consents import local, make_appointment
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tests.plugins.browser import PHONE

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)

TOGETHER = {"en": "together with Yuki", "ja": "Yukiと一緒", "zh-hans": "与Yuki同行"}
MOVE = {
    "en": "All of the crew move together, or nobody does.",
    "ja": "班の全員が一緒に移動します。一人だけの移動はありません。",
    "zh-hans": "班组全员一起调整，否则都不调整。",
}


@pytest.fixture
def crew(acme: Company) -> list[Visit]:
    """Kenji and Yuki, tomorrow at ten, confirmed; Kenji has another visit of his own."""
    with tenant_active(acme.tenant.pk), transaction.atomic():
        first = make_appointment(now(), crew_key=uuid4())
        type(first.work_order).objects.filter(pk=first.work_order_id).update(crew_size=2)
        second = make_visit(
            first.start_at,
            engineer=make_engineer("Yuki"),
            work_order=first.work_order,
            lock_level="confirmed",
            crew_key=first.crew_key,
        )
        make_visit(first.start_at + timedelta(hours=3), engineer=first.engineer, work_order=make_work_order())
    return [first, second]


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for them."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def day() -> str:
    return local(now(), 1, 0).date().isoformat()


def test_pointing_at_one_shows_the_others_and_the_drawer_leads_to_them(
    acme: Company, crew: list[Visit], new_context: NewContext
) -> None:
    page = sign_in(new_context, acme.dora)
    first, second = (f"#visit-{visit.pk}" for visit in crew)
    for language, words in TOGETHER.items():
        page.goto(f"/t/acme/board/?day={day()}&lang={language}")
        expect(page.locator(first)).to_contain_text(words)
        assert words in str(page.locator(first).get_attribute("title"))
        assert page.locator(".visit[data-crew]").count() == 2
        page.locator(first).hover()
        expect(page.locator(second)).to_have_class(re.compile("beside"))
        look(page, f"board-{language}")
        page.mouse.move(5, 5)
        page.locator(".bar, header").first.hover()
        expect(page.locator(second)).not_to_have_class(re.compile("beside"))
        page.locator(second).focus()
        expect(page.locator(first)).to_have_class(re.compile("beside"))
        page.locator(first).click()
        drawer = page.locator("#drawer")
        expect(drawer.get_by_text(MOVE[language])).to_be_visible()
        expect(page.locator(second)).to_have_class(re.compile("with-crew"))
        look(page, f"drawer-{language}")
        drawer.get_by_role("link", name="Yuki").click()
        expect(page.locator(second)).to_have_class(re.compile("is-selected"))
        expect(page.locator(second)).to_be_focused()
        expect(drawer.get_by_role("link", name="Kenji")).to_be_visible()


def test_by_phone_the_list_names_them_and_a_tap_leads_there(
    acme: Company, crew: list[Visit], new_context: NewContext
) -> None:
    page = sign_in(new_context, acme.dora, **PHONE)
    for language in TOGETHER:
        page.goto(f"/t/acme/board/?day={day()}&lang={language}")
        row = page.locator(f".only-small #row-{crew[0].pk}, .by-engineer #row-{crew[0].pk}").first
        link = row.get_by_role("link", name=re.compile("Yuki"))
        expect(link).to_be_visible()
        link.click()
        expect(page).to_have_url(re.compile(f"#row-{crew[1].pk}$"))
        expect(page.locator(f"#row-{crew[1].pk}")).to_be_in_viewport()
        assert page.evaluate(STICKING_OUT) == []
        look(page, f"phone-{language}")


@pytest.mark.allows_console_error("409")
def test_dragging_one_of_a_confirmed_crew_leads_to_one_question_for_all(
    acme: Company, crew: list[Visit], new_context: NewContext
) -> None:
    page = sign_in(new_context, acme.dora)
    page.goto(f"/t/acme/board/?day={day()}")
    box = page.locator(f"#visit-{crew[0].pk}").bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 10, steps=8)
    page.mouse.up()
    page.wait_for_url(re.compile("/consent/"))
    expect(page.locator("dl").get_by_text("Yuki")).to_be_visible()
    expect(page.get_by_text(re.compile("All of the crew move together"))).to_be_visible()
    look(page, "consent-en")
    for language in ("ja", "zh-hans"):
        page.goto(f"/t/acme/board/visits/{crew[0].pk}/consent/?lang={language}")
        expect(page.get_by_text(re.compile(MOVE[language]))).to_be_visible()
        look(page, f"consent-{language}")
