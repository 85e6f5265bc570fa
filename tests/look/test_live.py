"""Live parts: they ask for themselves again, except under the hand of somebody who writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route
from pytest_django.live_server_helper import LiveServer

PART = """
() => {
  document.head.insertAdjacentHTML("beforeend", '<meta name="live-url" content="/feed">');
  document.querySelector(".page").insertAdjacentHTML("afterbegin",
    '<section id="queue" data-live="ticket visit" data-live-url="/part"><p>old</p><input id="w"></section>');
  return import("/static/js/live.js");
}
"""


@pytest.fixture
def feed(page: Page, live_server: LiveServer, settings: Any) -> Iterator[Page]:
    settings.DEBUG = True
    page.route(
        "**/feed",
        lambda route: route.fulfill(
            content_type="text/event-stream", body='data: {"id": 1, "topic": "visit", "visit_id": 7}\n\n'
        ),
    )
    page.goto(f"{live_server.url}/look/")
    yield page


def _answer(route: Route) -> None:
    route.fulfill(
        content_type="text/html",
        body='<section id="queue" data-live="ticket"><p>new</p><input id="w"></section>',
    )


def test_a_part_asks_for_itself_when_its_topic_changes(feed: Page) -> None:
    feed.route("**/part", _answer)
    feed.evaluate(PART)
    feed.locator("#queue p", has_text="new").wait_for()


def test_a_part_under_somebody_s_hand_waits(feed: Page) -> None:
    asked: list[str] = []

    def note(route: Route) -> None:
        asked.append(route.request.url)
        _answer(route)

    feed.route("**/part", note)
    feed.evaluate(PART.replace("return import", "document.getElementById('w').focus(); return import"))
    feed.locator("#queue[data-waiting]").wait_for(state="attached")
    assert asked == []
    feed.evaluate("document.getElementById('w').blur()")
    feed.locator("#queue p", has_text="new").wait_for()
