"""The chat on another site's page: a visitor there and somebody at the desk talk, and both see it live."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Frame, Page, expect
from pytest_django.live_server_helper import LiveServer

from channels.models import ChannelAccount, ChatSession, OutboundMessage
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import Company
from tests.factories.chat import make_chat_account
from tests.factories.delivery import picture
from tests.feeds import running_feed
from tests.plugins.browser import PHONE
from tickets import services
from tickets.models import Ticket

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>* {{ color: red !important; font-size: 40px !important }} button {{ display: none }}</style>
<script src="{script}" async></script></head><body><h1>Shop</h1><a href="/next">Next page</a></body></html>"""


class Shop:
    """A tenant's own site: every page of it holds the line to paste."""

    def __init__(self) -> None:
        self.script = ""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = PAGE.format(script=shop.script).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_facts: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    """On another host than the product, so that the frame is a third party's."""
    shop = Shop()
    threading.Thread(target=shop.server.serve_forever, daemon=True).start()
    yield shop
    shop.server.shutdown()


@pytest.fixture
def feed(live_server: LiveServer, settings: Any) -> Iterator[None]:
    with running_feed(live_server.url) as (port, _process):
        url = f"http://127.0.0.1:{port}"
        settings.LIVE_URL = url
        policy = settings.CONTENT_SECURITY_POLICY
        directives = {**policy["DIRECTIVES"], "connect-src": ["'self'", url]}
        settings.CONTENT_SECURITY_POLICY = {**policy, "DIRECTIVES": directives}
        yield


@pytest.fixture
def account(acme: Company, shop: Shop, live_server: LiveServer) -> ChannelAccount:
    with tenant_active(acme.tenant.pk):
        account = make_chat_account(address=shop.url, greeting="Hello! How can we help?")
    shop.script = f"{live_server.url}/c/acme/chat/{account.hook}/widget.js"
    return account


def open_chat(page: Page, name: str = "Chat with us") -> Frame:
    """The chat's frame, opened by the keyboard."""
    button = page.get_by_role("button", name=name)
    button.focus()
    page.keyboard.press("Enter")
    return frame_of(page)


def frame_of(page: Page) -> Frame:
    page.locator("iframe").first.wait_for(state="attached")
    frame = next(frame for frame in page.frames if frame.parent_frame is not None)
    frame.wait_for_load_state()
    return frame


def say(frame: Frame, text: str) -> None:
    frame.get_by_label("Your message").fill(text)
    frame.get_by_label("Your message").press("Enter")


@pytest.mark.usefixtures("feed", "account")
def test_both_sides_see_it_live(acme: Company, shop: Shop, new_context: NewContext) -> None:
    desk = sign_in(new_context, acme.sora)
    visitor = new_context(**PHONE).new_page()
    visitor.goto(shop.url)
    frame = open_chat(visitor)
    expect(frame.get_by_text("Hello! How can we help?")).to_be_visible()
    expect(frame.get_by_text("We are here.")).to_be_visible()
    frame.get_by_label("Your name (optional)").fill("Mari")
    say(frame, "The <b>copier</b> jams https://evil.example")
    expect(frame.get_by_text("Your number: T-1")).to_be_visible()
    expect(frame.locator("a")).to_have_count(0)
    with tenant_active(acme.tenant.pk):
        ticket = Ticket.objects.get()
    desk.goto(f"/t/acme/tickets/{ticket.pk}/")
    expect(desk.get_by_text("The visitor is in the chat now.")).to_be_visible()
    reply = desk.locator("#reply-body")
    # Both write at once: what the visitor says appears while the desk is writing, and takes nothing from it.
    reply.press_sequentially("We ")
    expect(frame.get_by_text("Acme Service is writing…")).to_be_visible()
    frame.get_by_label("Your message").press_sequentially("Since Mon")
    expect(desk.get_by_text("The visitor is writing…")).to_be_visible()
    say(frame, "Since Monday")
    expect(desk.locator(".stream").get_by_text("Since Monday")).to_be_visible(timeout=3_000)
    expect(reply).to_have_value("We ")
    reply.fill("We come at ten.")
    desk.locator("form.reply").get_by_role("button", name=re.compile("^Send")).click()
    expect(frame.get_by_text("We come at ten.")).to_be_visible(timeout=3_000)
    expect(desk.locator("[data-delivery=sent]")).to_be_visible()
    with tenant_active(acme.tenant.pk):
        assert OutboundMessage.objects.get().status == "sent"


@pytest.mark.usefixtures("feed", "account")
def test_the_chat_goes_on_on_the_next_page_and_after_a_reload(
    acme: Company, shop: Shop, new_context: NewContext
) -> None:
    visitor = new_context().new_page()
    visitor.goto(shop.url)
    say(open_chat(visitor), "Hello")
    expect(frame_of(visitor).get_by_text("Your number: T-1")).to_be_visible()
    visitor.get_by_role("link", name="Next page").click()
    visitor.wait_for_url("**/next")
    expect(frame_of(visitor).locator("[data-said] .words")).to_contain_text("Hello")
    visitor.reload()
    frame = frame_of(visitor)
    say(frame, "Again")
    expect(frame.get_by_text("Sending")).to_have_count(0)
    with tenant_active(acme.tenant.pk):
        assert (ChatSession.objects.count(), Ticket.objects.count()) == (1, 1)
    frame.get_by_role("button", name="End the chat").click()
    frame.get_by_role("button", name="Really end it?").click()
    expect(frame.get_by_text("The chat is ended.")).to_be_visible()
    visitor.reload()
    expect(frame_of(visitor).locator("[data-said] .words")).to_have_count(0)


@pytest.mark.usefixtures("account")
def test_without_the_feed_the_frame_asks_by_itself(
    acme: Company, shop: Shop, new_context: NewContext
) -> None:
    visitor = new_context().new_page()
    visitor.goto(shop.url)
    frame = open_chat(visitor)
    say(frame, "Hello")
    expect(frame.get_by_text("Your number: T-1")).to_be_visible()
    with tenant_active(acme.tenant.pk):
        ticket = Ticket.objects.get()
        services.reply_to_ticket(
            ticket_id=ticket.pk, body="We come.", actor=acme.sora.actor, at=ticket.opened_at
        )
    expect(frame.get_by_text("We come.")).to_be_visible(timeout=8_000)


@pytest.mark.usefixtures("account")
@pytest.mark.allows_console_error("422")
def test_photos_and_files_go_both_ways(
    acme: Company, shop: Shop, new_context: NewContext, tmp_path: Path
) -> None:
    visitor = new_context(**PHONE).new_page()
    visitor.goto(shop.url)
    frame = open_chat(visitor)
    photo, film = tmp_path / "jam.jpg", tmp_path / "film.mp4"
    photo.write_bytes(picture(800, 600))
    film.write_bytes(bytes(11 * 1024 * 1024))
    frame.locator("[data-files]").set_input_files(files=[photo, film])
    expect(frame.get_by_role("alert")).to_have_text("A file is larger than 10 MB.")
    expect(frame.locator("[data-chosen] li")).to_have_text(["jam.jpg×"])
    frame.get_by_label("Your message").press("Enter")
    expect(frame.get_by_text("Your number: T-1")).to_be_visible()
    expect(frame.get_by_role("button", name="Save: jam.jpg")).to_be_visible()
    desk = sign_in(new_context, acme.sora)
    desk.goto("/t/acme/tickets/")
    desk.locator("#mails > .mail").click()
    expect(desk.locator(".stream .file img")).to_be_visible()
    manual = FilePayload(name="manual.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 page 3")
    desk.locator("#reply-files input[type=file]").set_input_files(files=[manual])
    expect(desk.locator("#reply-files").get_by_text("manual.pdf")).to_be_visible()
    desk.locator("#reply-body").fill("See page 3.")
    desk.locator("form.reply").get_by_role("button", name=re.compile("^Send")).click()
    link = frame.get_by_role("button", name="Save: manual.pdf")
    expect(link).to_be_visible(timeout=8_000)
    with visitor.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes() == b"%PDF-1.4 page 3"
    disguised = FilePayload(name="jam.jpg", mimeType="image/jpeg", buffer=b"PK\x05\x06" + bytes(18))
    frame.locator("[data-files]").set_input_files(files=[disguised])
    say(frame, "And this one")
    expect(frame.get_by_role("alert")).to_contain_text("it is not what it says it is")
    expect(frame.get_by_label("Your message")).to_have_value("And this one")


@pytest.mark.usefixtures("account")
@pytest.mark.allows_console_error("429")
def test_what_could_not_be_sent_is_sent_once_later(
    acme: Company, shop: Shop, new_context: NewContext
) -> None:
    visitor = new_context().new_page()
    visitor.goto(shop.url)
    frame = open_chat(visitor)
    say(frame, "Hello")
    expect(frame.get_by_text("Your number: T-1")).to_be_visible()
    visitor.route("**/say/", lambda route: route.fulfill(status=429, json={"detail": "Wait a minute."}))
    say(frame, "Are you there?")
    expect(frame.get_by_text("Not sent.")).to_be_visible()
    visitor.unroute("**/say/")
    frame.get_by_role("button", name="Try again").click()
    expect(frame.get_by_text("Not sent.")).to_have_count(0)
    expect(frame.get_by_text("Sending")).to_have_count(0)
    with tenant_active(acme.tenant.pk):
        assert [m.body for m in Ticket.objects.get().messages.all()] == ["Hello", "Are you there?"]


@pytest.mark.usefixtures("account")
@pytest.mark.allows_console_error("frame-ancestors")
def test_a_site_that_was_not_named_cannot_show_it(acme: Company, shop: Shop, new_context: NewContext) -> None:
    with tenant_active(acme.tenant.pk):
        ChannelAccount.objects.update(address="https://shop.example")
    visitor = new_context().new_page()
    visitor.goto(shop.url)
    frame = open_chat(visitor)
    expect(frame.get_by_label("Your message")).to_have_count(0)
