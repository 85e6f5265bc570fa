"""The browser fixtures: two sizes, a real server, and no complaint goes unnoticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.plugins import browser


def test_the_desk_page_reaches_the_live_server(page: Page) -> None:
    answer = page.goto("/healthz")
    assert answer is not None
    assert answer.ok
    assert page.viewport_size == browser.DESK["viewport"]


def test_the_phone_page_is_narrow_and_touched(phone_page: Page) -> None:
    phone_page.goto("/healthz")
    assert phone_page.viewport_size == {"width": 390, "height": 844}
    assert phone_page.evaluate("matchMedia('(pointer: coarse)').matches")


@pytest.mark.parametrize(
    "script",
    [
        "console.error('marten')",
        "setTimeout(() => { throw new Error('marten') })",
        "document.body.append(Object.assign(document.createElement('script'), {src: 'https://marten.example/x.js'}))",
    ],
)
@pytest.mark.allows_console_error("marten")
def test_every_complaint_is_noticed(
    new_context: Callable[..., BrowserContext], script: str, complaints: list[str]
) -> None:
    page = new_context().new_page()
    page.route("**/guarded", lambda route: route.fulfill(
        body="<body>", headers={"content-security-policy": "script-src 'self' 'unsafe-eval'"}
    ))  # fmt: skip
    page.goto("/guarded")
    page.evaluate(script)
    page.wait_for_timeout(200)
    assert complaints
    assert "marten" in complaints[0]
