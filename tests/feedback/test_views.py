"""Customer pages, the engineer's code, and the list of ratings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils.html import escape

from core.clock import now
from dispatch.enums import VisitStatus
from feedback import links, services
from feedback.enums import LinkPurpose
from feedback.models import CustomerLink, Recovery, Response
from feedback.rules import Device
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.billing import make_engineer, make_visit, make_work_order
from tests.factories.customers import make_contact, make_site
from tests.factories.feedback import make_link, make_response

SignIn = Callable[[Person], Client]


@pytest.fixture
def link(acme: Company) -> CustomerLink:
    with tenant_active(acme.tenant.pk):
        return make_link(at=now())


def address(company: Company, link: CustomerLink) -> str:
    return links.path_of(company.tenant, link)


def opened_of(page: Any) -> str:
    return str(page.context["opened"])


def test_looking_never_records(acme: Company, link: CustomerLink, client: Client) -> None:
    for query in ("", "?score=4", "?score=1&thanks"):
        assert client.get(address(acme, link) + query).status_code == 200
    assert client.head(address(acme, link)).status_code == 200
    with tenant_active(acme.tenant.pk):
        assert not Response.objects.exists()


def test_a_mails_link_preselects_a_face(acme: Company, link: CustomerLink, client: Client) -> None:
    page = client.get(address(acme, link) + "?score=4").content.decode()
    assert 'value="4" required checked' in page and page.count(" checked") == 1


def test_sending_works_without_a_script_and_thanks(acme: Company, link: CustomerLink, client: Client) -> None:
    url = address(acme, link)
    opened = opened_of(client.get(url))

    answer = client.post(url, {"score": "4", "reasons": ["on_time"], "comment": "Fine", "opened": opened})
    assert (answer.status_code, answer["Location"]) == (303, f"{url}?thanks")
    assert "Thank you" in client.get(answer["Location"]).content.decode()
    with tenant_active(acme.tenant.pk):
        response = Response.objects.get()
        assert (response.score, response.flags) == (4, ["fast"])


def test_what_the_engineer_sees_is_said_alike(
    acme: Company, link: CustomerLink, client: Client, signed_in: SignIn
) -> None:
    """The engineer's role may not see ratings, and both pages say so."""
    promise = "The engineer does not see your answer."
    client.post(address(acme, link), {"score": "4"})
    assert promise in client.get(f"{address(acme, link)}?thanks").content.decode()
    assert (
        promise in signed_in(acme.sora).get(f"/t/acme/visits/{link.visit_id}/rating-code/").content.decode()
    )
    assert signed_in(acme.tom).get("/t/acme/ratings/").status_code == 403


def test_it_works_for_a_browser_that_says_no_origin(acme: Company, link: CustomerLink) -> None:
    """A page with no-referrer posts `Origin: null`; the code in the address is the authority."""
    strict = Client(enforce_csrf_checks=True, headers={"Origin": "null"})
    assert strict.post(address(acme, link), {"score": "5"}).status_code == 303


def test_a_tap_is_saved_at_once_for_the_script(acme: Company, link: CustomerLink, client: Client) -> None:
    answer = client.post(address(acme, link), {"score": "2"}, headers={"Accept": "application/json"})
    assert answer.json() == {"saved": True, "score": 2}
    bad = client.post(address(acme, link), {"score": "9"}, headers={"Accept": "application/json"})
    assert (bad.status_code, bad.json()["saved"]) == (422, False)


def test_sending_nothing_asks_for_a_face(acme: Company, link: CustomerLink, client: Client) -> None:
    answer = client.post(address(acme, link), {"comment": "no face"})
    assert answer.status_code == 422 and "Choose one of the five faces" in answer.content.decode()


def test_a_saved_rating_is_shown_for_changing(acme: Company, link: CustomerLink, client: Client) -> None:
    client.post(address(acme, link), {"score": "3", "comment": "So <so>", "reasons": ["tidy"]})
    page = client.get(address(acme, link)).content.decode()
    assert escape("So <so>") in page and 'value="3" required checked' in page
    assert 'value="tidy" checked' in page


def test_after_a_day_the_thanks_page_offers_no_change(
    acme: Company, link: CustomerLink, client: Client
) -> None:
    client.post(address(acme, link), {"score": "3"})
    with tenant_active(acme.tenant.pk):
        Response.objects.update(recorded_at=now() - timedelta(days=2))
    page = client.get(address(acme, link)).content.decode()
    assert "Change my rating" not in page and "Thank you" in page
    assert client.post(address(acme, link), {"score": "5"}).status_code == 409


def test_the_address_of_a_customer_page_stays_private(
    acme: Company, link: CustomerLink, client: Client
) -> None:
    answer = client.get(address(acme, link))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]


def test_wrong_expired_revoked_and_foreign_look_the_same(
    acme: Company, globex: Company, client: Client
) -> None:
    with tenant_active(acme.tenant.pk):
        expired, revoked, track = (
            make_link(at=now()),
            make_link(at=now()),
            make_link(purpose=LinkPurpose.TRACK),
        )
        CustomerLink.objects.filter(pk=expired.pk).update(expires_at=now())
        services.revoke_link(link_id=revoked.pk, actor=acme.sora.actor, at=now())
        own = make_link(at=now())
    with tenant_active(globex.tenant.pk):
        foreign = make_link(at=now())
    codes = ["0" * 26, "x", *(links.code_of(one) for one in (expired, revoked, track, foreign))]
    answers = [client.get(f"/c/acme/r/{code}/") for code in codes]
    answers += [client.post(f"/c/acme/r/{code}/", {"score": "1"}) for code in codes]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(shared_headers(answer)) for answer in answers}) == 1
    assert client.get(address(acme, own)).status_code == 200, "the control: a good link opens"


def shared_headers(answer: Any) -> list[tuple[str, str]]:
    """All but the number of the request itself, which is random."""
    return sorted(pair for pair in answer.headers.items() if pair[0] != "X-Request-Id")


def test_guessing_is_slowed_down_and_a_forged_address_does_not_help(
    acme: Company, link: CustomerLink, client: Client
) -> None:
    for number in range(30):
        client.get(f"/c/acme/r/{number:026d}/", headers={"X-Forwarded-For": f"10.0.0.{number}"})
    answer = client.get(address(acme, link), headers={"X-Forwarded-For": "10.9.9.9"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert client.get(address(acme, link), REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize(
    ("asked", "browser", "contact", "language"),
    [
        ("?lang=zh-hans", "en", "ja", "zh-hans"),
        ("", "en", "ja", "ja"),
        ("", "zh-CN", "", "zh-hans"),
        ("?lang=xx", "en", "", "en"),
    ],
)
def test_language_by_wish_then_contact_then_browser(
    acme: Company, client: Client, *, asked: str, browser: str, contact: str, language: str
) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site()
        order = make_work_order(site, contact=make_contact(site.customer, language=contact))
        link = make_link(make_visit(order), at=now())
    page = client.get(address(acme, link) + asked, headers={"Accept-Language": browser})
    assert f'<html lang="{language}"' in page.content.decode()
    assert page["Content-Language"] == language


def test_flags_name_the_colleague_and_the_engineers_network(
    acme: Company, signed_in: SignIn, client: Client
) -> None:
    with tenant_active(acme.tenant.pk):
        visit = make_visit(engineer=make_engineer(membership=acme.tom.membership))
    tom = signed_in(acme.tom)
    assert tom.get(f"/t/acme/visits/{visit.pk}/rating-code/").status_code == 200
    with tenant_active(acme.tenant.pk):
        url = address(acme, CustomerLink.objects.get())

    tom.post(url, {"score": "5", "opened": opened_of(tom.get(url))})
    with tenant_active(acme.tenant.pk):
        assert Response.objects.get().flags == ["fast", "staff_session", "engineer_address"]


# Following a visit.


def track_page(company: Company, client: Client, **facts: Any) -> str:
    with tenant_active(company.tenant.pk):
        site = make_site(time_zone="Asia/Tokyo")
        visit = make_visit(
            make_work_order(site), start_at=datetime.fromisoformat("2099-11-23T01:00Z"), **facts
        )
        link = make_link(visit, LinkPurpose.TRACK)
    return client.get(address(company, link)).content.decode()


def test_before_the_visit_the_window_is_told_in_the_sites_time(acme: Company, client: Client) -> None:
    page = track_page(acme, client, status=VisitStatus.ACCEPTED, arrived_at=None, ended_at=None)
    assert "9:30–10:30" in page and "Tom Sato" in page
    assert 'http-equiv="refresh"' in page


def test_on_the_road_the_step_moves(acme: Company, client: Client) -> None:
    left = datetime.fromisoformat("2099-11-23T00:45Z")
    page = track_page(
        acme,
        client,
        status=VisitStatus.TRAVELLING,
        travel_started_at=left,
        travel_minutes=20,
        arrived_at=None,
        ended_at=None,
    )
    assert "9:55–10:15" in page and 'class="here" aria-current="step"' in page


def test_an_ended_visit_no_longer_refreshes(acme: Company, client: Client) -> None:
    page = track_page(acme, client)
    assert "The work is done" in page and "refresh" not in page


@pytest.mark.parametrize("status", [s for s in VisitStatus if s != VisitStatus.DONE])
def test_every_state_has_a_sentence(acme: Company, client: Client, status: VisitStatus) -> None:
    page = track_page(acme, client, status=status, arrived_at=None, ended_at=None)
    assert 'role="status">' in page


# The engineer's code.


def test_the_code_is_shown_to_the_engineer_of_the_visit_only(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        own = make_visit(engineer=make_engineer(membership=acme.tom.membership))
        other = make_visit(engineer=make_engineer(name="Kato"))
    tom = signed_in(acme.tom)

    page = tom.get(f"/t/acme/visits/{own.pk}/rating-code/")
    text = page.content.decode()
    assert "<svg" in text and "Scan this with your own phone" in text
    assert "no-store" in page["Cache-Control"]
    assert tom.get(f"/t/acme/visits/{other.pk}/rating-code/").status_code == 403
    assert signed_in(acme.sora).get(f"/t/acme/visits/{other.pk}/rating-code/").status_code == 200
    assert signed_in(acme.dora).get(f"/t/acme/visits/{other.pk}/rating-code/").status_code == 403


# Ratings and follow-ups.


def test_follow_ups_stand_first_and_are_finished_there(acme: Company, signed_in: SignIn) -> None:
    with tenant_active(acme.tenant.pk):
        make_response(score=1, comment="Cold again")
        recovery = Recovery.objects.get()
    sora = signed_in(acme.sora)
    page = sora.get("/t/acme/ratings/").content.decode()
    assert "Cold again" in page and "Follow-ups waiting" in page

    url = f"/t/acme/ratings/follow-ups/{recovery.pk}/finish/"
    assert sora.post(url, {f"r{recovery.pk}-outcome": ""}).status_code == 422
    assert sora.post(url, {f"r{recovery.pk}-outcome": "Called"}).status_code == 303
    assert "Nobody waits for a call" in sora.get("/t/acme/ratings/").content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 2),
        ("?score=low", 1),
        ("?score=5", 1),
        ("?score=flagged", 1),
        ("?on=2026-11-23", 2),
        ("?on=2026-11-22", 0),
    ],
)
def test_ratings_by_score_and_day(acme: Company, signed_in: SignIn, query: str, shown: int) -> None:
    with tenant_active(acme.tenant.pk):
        make_response(score=1, device=Device())
        make_response(score=5)
    assert len(signed_in(acme.dirk).get(f"/t/acme/ratings/{query}").context["rows"]) == shown


@pytest.mark.parametrize("query", ["?on=2026-99-99", "?on=x-y-z", "?score=abc", "?page=99"])
def test_nonsense_in_the_address_is_harmless(acme: Company, signed_in: SignIn, query: str) -> None:
    assert signed_in(acme.dirk).get(f"/t/acme/ratings/{query}").status_code == 200


def test_ratings_are_for_those_who_may_see_them(acme: Company, signed_in: SignIn) -> None:
    assert signed_in(acme.cora).get("/t/acme/ratings/").status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_ratings(
    acme: Company, signed_in: SignIn, rows: int, django_assert_num_queries: Any
) -> None:
    with tenant_active(acme.tenant.pk):
        for _ in range(rows):
            make_response(score=1)
    client = signed_in(acme.dirk)
    client.get("/t/acme/ratings/")
    with django_assert_num_queries(10):
        client.get("/t/acme/ratings/")


def test_the_throttle_counts_in_the_cache_only(acme: Company, link: CustomerLink, client: Client) -> None:
    cache.clear()
    assert client.get(address(acme, link)).status_code == 200


def test_an_address_that_is_the_sites_name_is_told_once(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        site = make_site(name="4 Elm St", address="4 Elm St, Bronx")
        visit = make_visit(make_work_order(site), status=VisitStatus.DISPATCHED)
        link = make_link(visit, LinkPurpose.TRACK, at=now())
    assert client.get(address(acme, link)).content.decode().count("4 Elm St") == 1
