"""The inbox by keyboard, and live: two people at one queue, each in their own browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.clock import now
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import Company
from tests.factories.customers import make_contact
from tests.factories.tickets import make_ticket
from tickets import services
from tickets.models import Ticket

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three(acme: Company) -> list[Ticket]:
    with tenant_active(acme.tenant.pk):
        contact = make_contact()
        return [
            make_ticket(subject=f"Problem {n}", contact_id=contact.pk, at=now())
            for n in ("one", "two", "three")
        ]


def focused(page: Page) -> str:
    """The subject in the row that has the focus, without the number before it."""
    told = page.evaluate("document.activeElement.querySelector?.('p')?.textContent.trim() ?? ''")
    return str(told).partition(" · ")[2]


def test_the_queue_is_worked_without_a_mouse(
    acme: Company, three: list[Ticket], new_context: NewContext
) -> None:
    page = sign_in(new_context, acme.sora)
    page.goto("/t/acme/tickets/")
    page.keyboard.press("j")
    assert focused(page) == "Problem one"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page) == "Problem two"
    assert page.evaluate("document.querySelectorAll('#mails > .mail[tabindex=\"0\"]').length") == 1
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{three[1].pk}/**")
    expect(page.locator("#mails > .mail[aria-current]")).to_contain_text("Problem two")
    page.keyboard.press("w")
    expect(page.locator("#wait")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("#resolve")).not_to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#resolve")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#resolve")).not_to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#reply-body")).to_be_focused()
    page.keyboard.type("jkwe?/ nothing moves")
    expect(page.locator("#reply-body")).to_have_value("jkwe?/ nothing moves")
    page.locator("#reply-body").fill("")
    page.locator("#reply-body").blur()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "ticket-search"
    page.locator("#ticket-search").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Take it")


def test_a_key_counts_in_the_moment_a_dialog_closes(
    acme: Company, three: list[Ticket], new_context: NewContext
) -> None:
    """Until the next frame the focus is in a field of the closed dialog, where nobody writes any more."""
    page = sign_in(new_context, acme.sora)
    page.goto(f"/t/acme/tickets/{three[1].pk}/")
    page.keyboard.press("w")
    expect(page.locator("#wait select").first).to_be_focused()
    page.evaluate(
        """() => {
          const dialog = document.getElementById("wait");
          const field = dialog.querySelector("select");
          dialog.close();
          field.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true }));
        }"""
    )
    expect(page.locator("#resolve")).to_be_visible()


def test_what_changed_is_shown_in_place_and_what_is_new_waits(
    acme: Company, three: list[Ticket], new_context: NewContext
) -> None:
    page, other = sign_in(new_context, acme.sora), sign_in(new_context, acme.ada)
    for one in (page, other):
        one.goto("/t/acme/tickets/")
    page.keyboard.press("j")
    with tenant_active(acme.tenant.pk):
        services.triage_ticket(
            ticket_id=three[0].pk, subject="Problem one, worse", actor=acme.ada.actor, at=now()
        )
        services.resolve_ticket(ticket_id=three[1].pk, resolution="", actor=acme.ada.actor, at=now())
        fresh = make_ticket(subject="Problem four", at=now())
    for one in (page, other):
        for ticket in (*three[:2], fresh):
            one.evaluate(
                "id => document.dispatchEvent(new CustomEvent('fieldservice:changed',"
                " {detail: {topic: 'ticket', ticket_id: id}}))",
                ticket.pk,
            )
        expect(one.locator("#mails > .mail").first).to_contain_text("Problem one, worse")
        expect(one.locator(f"#mails > .mail[data-ticket='{three[1].pk}']")).to_have_class("mail left")
        expect(one.locator("#newer")).to_have_text("1 new, show")
        assert "Problem four" not in one.locator("#mails").inner_text()
    assert focused(page) == "Problem one, worse"
    page.locator("#newer").click()
    expect(page.locator("#mails")).to_contain_text("Problem four")
    expect(page.locator("#newer")).to_be_hidden()


def test_a_view_is_saved_and_opened_again(
    acme: Company, three: list[Ticket], new_context: NewContext
) -> None:
    page = sign_in(new_context, acme.sora)
    page.goto("/t/acme/tickets/")
    page.get_by_role("link", name="Filter").click()
    page.get_by_label("Owner").select_option("none")
    page.get_by_role("button", name="Show these tickets").click()
    page.wait_for_url("**owner=none**")
    page.locator("[popovertarget=views]").click()
    page.get_by_role("button", name="Save this view").click()
    page.get_by_label("Name").fill("Nobody's yet")
    page.get_by_role("button", name="Save the view").click()
    expect(page.locator("[popovertarget=views]")).to_contain_text("Nobody's yet")
    expect(page.locator("#mails > .mail")).to_have_count(3)


def test_a_call_is_logged_from_the_number(
    acme: Company, three: list[Ticket], new_context: NewContext
) -> None:
    page = sign_in(new_context, acme.sora)
    page.goto("/t/acme/tickets/call/")
    page.get_by_label("Number of the caller").press_sequentially("03-5555-0142")
    page.get_by_label("Problem two").check()
    page.get_by_label("What was said").fill("It is worse now")
    page.get_by_label("Minutes").fill("3")
    page.get_by_role("button", name="Log the call").click()
    expect(page.locator("#talk")).to_contain_text("It is worse now")
    page.wait_for_url(f"**/tickets/{three[1].pk}/")
