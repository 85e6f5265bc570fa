"""The story of `tests/journeys/test_breach_at_night.py` in a real browser: bells at two in the morning."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.forms import zone_choices
from core.clock import now
from notices.models import Notice
from tenants.active import tenant_active
from tests.browser.test_breakdown_in_the_browser import sign_in
from tests.cast import ACME, Company, found_company
from tests.factories.tickets import make_policy, make_ticket
from tests.journeys.test_breach_at_night import mailed, the_machine_works
from tickets import services as tickets

NewContext = Callable[..., BrowserContext]
pytestmark = pytest.mark.django_db(transaction=True)


def a_place_where_it_is_two() -> str:
    """A time zone whose clocks show 02:… at this moment, so that the story needs no other time than now."""
    places = (zone for zone, _label in zone_choices() if ZoneInfo(zone).tzname(None) is None)
    return next(place for place in places if now().astimezone(ZoneInfo(place)).hour == 2)


def test_bells_at_two_in_the_morning(db: None, new_context: NewContext) -> None:
    company = found_company("acme", "Acme Service", ACME, time_zone=a_place_where_it_is_two(), currency="JPY")
    an_hour_ago = now() - timedelta(minutes=61)
    with tenant_active(company.tenant.pk):
        policy = make_policy(
            calendar={},
            first_response_minutes=60,
            arrival_minutes=None,
            resolution_minutes=None,
            at=an_hour_ago,
        )
    say_who_is_told(sign_in(new_context, company.ada), policy.pk)
    put_dora_on_call(sign_in(new_context, company.dirk), now().astimezone(company.tenant.zone))
    a_promise_breaks(company, an_hour_ago)

    dora = sign_in(new_context, company.dora)
    expect(dora.locator("#bell .count")).to_have_text("1")
    dora.locator("#bell").click()
    expect(dora.get_by_text("you were on call")).to_be_visible()
    dora.get_by_role("button", name=re.compile("T-1: “First response” is late")).click()
    dora.wait_for_url(re.compile(r"/tickets/\d+/"))
    expect(dora.locator("#bell .count")).to_have_count(0)
    assert mailed(company) == ["dora"]

    for other in (company.ada, company.dirk, company.tom):
        with tenant_active(company.tenant.pk):
            assert not Notice.objects.filter(membership=other.membership).exists()
    dirk = sign_in(new_context, company.dirk)
    expect(dirk.locator("#bell")).to_be_visible()
    expect(dirk.locator("#bell .count")).to_have_count(0)
    sora = sign_in(new_context, company.sora)
    expect(sora.locator("#bell")).to_be_visible()
    expect(sora.locator("#bell .count")).to_have_count(0)
    work_at_night(sora)
    the_machine_works()
    sora.goto("/t/acme/notices/")
    expect(sora.locator("#bell .count")).to_have_text("1")
    expect(sora.get_by_text("T-1: “First response” is late")).to_be_visible()
    sora.get_by_role("button", name="Mark all as read").click()
    expect(sora.get_by_text("Nothing unread")).to_be_visible()


def say_who_is_told(ada: Page, policy_id: int) -> None:
    """The tenant admin begins with the usual escalations."""
    ada.goto(f"/t/acme/settings/policies/{policy_id}/escalations/")
    ada.get_by_role("button", name="Add the usual escalations").click()
    expect(ada.get_by_text("Whoever is on call", exact=False).first).to_be_visible()


def put_dora_on_call(dirk: Page, there: datetime) -> None:
    """The director writes the roster, in the company's time."""
    dirk.goto("/t/acme/settings/on-call/")
    expect(dirk.get_by_text("Nobody. Warnings wait")).to_be_visible()
    dirk.get_by_label("Person").select_option(label="Dora Dispatcher")
    dirk.get_by_label("From").fill(f"{there - timedelta(hours=8):%Y-%m-%dT%H:%M}")
    dirk.get_by_label("Until").fill(f"{there + timedelta(hours=6):%Y-%m-%dT%H:%M}")
    dirk.get_by_role("button", name="Put on call").click()
    expect(dirk.locator("#on-call-now")).to_contain_text("Dora Dispatcher")


def a_promise_breaks(company: Company, opened: datetime) -> None:
    """A ticket of Sora's that nobody answers for an hour."""
    with tenant_active(company.tenant.pk):
        ticket = make_ticket(at=opened)
        tickets.assign_owner(
            ticket_id=ticket.pk,
            owner_id=company.sora.membership.pk,
            actor=company.sora.actor,
            at=opened,
        )
    the_machine_works()


def work_at_night(sora: Page) -> None:
    """Sora wants to be told at any time from now on, which holds for what waits already."""
    sora.goto("/t/acme/settings/own-hours/")
    sora.get_by_label("At any time").check()
    sora.get_by_role("button", name="Save notices").click()
    expect(sora.get_by_text("Your notices will reach you like this")).to_be_visible()
