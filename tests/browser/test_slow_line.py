"""A slow line: the page is there and is used before its scripts are. Nothing chosen meanwhile is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, Route, expect

from core.clock import now
from delivery.models import Answer
from feedback import links
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import Company
from tests.factories.delivery import make_visit_on_site
from tests.factories.feedback import make_link
from tests.factories.tickets import make_ticket
from tests.plugins.browser import PHONE

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)
MANUAL = FilePayload(name="manual.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 page 3")

CHOOSE_WHEN_DRAWN = """() => new MutationObserver((_, watch) => {
  watch.disconnect();
  const second = new DataTransfer();
  second.items.add(new File(["two"], "second.txt", { type: "text/plain" }));
  const input = document.querySelector("#reply-files input[type=file]");
  input.files = second.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}).observe(document.getElementById("talk"), { childList: true })"""


@contextmanager
def before_its_scripts(page: Page, path: str) -> Iterator[None]:
    """Inside, the page is drawn and has none of its scripts; at the end they come, and it is complete."""
    held: list[Route] = []
    is_slow = True

    def carry(route: Route) -> None:
        if is_slow:
            held.append(route)
        else:
            route.continue_()

    page.route("**/*.js", carry)
    page.goto(path, wait_until="commit")
    yield
    is_slow = False
    for script in held:
        script.continue_()
    page.wait_for_load_state()


def test_a_file_for_an_answer_is_attached(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
    desk = sign_in(new_context, acme.sora)
    with before_its_scripts(desk, f"/t/acme/tickets/{ticket.pk}/"):
        desk.locator("#reply-files input[type=file]").set_input_files(files=[MANUAL])
    expect(desk.locator("#reply-files").get_by_text("manual.pdf")).to_be_visible()


def test_a_reading_is_kept(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit_on_site(acme.tom)
    phone = sign_in(new_context, acme.tom, **PHONE)
    with before_its_scripts(phone, f"/t/acme/visits/{visit.pk}/checklist/"):
        phone.locator("input[name=value][inputmode=decimal]").fill("1.4")
        phone.locator("input[name=value][inputmode=decimal]").press("Tab")
    expect(phone.get_by_text("1 of 2").first).to_be_visible()
    with tenant_active(acme.tenant.pk):
        assert Answer.objects.get().value == "1.4"


def test_a_face_is_saved(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        link = make_link(at=now())
    page = new_context(**PHONE).new_page()
    with before_its_scripts(page, links.path_of(acme.tenant, link)):
        page.locator("label:has(input[name=score][value='4'])").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def test_nothing_is_told_again_that_nobody_chose(acme: Company, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        link = make_link(at=now())
    page = new_context(**PHONE).new_page()
    with before_its_scripts(page, f"{links.path_of(acme.tenant, link)}?score=4"):
        expect(page.locator("input[name=score][value='4']")).to_be_checked()
    expect(page.locator("[data-saved]")).to_be_hidden()
    with tenant_active(acme.tenant.pk):
        assert not link.visit.responses.exists()


def test_what_was_just_drawn_listens_at_once(acme: Company, new_context: NewContext) -> None:
    """A second file, chosen in the very moment in which the first one appears."""
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
    desk = sign_in(new_context, acme.sora)
    desk.goto(f"/t/acme/tickets/{ticket.pk}/")
    desk.evaluate(CHOOSE_WHEN_DRAWN)
    desk.locator("#reply-files input[type=file]").set_input_files(files=[MANUAL])
    expect(desk.locator("#reply-files").get_by_text("second.txt")).to_be_visible()
