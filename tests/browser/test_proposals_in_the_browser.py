"""A proposal's rows say what would help, when they are opened: at the desk, by phone, in three languages, and still
when the page is brought up to date."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from planning.models import PlanRun
from planning.services import running
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.browser.test_desk_in_three_languages import STICKING_OUT
from tests.cast import Company
from tests.factories.dispatch import make_work_order
from tests.factories.workforce import make_engineer
from tests.planning.runs import proposal
from tests.plugins.browser import PHONE

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)

HELP = {"en": "What would help", "ja": "可能にするには", "zh-hans": "怎样才可行"}
LEVEL = {"en": "with Gas at level 1", "ja": "Gas", "zh-hans": "Gas"}


@pytest.fixture
def run(acme: Company, monkeypatch: pytest.MonkeyPatch) -> PlanRun:
    """Two works for which the only engineer lacks the skill; the run has looked at the urgent one only."""
    monkeypatch.setattr(running, "MOST_HELPED", 1)
    with tenant_active(acme.tenant.pk):
        make_engineer("Tom", hours=("09:00", "17:00"))
        missing = make_engineer("Uma", hours=None, skills={"gas": 1}).skills.get()
        for priority in (3, 1):
            make_work_order(priority=priority).work_order_skills.create(skill=missing, level=1)
    with tenant_active(acme.tenant.pk):
        return proposal()


STREAM = """
    window.EventSource = class extends EventTarget { constructor() { super(); window.stream = this; } close() {} };
"""
"""A live feed that tells what the test wants."""
TELL = """
    () => window.stream.dispatchEvent(new MessageEvent("message", { data: '{"id": 1, "topic": "plan"}' }))
"""


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for them."""
    if folder := os.environ.get("LOOK_AT"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("device", ["desk", "phone"])
def test_opening_a_row_tells_what_would_help(
    acme: Company, run: PlanRun, new_context: NewContext, device: str
) -> None:
    page = sign_in(new_context, acme.dora, **(PHONE if device == "phone" else {}))
    for language, words in HELP.items():
        page.goto(f"/t/acme/planning/{run.pk}/?lang={language}")
        rows = page.locator("details.more")
        expect(rows).to_have_count(2)
        expect(page.locator("details.more li:visible")).to_have_count(0)
        for number in range(2):
            rows.nth(number).get_by_text(words).click()
            expect(rows.nth(number).locator("li").first).to_contain_text("Tom")
            expect(rows.nth(number).locator("li").first).to_contain_text(LEVEL[language])
        assert page.evaluate(STICKING_OUT) == []
        look(page, f"proposal-{device}-{language}")


def test_what_was_opened_stays_open_when_the_page_is_brought_up_to_date(
    acme: Company, run: PlanRun, new_context: NewContext, settings: Any
) -> None:
    """The one row, not its neighbour with the same words; what it says is looked up anew, the keyboard stays there."""
    page = sign_in(new_context, acme.dora)
    settings.LIVE_URL = "http://127.0.0.1:9"
    page.add_init_script(STREAM)
    page.goto(f"/t/acme/planning/{run.pk}/")
    rows = page.locator("details.more")
    rows.last.get_by_text("What would help").click()
    expect(rows.last.locator("li").first).to_contain_text("Tom")
    link = page.locator("tbody a.strong").last
    for asked_by, place in (("Uma", rows.last.locator("summary")), ("Vic", link)):
        place.focus()
        with tenant_active(acme.tenant.pk):
            PlanRun.objects.filter(pk=run.pk).update(asked_by=asked_by)
        page.evaluate(TELL)
        expect(page.locator("#plan-run .sub").first).to_contain_text(asked_by)
        expect(rows.last.locator("li").first).to_contain_text("Tom")
        expect(rows.first.locator("li")).not_to_be_visible()
        expect(place).to_be_focused()
