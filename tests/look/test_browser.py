"""The look in a real browser: no sideways scrolling, keyboard, signature, photographs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from core.views import PAGES


@pytest.fixture(autouse=True)
def style_pages(settings: Any) -> None:
    settings.DEBUG = True


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_from_320_to_1440_pixels(
    page: Page, live_server: LiveServer, name: str
) -> None:
    for language in ("en", "ja", "zh-hans"):
        page.goto(f"{live_server.url}/look/{name}/?lang={language}&errors=1&open=1")
        for width in (320, 390, 768, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert fits(page), f"{name} in {language} at {width} px"


def test_keys_open_the_sheet_and_the_search(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/look/")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()


def test_dark_is_kept_and_follows_the_device_until_chosen(page: Page, live_server: LiveServer) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_server.url}/look/")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.locator("[popovertarget=me]").click()
    page.locator("[data-set-theme=light]").click()
    light = page.evaluate(ground)
    assert light != dark
    page.reload()
    assert page.evaluate(ground) == light


def test_a_signature_is_drawn_and_cleared(phone_page: Page, live_server: LiveServer) -> None:
    phone_page.goto(f"{live_server.url}/look/phone/")
    canvas = phone_page.locator("fsm-signature canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    phone_page.mouse.move(box["x"] + 40, box["y"] + 50)
    phone_page.mouse.down()
    phone_page.mouse.move(box["x"] + 160, box["y"] + 90, steps=8)
    phone_page.mouse.up()
    stored = phone_page.locator("fsm-signature input[type=hidden]")
    assert stored.input_value().startswith("data:image/svg+xml;base64,")
    phone_page.locator("[data-clear]").click()
    assert stored.input_value() == ""


def test_a_photograph_is_made_small_before_it_is_sent(phone_page: Page, live_server: LiveServer) -> None:
    picture = io.BytesIO()
    Image.effect_noise((3000, 2200), 60).convert("RGB").save(picture, "JPEG", quality=95)
    phone_page.goto(f"{live_server.url}/look/phone/")
    phone_page.locator("fsm-photo input").set_input_files(
        {"name": "boiler.jpeg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    )
    phone_page.locator("fsm-photo img").wait_for()
    size, kind, name = phone_page.locator("fsm-photo input").evaluate(
        "input => [input.files[0].size, input.files[0].type, input.files[0].name]"
    )
    assert size <= 400 * 1024
    assert (kind, name) == ("image/jpeg", "boiler.jpg")
