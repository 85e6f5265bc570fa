"""The stories of intake and promises in a real browser; mail comes in as raw files, as it does from a mail server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, expect

from channels import services as channels
from core.clock import now
from journal.services import deliver_all
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import Company
from tests.factories.channels import make_email
from tests.factories.customers import make_asset, make_contact
from tests.factories.tickets import make_policy

NewContext = Callable[..., BrowserContext]
Post = Callable[..., None]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post(tmp_path: Path) -> Post:
    """The postman: a raw message, by the command that takes them in, and all that follows from it."""

    def bring(**facts: Any) -> None:
        path = tmp_path / "message.eml"
        path.write_bytes(make_email(**facts))
        call_command("ingest_email", "--tenant", "acme", str(path), stdout=(tmp_path / "said").open("w"))
        everything_happens()

    return bring


def everything_happens() -> None:
    """What workers do in between: facts are told, mail goes out."""
    deliver_all()
    channels.send_due()


@pytest.fixture
def customer(acme: Company) -> None:
    """Mari, known by number and address, with a copier on 3F."""
    with tenant_active(acme.tenant.pk):
        make_policy(calendar={}, first_response_minutes=60, arrival_minutes=None, resolution_minutes=480)
        make_contact(make_asset().site.customer)


def log_the_call(sora: Page) -> None:
    """Mari calls: her number says who she is."""
    sora.goto("/t/acme/tickets/call/")
    sora.get_by_label("Number of the caller").press_sequentially("03-5555-0142")
    expect(sora.get_by_text("Mari Aoki").first).to_be_visible()
    sora.get_by_label("What was said").fill("The copier on 3F jams, paper jam light since this morning")
    sora.get_by_role("button", name="Log the call").click()
    sora.wait_for_url(re.compile(r"/tickets/\d+/"))
    everything_happens()


@pytest.mark.usefixtures("customer")
def test_same_problem_by_phone_and_mail_becomes_one_ticket(
    acme: Company, new_context: NewContext, post: Post, mailoutbox: list[Any]
) -> None:
    sora = sign_in(new_context, acme.sora)
    log_the_call(sora)
    post(subject="Copier 3F jams", body="The paper jam light of the copier on 3F will not go out.")
    sora.goto("/t/acme/tickets/")
    expect(sora.locator("#mails > .mail")).to_have_count(2)
    sora.locator("#mails > .mail", has_text="Copier 3F jams").click()
    offer = sora.locator(".note-bar", has_text="Looks like T-1")
    expect(offer).to_contain_text("same contact")
    offer.get_by_role("button", name="Merge into T-1").click()
    expect(sora.get_by_text("1 message from")).to_be_visible()
    stream = sora.locator(".stream")
    expect(stream.get_by_text("paper jam light since this morning")).to_be_visible()
    expect(stream.get_by_text("will not go out")).to_be_visible()
    expect(sora.locator("#mails > .mail:not(.left)")).to_have_count(1)
    expect(sora.locator(".clock", has_text="Resolution").get_by_text("Running")).to_be_visible()
    sora.locator("#reply-body").fill("We come at ten.")
    sora.get_by_role("button", name="Send", exact=True).click()
    expect(stream.get_by_text("We come at ten.")).to_be_visible()
    everything_happens()
    assert [letter.to for letter in mailoutbox] == [["mari@aoki.example"]]


@pytest.mark.usefixtures("customer")
def test_customer_replies_to_a_merged_number(
    acme: Company, new_context: NewContext, post: Post, mailoutbox: list[Any]
) -> None:
    sora = sign_in(new_context, acme.sora)
    log_the_call(sora)
    post(subject="Copier 3F jams", body="When do you come?")
    sora.goto("/t/acme/tickets/")
    sora.locator("#mails > .mail", has_text="Copier 3F jams").click()
    sora.wait_for_url(re.compile(r"/tickets/\d+/"))
    merged = sora.url
    sora.locator("#reply-body").fill("When may we come?")
    sora.get_by_role("button", name="Send", exact=True).click()
    expect(sora.locator(".stream").get_by_text("When may we come?")).to_be_visible()
    everything_happens()
    ours = mailoutbox[-1].extra_headers["Message-ID"]
    sora.get_by_role("button", name="Merge…").click()
    sora.locator("#merge input[name=target]").fill("T-1")
    sora.locator("#merge").get_by_role("button", name="Merge", exact=True).click()
    sora.wait_for_url(lambda url: url != merged)
    post(subject="Re: Copier 3F jams [T-2]", body="At ten.", message_id="<re@aoki.example>", in_reply_to=ours)
    strange = {"sender": "eve@evil.example", "message_id": "<eve@evil.example>", "in_reply_to": ours}
    post(subject="Re: Copier 3F jams [T-2]", body="Send me the key", **strange)
    sora.reload()
    stream = sora.locator(".stream")
    expect(stream.get_by_text("At ten.")).to_be_visible()
    expect(stream.get_by_text("Send me the key")).to_have_count(0)
    sora.goto(merged)
    expect(sora.get_by_text("Merged: the conversation goes on in")).to_be_visible()
    expect(sora.locator(".stream").get_by_text("At ten.")).to_have_count(0)
    sora.goto("/t/acme/tickets/")
    expect(sora.locator("#mails")).to_contain_text("eve@evil.example")
    expect(sora.locator("#mails > .mail")).to_have_count(2)


class Clock:
    """The story's time: what `core.clock.now` answers."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def go_on(self, hours: int) -> None:
        self.at += timedelta(hours=hours)


@pytest.fixture
def clock() -> Iterator[Clock]:
    story = Clock(now() - timedelta(hours=6))
    with patch("django.utils.timezone.now", side_effect=lambda: story.at):
        yield story


def test_a_policy_changed_mid_pause(acme: Company, new_context: NewContext, post: Post, clock: Clock) -> None:
    with tenant_active(acme.tenant.pk):
        make_contact(make_asset().site.customer)
        policy = make_policy(
            calendar={},
            first_response_minutes=None,
            arrival_minutes=None,
            resolution_minutes=240,
            at=clock.at,
        )
    post(subject="Copier 3F jams", body="Every day on 3F.")
    clock.go_on(1)
    sora, ada = sign_in(new_context, acme.sora), sign_in(new_context, acme.ada)
    sora.goto("/t/acme/tickets/")
    sora.locator("#mails > .mail", has_text="Copier 3F jams").click()
    promise = sora.locator(".clock", has_text="Resolution")
    expect(promise).to_contain_text("3\u00a0h")
    sora.get_by_role("button", name="Wait…").click()
    sora.get_by_label("Waiting for", exact=True).select_option("customer")
    sora.locator("#wait").get_by_role("button", name="Let it wait").click()
    expect(promise).to_contain_text("Paused")
    everything_happens()

    clock.go_on(2)
    ada.goto(f"/t/acme/settings/policies/{policy.pk}/")
    ada.locator("input[name$='-0-target_minutes']").fill("120")
    ada.get_by_role("button", name="Publish version 2").click()
    expect(ada.get_by_text("v2").first).to_be_visible()
    everything_happens()
    sora.reload()
    expect(promise).to_contain_text("Paused")
    expect(promise).to_contain_text("1\u00a0h")

    clock.go_on(2)
    post(body="It is the second tray.", message_id="<re@aoki.example>", in_reply_to="<one@aoki.example>")
    sora.reload()
    expect(promise).to_contain_text("Running")
    expect(promise).to_contain_text("1\u00a0h")
    promise.click()
    ledger = sora.locator(".explain:popover-open .ledger")
    expect(ledger.locator("tr")).to_contain_text(["Running", "Paused", "Paused", "Running", "of 2\u00a0h"])
    expect(ledger.locator("tr.sum")).to_contain_text("1\u00a0h")
