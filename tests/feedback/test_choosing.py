"""The question as the customer reads it: the message, the page without signing in, and each answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from channels.models import ChannelAccount, OutboundMessage
from core.clock import now
from core.errors import NotFound
from customers.models import ContactAddress
from dispatch import queries
from dispatch import services as dispatching
from dispatch.enums import ConsentCause, ConsentStatus
from dispatch.models import ConsentRequest, Visit
from dispatch.queries.live import forget
from feedback import links, services
from feedback.enums import LinkPurpose
from feedback.models import CustomerLink
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.consents import SYSTEM, local, make_appointment, make_question
from tests.factories.dispatch import make_visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget()
    cache.clear()


def _asked(company: Company, **facts: Any) -> tuple[ConsentRequest, str]:
    """An open question with the address of its page."""
    at = facts.pop("at", None) or now()
    with tenant_active(company.tenant.pk):
        consent = make_question(make_appointment(at, days=2, **facts), at, start_at=local(at, 3, 14))
        link = services.invite_to_choose(consent_id=consent.pk, actor=SYSTEM, at=at)
        assert link is not None
        return consent, links.path_of(company.tenant, link)


def _state(company: Company) -> tuple[str, datetime]:
    with tenant_active(company.tenant.pk):
        return ConsentRequest.objects.get().status, Visit.objects.order_by("id")[0].start_at


def test_the_question_goes_out_once_by_the_way_they_prefer(in_acme: Company) -> None:
    ChannelAccount.objects.create(channel="line", adapter="line", name="LINE", is_active=True)
    visit = make_appointment(language="ja")
    contact = visit.work_order.contact
    assert contact is not None
    ContactAddress.objects.create(contact=contact, channel="line", address="U123")
    contact.prefers = "line"
    contact.save()
    consent = make_question(visit)
    for _time in range(2):
        services.invite_to_choose(consent_id=consent.pk, actor=SYSTEM, at=AT)
    message, link = OutboundMessage.objects.get(), CustomerLink.objects.get()
    assert (message.channel, message.recipient, message.language) == ("line", "U123", "ja")
    assert message.is_secret and links.code_of(link) in message.body
    assert (link.purpose, link.consent_id) == (LinkPurpose.CHOOSE, consent.pk)
    assert "10:00–12:00" in message.body


def test_a_question_that_ended_is_not_sent(in_acme: Company) -> None:
    consent = make_question()
    dispatching.withdraw_consent(consent_id=consent.pk, actor=SYSTEM, at=AT)
    assert services.invite_to_choose(consent_id=consent.pk, actor=SYSTEM, at=AT) is None
    assert not OutboundMessage.objects.exists()


def test_looking_changes_nothing_and_shows_what_is_offered(acme: Company, client: Client) -> None:
    consent, url = _asked(acme)
    for _time in range(2):
        page = client.get(url)
    text = page.content.decode()
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    assert text.count('name="choice"') == len(consent.options) + 1 and "10:00–12:00" in text
    assert _state(acme) == ("asked", consent.from_start_at)


@pytest.mark.parametrize(("lang", "words"), [("ja", "予約"), ("zh-hans", "预约")])
def test_in_their_language_and_their_clock(acme: Company, client: Client, lang: str, words: str) -> None:
    _consent, url = _asked(acme)
    page = client.get(f"{url}?lang={lang}")
    assert page.headers["Content-Language"] == lang
    assert words in page.content.decode() and "10:00–12:00" in page.content.decode()


def test_one_tap_books_and_the_link_then_shows_it(acme: Company, client: Client) -> None:
    consent, url = _asked(acme)
    answer = client.post(url, {"choice": "0", "comment": "Ring twice"})
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    wished = datetime.fromisoformat(consent.options[0]["at"])
    assert _state(acme) == ("agreed", wished)
    shown = client.get(url).content.decode()
    assert "booked for the time you chose" in shown and "14:00–16:00" in shown
    again = client.post(url, {"choice": "keep"})
    assert again.status_code == 409
    assert _state(acme) == ("agreed", wished)
    with tenant_active(acme.tenant.pk):
        assert ConsentRequest.objects.get().comment == "Ring twice"


def test_they_may_keep_it(acme: Company, client: Client) -> None:
    consent, url = _asked(acme)
    assert client.post(url, {"choice": "keep"}).status_code == 303
    assert _state(acme) == ("kept", consent.from_start_at)
    assert "stays as it is" in client.get(url).content.decode()


def test_a_time_taken_meanwhile_is_told_and_what_is_left_is_shown(acme: Company, client: Client) -> None:
    consent, url = _asked(acme)
    with tenant_active(acme.tenant.pk):
        start = datetime.fromisoformat(consent.options[0]["start"])
        make_visit(start, engineer=consent.from_engineer, minutes=120)
    answer = client.post(url, {"choice": "0", "comment": "Ring twice"})
    text = answer.content.decode()
    assert answer.status_code == 409 and "Somebody else took that time" in text
    assert "Taken meanwhile" in text and "Ring twice" in text
    assert _state(acme) == ("asked", consent.from_start_at)
    assert client.post(url, {"choice": "1"}).status_code == 303
    assert _state(acme)[0] == ConsentStatus.CHOSE_OTHER


@pytest.mark.parametrize("choice", ["", "9", "-1", "two"])
def test_nonsense_is_no_answer(acme: Company, client: Client, choice: str) -> None:
    consent, url = _asked(acme)
    assert client.post(url, {"choice": choice}).status_code == 422
    assert _state(acme) == ("asked", consent.from_start_at)


def test_too_late(acme: Company, client: Client) -> None:
    consent, url = _asked(acme)
    with tenant_active(acme.tenant.pk):
        past = now() - timedelta(minutes=1)
        ConsentRequest.objects.update(asked_at=past - timedelta(hours=1), expires_at=past)
    assert "time to answer is over" in client.get(url).content.decode()
    assert client.post(url, {"choice": "0"}).status_code == 409
    assert _state(acme) == ("asked", consent.from_start_at)


def test_taken_back(acme: Company, client: Client) -> None:
    consent, url = _asked(acme)
    with tenant_active(acme.tenant.pk):
        dispatching.withdraw_consent(consent_id=consent.pk, actor=SYSTEM, at=now())
    assert "need no answer" in client.get(url).content.decode()
    assert client.post(url, {"choice": "0"}).status_code == 409


def test_the_link_is_for_this_question_of_this_company_only(
    acme: Company, globex: Company, client: Client
) -> None:
    _consent, url = _asked(acme)
    code = url.rstrip("/").rpartition("/")[2]
    strange = [
        url.replace(acme.tenant.slug, globex.tenant.slug),
        url.replace("/m/", "/r/"),
        url.replace("/m/", "/v/"),
        url.replace(code, "0123456789abcdefghjkmnpqrs"),
    ]
    for address in strange:
        assert client.get(address).status_code == 404
    assert client.post(strange[0], {"choice": "0"}).status_code == 404
    with tenant_active(globex.tenant.pk), pytest.raises(NotFound):
        services.answer_question(code=code, choice=0, at=now())
    with tenant_active(acme.tenant.pk):
        CustomerLink.objects.update(revoked_at=now())
    assert client.get(url).status_code == 404
    assert client.post(url, {"choice": "0"}).status_code == 404


def test_why_they_are_asked(acme: Company, client: Client) -> None:
    _consent, url = _asked(acme)
    assert "We would like to come at another time" in client.get(url).content.decode()
    with tenant_active(acme.tenant.pk):
        ConsentRequest.objects.update(cause=ConsentCause.ABSENCE)
    assert "Your engineer cannot come" in client.get(url).content.decode()
    with tenant_active(acme.tenant.pk):
        assert queries.waiting_consents_for(SYSTEM) == 1
