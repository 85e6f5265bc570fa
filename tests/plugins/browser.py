"""A real Chromium for tests: `page` at desk size, `phone_page` at phone size, on `live_server`.

A test that uses them fails, too, when a page logs an error, throws one, or breaks the security policy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.plugins import chromium as installation

# Without these, Chromium calls its maker at every start.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", event =>
  console.error(`content security policy: ${event.violatedDirective} refuses ${event.blockedURI}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives the browser, so that `-m "not browser"` leaves it out."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a worker; where none can be had, its tests are skipped loudly."""
    path, reason = installation.find_or_install()
    if path is None:
        installation.say(f"BROWSER TESTS SKIPPED: {reason}")
        pytest.skip(reason)
    # Playwright's loop runs in this thread, where Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def complaints(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What pages complained about so far; what is there at the end, and was not allowed, fails the test."""
    found: list[str] = []
    yield found
    allowed = [mark.args[0] for mark in request.node.iter_markers("allows_console_error")]
    unexpected = [line for line in found if not any(part in line for part in allowed)]
    assert not unexpected, "The browser complained:\n" + "\n".join(unexpected)


@pytest.fixture
def new_context(
    chromium: Browser, live_server: LiveServer, complaints: list[str]
) -> Iterator[Callable[..., BrowserContext]]:
    """Make a browser context (its own cookies) whose pages are watched; arguments as Playwright's.

    Where a test provokes an error on purpose, `@pytest.mark.allows_console_error("part of it")` says so.
    """
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{"base_url": live_server.url, "locale": "en-GB", **DESK, **options})
        context.set_default_timeout(10_000)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda message: _note(message, complaints))
        context.on("weberror", lambda error: complaints.append(f"uncaught: {error.error}"))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A fresh page at desk size."""
    return new_context().new_page()


@pytest.fixture
def phone_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A fresh page on a phone: narrow, and touched rather than clicked."""
    return new_context(**PHONE).new_page()


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    """Remember errors. The icon is not one: Chromium asks for it wherever a page names none, as JSON does."""
    source = message.location.get("url", "")
    if message.type == "error" and not source.endswith("/favicon.ico"):
        complaints.append(f"{source}: {message.text}")
