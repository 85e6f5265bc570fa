"""The story of `tests/journeys` in a real browser: what each of them sees and taps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from dispatch.models import Visit
from journal.services import deliver_all
from tenants.active import tenant_active
from tests.cast import PASSWORD, Company, Person
from tests.factories.delivery import picture
from tests.journeys.company import furnish
from tests.plugins.browser import PHONE

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)


def test_from_request_to_rating(acme: Company, new_context: NewContext) -> None:
    furnish(acme)
    ask(new_context(**PHONE).new_page())
    make_work(sign_in(new_context, acme.sora))
    deliver_all()
    with tenant_active(acme.tenant.pk):
        visit = Visit.objects.get()
    phone = sign_in(new_context, acme.tom, **PHONE)
    link = do_the_visit(phone, visit)
    deliver_all()
    issue_and_take_payment(sign_in(new_context, acme.cora))
    rate(new_context(**PHONE).new_page(), link)
    deliver_all()
    director = sign_in(new_context, acme.dirk)
    director.goto("/t/acme/today/")
    expect(director.get_by_text("5.00")).to_be_visible()


def sign_in(new_context: NewContext, person: Person, **options: Any) -> Page:
    """By the sign-in page, as people do."""
    page = new_context(**options).new_page()
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(person.user.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile(r"/t/acme/"))
    return page


def ask(page: Page) -> None:
    """The customer asks for help, and is told the number."""
    page.goto("/c/acme/request/")
    page.get_by_label("What is it about?").fill("No heat since this morning")
    page.get_by_label("What happened?").fill("The radiators are cold.")
    page.get_by_label("Where are we needed?").fill("Uchikanda 2-4-8, Chiyoda")
    page.get_by_label("Your name").fill("Mari Aoki")
    page.get_by_label("E-mail").fill("mari@aoki.example")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("T-1")).to_be_visible()


def make_work(desk: Page) -> None:
    """Sora opens the ticket and makes a work order in place."""
    desk.goto("/t/acme/tickets/")
    desk.get_by_role("link", name=re.compile("No heat since this morning")).first.click()
    panel = desk.locator("#ticket-work")
    panel.get_by_text("Make a work order").click()
    panel.get_by_label("Work type").select_option(label="No heat")
    panel.get_by_role("button", name="Make work order").click()
    expect(panel.get_by_text("WO-1")).to_be_visible()


def do_the_visit(phone: Page, visit: Visit) -> str:
    """Tom's taps from accepting to the rating code; returns the customer's link under the code."""
    phone.goto(f"/t/acme/visits/{visit.pk}/")
    for button in ("Accept", "Start travel", "I have arrived"):
        phone.get_by_role("button", name=re.compile(button)).first.click()
        phone.wait_for_load_state()
    phone.get_by_role("link", name=re.compile("checklist", re.IGNORECASE)).first.click()
    phone.get_by_text("Pass", exact=True).first.click()
    phone.locator("input[name=value][inputmode=decimal]").first.fill("1.4")
    phone.locator("input[name=value][inputmode=decimal]").first.press("Enter")
    phone.goto(f"/t/acme/visits/{visit.pk}/checklist/")
    shot = FilePayload(name="after.jpg", mimeType="image/jpeg", buffer=picture(800, 600))
    phone.locator("input[type=file]").first.set_input_files(files=[shot])
    expect(phone.get_by_text(re.compile("3 of 3")).first).to_be_visible()
    phone.goto(f"/t/acme/visits/{visit.pk}/sign/")
    phone.get_by_label("Name of the person who signs").fill("Mari Aoki")
    canvas = phone.locator("fsm-signature canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    phone.mouse.move(box["x"] + 30, box["y"] + 40)
    phone.mouse.down()
    phone.mouse.move(box["x"] + 160, box["y"] + 70, steps=8)
    phone.mouse.up()
    phone.get_by_role("button", name="I confirm this work").click()
    phone.goto(f"/t/acme/visits/{visit.pk}/finish/")
    phone.get_by_role("button", name="The work is done").first.click()
    deliver_all()
    phone.goto(f"/t/acme/visits/{visit.pk}/rating-code/")
    expect(phone.locator("svg").first).to_be_visible()
    found = re.search(r"/c/acme/r/([0-9a-z-]+)", phone.content())
    assert found, "the code's address stands below it"
    return f"/c/acme/r/{found.group(1)}/"


def issue_and_take_payment(clerk: Page) -> None:
    """Cora issues what is ready and records that it was paid in full."""
    clerk.goto("/t/acme/settlement/")
    clerk.get_by_role("button", name=re.compile("Issue invoice")).first.click()
    expect(clerk.get_by_text("INV-1").first).to_be_visible()
    form = clerk.locator("form", has=clerk.locator("input[name=amount]"))
    day = form.locator("input[name=received_on]")
    day.fill(str(day.get_attribute("max")))
    form.get_by_role("button").first.click()
    expect(clerk.get_by_text("Paid").first).to_be_visible()


def rate(page: Page, link: str) -> None:
    """The customer taps the best face and sends a word."""
    page.goto(link)
    page.locator("label:has(input[name=score][value='5'])").click()
    page.locator("textarea[name=comment]").fill("Warm again!")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(re.compile("Thank", re.IGNORECASE)).first).to_be_visible()
