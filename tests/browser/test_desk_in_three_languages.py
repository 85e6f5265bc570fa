"""The desk's pages in English, Japanese and Chinese: every word translated, nothing wider than a phone.

A page is loaded once per language at a desk's width; then the window is made as narrow as a phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import BrowserContext, Page

from core import catalogues
from core.clock import now
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import AT, Company
from tests.channels.providers import make_account
from tests.factories.channels import make_email
from tests.factories.customers import make_asset, make_contact
from tests.factories.tickets import OFFICE_HOURS, make_policy, make_ticket
from tickets import services
from tickets.models import SlaClock
from tickets.services.intake import INTAKE

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)

LOCALES = {"ja": "ja", "zh-hans": "zh_Hans"}
PHONE_WIDTH = 390
# A sentence nobody gave to gettext: three words of Latin letters in a page that is in another language.
SENTENCE = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}\b")

TEXTS = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim().replace(/\\s+/g, " ");
    const of = walk.currentNode.parentElement;
    if (text && of.closest("[lang]").lang === document.documentElement.lang
        && !of.closest("code, pre, script, style, template, option")) found.push(text);
  }
  for (const of of document.body.querySelectorAll("[aria-label], [placeholder], [title]"))
    if (of.closest("[lang]").lang === document.documentElement.lang)
      for (const name of ["aria-label", "placeholder", "title"])
        if (of.getAttribute(name)) found.push(of.getAttribute(name).trim());
  return found;
}"""
STICKING_OUT = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.body.querySelectorAll("*")].filter((of) => of.getBoundingClientRect().right > innerWidth + 1)
    .map((of) => `${of.localName}.${of.className}`)"""


@pytest.fixture
def paths(acme: Company) -> list[str]:
    """One of everything that the desk's pages show, and where they are."""
    with tenant_active(acme.tenant.pk):
        policy = make_policy(name="標準の約束", calendar={})
        contact = make_contact(make_asset().site.customer)
        words = {"subject": "コピー機の紙詰まり", "description": "毎日のことです。"}
        ticket = make_ticket(**words, contact_id=contact.pk, at=now())
        clock = SlaClock.objects.filter(ticket=ticket).first()
        assert clock
        services.take_in_email(
            raw=make_email(sender="", subject="紙詰まり", body="毎日です。"), at=AT, actor=INTAKE
        )
        services.create_canned_reply(title="到着前", body="これから伺います。", actor=acme.ada.actor, at=AT)
        calendar = services.create_calendar(
            name="本社", weekly=OFFICE_HOURS, country="JP", actor=acme.ada.actor, at=now()
        )
        account = make_account("line")
    settings = [
        "channels/",
        "channels/new/",
        f"channels/{account.pk}/",
        "calendars/",
        f"calendars/{calendar.pk}/",
        "policies/",
        f"policies/{policy.pk}/",
        f"policies/{policy.pk}/escalations/",
        "canned-replies/",
        "sub-states/",
        "undelivered/",
    ]
    desk = ["", "filter/", "call/", "new/", "quarantine/", f"{ticket.pk}/", f"{ticket.pk}/clocks/{clock.pk}/"]
    return [*(f"/t/acme/tickets/{path}" for path in desk), *(f"/t/acme/settings/{path}" for path in settings)]


def untranslated(language: str) -> frozenset[str]:
    """English texts that the catalogue says otherwise in this language."""
    with catalogues.po_path(LOCALES[language]).open("rb") as file:
        known = read_po(file, locale=LOCALES[language], ignore_obsolete=True)
    told = (message for message in known if isinstance(message.id, str) and message.string)
    return frozenset(str(message.id) for message in told if message.string != message.id)


def faults(page: Page, path: str, language: str, foreign: frozenset[str]) -> list[str]:
    page.goto(f"{path}?lang={language}", wait_until="domcontentloaded")
    page.wait_for_function("() => !document.querySelector('[hx-trigger=load]')")
    assert str(page.locator("html").get_attribute("lang")).lower() == language
    found: list[str] = []
    if foreign:
        texts = page.evaluate(TEXTS)
        found = [f"{path} in {language}: {t!r}" for t in texts if t in foreign or SENTENCE.search(t)]
    desk = page.viewport_size
    assert desk
    for width in (desk["width"], PHONE_WIDTH):
        page.set_viewport_size({"width": width, "height": desk["height"]})
        if wide := page.evaluate(STICKING_OUT):
            found.append(f"{path} in {language} at {width} px: {', '.join(wide[:12])}")
    page.set_viewport_size(desk)
    return found


def test_every_page_of_the_desk_speaks_three_languages_and_fits_a_phone(
    acme: Company, paths: list[str], new_context: NewContext
) -> None:
    page = sign_in(new_context, acme.ada)
    found: list[str] = []
    for language in ("en", *LOCALES):
        foreign = untranslated(language) if language in LOCALES else frozenset()
        for path in paths:
            found += faults(page, path, language, foreign)
    assert not found, "\n".join(found)
