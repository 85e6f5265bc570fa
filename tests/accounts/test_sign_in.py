"""Signing in, in a real browser: password, passkey, authenticator app; scripts do not pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import services
from customers.models import Customer
from tenants.active import tenant_active
from tests.cast import AT, PASSWORD, Company, Person

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _sign_in(page: Page, person: Person) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(person.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def _sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button").click()
    expect(page).to_have_url("/accounts/login/")


def _confirm_access(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_a_password_leads_to_the_first_place_of_the_role(page: Page, acme: Company) -> None:
    _sign_in(page, acme.sora)
    expect(page).to_have_url("/t/acme/tickets/")
    # The page says who is signed in; a message about it would be in the language of the gate.
    expect(page.get_by_text("signed in as")).to_have_count(0)
    _sign_out(page)
    _sign_in(page, acme.cora)
    page.wait_for_url("**/t/acme/**")


def test_a_passkey_is_added_and_signs_in_alone(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, acme: Company
) -> None:
    # A passkey belongs to a name, never to an address.
    page = new_context(base_url=live_server.url.replace("127.0.0.1", "localhost")).new_page()
    devices: Any = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    _sign_in(page, acme.dora)
    page.goto("/t/acme/settings/security/")
    expect(page.get_by_text("protected by a password alone")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    _confirm_access(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    page.goto("/t/acme/settings/security/")
    expect(page.get_by_text("protected by a password alone")).to_have_count(0)
    _sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/t/acme/**")


def test_an_authenticator_app_is_asked_for_after_the_password(page: Page, acme: Company) -> None:
    _sign_in(page, acme.ada)
    page.goto("/accounts/2fa/totp/activate/")
    _confirm_access(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.get_by_label("Authenticator code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Activate").click()
    codes = page.locator("#recovery_codes").input_value().split()
    assert len(codes) == 10
    _sign_out(page)
    _sign_in(page, acme.ada)
    expect(page.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("main").get_by_role("button", name="Sign In", exact=True).click()
    page.wait_for_url("**/t/acme/**")


def test_another_session_is_seen_and_ended(
    page: Page, new_context: Callable[..., BrowserContext], acme: Company
) -> None:
    other = new_context(user_agent="Mozilla/5.0 (X11; Linux) Firefox/140.0").new_page()
    _sign_in(other, acme.sora)
    _sign_in(page, acme.sora)
    page.goto("/t/acme/settings/security/")
    expect(page.get_by_text("Firefox · Linux")).to_be_visible()
    page.get_by_role("link", name="End other sessions").click()
    page.get_by_role("main").get_by_role("button", name="Sign out everywhere else").click()
    other.goto("/t/acme/tickets/")
    expect(other).to_have_url("/accounts/login/?next=/t/acme/tickets/")
    page.goto("/t/acme/tickets/")
    expect(page).to_have_url("/t/acme/tickets/")


@pytest.mark.allows_console_error("content security policy")
@pytest.mark.allows_console_error("Content Security Policy")
def test_a_planted_script_does_not_run(page: Page, acme: Company) -> None:
    """Were a page to forget to escape, the policy would hold: this is planted past the templates."""
    _sign_in(page, acme.sora)
    page.wait_for_url("**/t/acme/tickets/")
    page.route("**/t/acme/tickets/", _plant)
    page.goto("/t/acme/tickets/")
    assert page.locator("#planted").count() == 1, "the plant is there"
    assert page.evaluate("window.stolen === undefined")


def _plant(route: Any) -> None:
    answer = route.fetch()
    script = (
        "<i id=planted></i><script>window.stolen = 1</script><img src='data:,' onerror='window.stolen=1'>"
    )
    route.fulfill(response=answer, body=answer.text().replace("</body>", f"{script}</body>"))


def test_names_with_markup_are_only_names(page: Page, acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        services.create_role(
            name="<script>window.stolen = 1</script>", permissions=[], actor=acme.ada.actor, at=AT
        )
        Customer.objects.create(name="<img src=x onerror=window.stolen=1>")
    _sign_in(page, acme.ada)
    for path in ("settings/roles/", "audit/", "customers/", "settings/people/new/"):
        page.goto(f"/t/acme/{path}")
        assert page.evaluate("window.stolen === undefined")


def test_the_session_cookie_is_out_of_reach_of_scripts(page: Page, acme: Company) -> None:
    _sign_in(page, acme.sora)
    page.wait_for_url("**/t/acme/tickets/")
    cookie = next(c for c in page.context.cookies() if c["name"] == "session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "session=" not in page.evaluate("document.cookie")


def test_the_secret_of_a_token_is_copied(new_context: Callable[..., BrowserContext], acme: Company) -> None:
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    _sign_in(page, acme.ada)
    page.wait_for_url("**/t/acme/**")
    page.goto("/t/acme/settings/tokens/new/")
    page.get_by_label("Name").fill("Web shop")
    page.get_by_label("See tickets").check()
    page.get_by_role("button", name="Make token").click()
    page.wait_for_load_state()
    secret = page.locator("#fresh-secret").inner_text()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
