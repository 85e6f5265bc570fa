"""A proposal's rows say what would help, when they are opened: at the desk, by phone, in three languages."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

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
