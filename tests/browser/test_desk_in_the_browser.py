"""Two people at one ticket, and one problem by two channels, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from journal.services import deliver_all
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.customers import make_asset, make_contact
from tests.factories.tickets import make_policy, make_ticket
from tickets import services
from tickets.models import Ticket
from tickets.services.intake import INTAKE

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)


def world(acme: Company) -> tuple[Ticket, Ticket]:
    """A call on the copier, and a mail of the same customer about it."""
    with tenant_active(acme.tenant.pk):
        make_policy()
        asset = make_asset()
        contact = make_contact(asset.site.customer)
        call = make_ticket(
            contact_id=contact.pk, asset_id=asset.pk, channel="phone", actor=acme.sora.actor, at=AT
        )
        services.take_in_email(raw=make_email(subject="Copier 3F jams"), at=AT, actor=INTAKE)
        services.create_canned_reply(
            title="On our way", body="Dear {contact}, about {ticket}: we come.", actor=acme.ada.actor, at=AT
        )
        mail = Ticket.objects.exclude(pk=call.pk).get()
    deliver_all()
    return call, mail


def test_one_problem_by_phone_and_mail_is_merged_and_answered_once(
    acme: Company, new_context: NewContext
) -> None:
    call, mail = world(acme)
    page = sign_in(new_context, acme.sora)
    page.goto(f"/t/acme/tickets/{mail.pk}/")
    page.get_by_role("button", name=f"Merge into {call}").click()
    expect(page.get_by_text("1 message from")).to_be_visible()
    expect(page.get_by_role("heading", name="The copier jams")).to_be_visible()
    with tenant_active(acme.tenant.pk):
        raw = make_email(message_id="<re@a>", in_reply_to="<one@aoki.example>", body="At ten, please")
        services.take_in_email(raw=raw, at=AT, actor=INTAKE)
    page.reload()
    expect(page.locator(".stream").get_by_text("At ten, please")).to_be_visible()
    page.goto(f"/t/acme/tickets/{mail.pk}/")
    expect(page.get_by_text("Merged: the conversation goes on in")).to_be_visible()


@pytest.mark.allows_console_error("409")
def test_a_draft_survives_and_a_colleague_sees_who_writes(acme: Company, new_context: NewContext) -> None:
    call, _mail = world(acme)
    url = f"/t/acme/tickets/{call.pk}/"
    sora, ada = sign_in(new_context, acme.sora), sign_in(new_context, acme.ada)
    sora.goto(url)
    sora.get_by_role("button", name="Template").click()
    sora.get_by_role("button", name="On our way").click()
    expect(sora.locator("#reply-body")).to_have_value(f"Dear Mari Aoki, about {call}: we come.")
    expect(sora.get_by_text("Draft kept")).to_be_visible()
    ada.goto(url)
    expect(ada.get_by_text("Sora Desk is writing a reply")).to_be_visible()
    sora.reload()
    expect(sora.locator("#reply-body")).to_have_value(f"Dear Mari Aoki, about {call}: we come.")
    ada.locator("#reply-body").fill("We come at ten.")
    ada.get_by_role("button", name="Send", exact=True).click()
    expect(ada.locator(".stream").get_by_text("We come at ten.")).to_be_visible()
    send_after_somebody_else(sora)


def send_after_somebody_else(page: Page) -> None:
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("We come at ten.")).to_be_visible()
    page.get_by_role("button", name="Send anyway").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#reply-body")).to_have_value("")
