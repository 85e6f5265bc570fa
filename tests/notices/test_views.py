"""The bell, one's notices, one's wishes and the roster, as people use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from core.clock import now
from notices import queries, services
from notices.models import Notice, OnCallDuty
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import Company, Person
from tests.notices.kinds import GIVEN, LATE

SignIn = Callable[[Person], Client]
LIST, BELL = "/t/acme/notices/", "/t/acme/notices/bell/"


def tell(acme: Company, person: Person, key: str = "a", path: str = "/t/acme/settings/profile/") -> Notice:
    with tenant_active(acme.tenant.pk):
        services.set_own_hours(weekly={}, mail="none", kinds={}, actor=person.actor, at=now())
        (notice,) = services.notify(
            membership_ids=[person.membership.pk],
            kind=LATE,
            facts={"what": "T-7", "detail": "The copier jams"},
            path=path,
            key=key,
            actor=Actor.system("tests"),
            at=now(),
        )
    return notice


def test_the_bell_counts_what_is_unread(acme: Company, signed_in: SignIn) -> None:
    sora = signed_in(acme.sora)
    assert 'class="count"' not in sora.get(BELL).content.decode()
    tell(acme, acme.sora)
    page = sora.get("/t/acme/settings/profile/").content.decode()
    assert '<span class="count" aria-hidden="true">1</span>' in page
    assert 'class="count"' not in signed_in(acme.dora).get(BELL).content.decode()


def test_opening_a_notice_reads_it_and_goes_there(acme: Company, signed_in: SignIn) -> None:
    notice, sora = tell(acme, acme.sora), signed_in(acme.sora)
    assert "About T-7" in sora.get(LIST).content.decode()
    answer = sora.post(f"/t/acme/notices/{notice.pk}/open/")
    assert (answer.status_code, answer["Location"]) == (303, "/t/acme/settings/profile/")
    assert "About T-7" not in sora.get(LIST).content.decode()
    assert "About T-7" in sora.get(f"{LIST}?show=all").content.decode()


def test_another_persons_notice_is_nobodys(acme: Company, signed_in: SignIn) -> None:
    notice = tell(acme, acme.sora)
    assert signed_in(acme.dora).post(f"/t/acme/notices/{notice.pk}/open/").status_code == 404
    assert "About T-7" not in signed_in(acme.dora).get(f"{LIST}?show=all").content.decode()


def test_everything_can_be_read_at_once(acme: Company, signed_in: SignIn) -> None:
    tell(acme, acme.sora, "a")
    tell(acme, acme.sora, "b")
    sora = signed_in(acme.sora)
    assert sora.post("/t/acme/notices/read/").status_code == 303
    with tenant_active(acme.tenant.pk):
        assert queries.unread_count(acme.sora.membership.pk) == 0


def test_a_notice_of_a_kind_nobody_knows_any_more_can_be_read(acme: Company, signed_in: SignIn) -> None:
    notice = tell(acme, acme.sora)
    with tenant_active(acme.tenant.pk):
        Notice.objects.filter(pk=notice.pk).update(kind="of_another_release")
    assert "Something happened" in signed_in(acme.sora).get(LIST).content.decode()


def test_one_says_ones_own_hours(acme: Company, signed_in: SignIn) -> None:
    sora = signed_in(acme.sora)
    assert "08:00–18:00" in sora.get("/t/acme/settings/own-hours/").content.decode()
    wishes = {"mon": "9-12, 13:00–17:30", "mail": "all", "wanted": [GIVEN]}
    assert sora.post("/t/acme/settings/own-hours/", wishes).status_code == 303
    with tenant_active(acme.tenant.pk):
        own = queries.find_own_hours(acme.sora.membership.pk)
    assert own is not None
    assert own.weekly["mon"] == [["09:00", "12:00"], ["13:00", "17:30"]]
    assert own.weekly["tue"] == []
    assert (own.mail, own.kinds[GIVEN], own.kinds[LATE]) == ("all", True, False)
    page = sora.get("/t/acme/settings/own-hours/").content.decode()
    assert "09:00–12:00, 13:00–17:30" in page


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"mail": "all", "mon": "in the morning"}, "are no hours"),
        ({"mail": "all"}, "nothing would ever reach you"),
        ({"mon": "9-17"}, "required"),
    ],
)
def test_hours_that_cannot_be_are_told_back(
    acme: Company, signed_in: SignIn, wishes: dict[str, str], said: str
) -> None:
    answer = signed_in(acme.sora).post("/t/acme/settings/own-hours/", wishes)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_the_roster_shows_who_is_on_call(acme: Company, signed_in: SignIn) -> None:
    dora = signed_in(acme.dora)
    url = "/t/acme/settings/on-call/"
    assert "Nobody. Warnings wait" in dora.get(url).content.decode()
    there = now().astimezone(acme.tenant.zone)
    duty = {
        "membership_id": acme.sora.membership.pk,
        "from_at": f"{there - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "until_at": f"{there + timedelta(hours=5):%Y-%m-%dT%H:%M}",
        "every_weeks": "2",
    }
    assert dora.post(url, duty).status_code == 303
    page = dora.get(url).content.decode()
    assert "Nobody. Warnings wait" not in page
    assert page.count("Sora Desk") >= 3
    with tenant_active(acme.tenant.pk):
        entry = OnCallDuty.objects.get()
        assert abs(entry.from_at - (now() - timedelta(hours=1))) < timedelta(minutes=2)
    assert dora.post(f"{url}{entry.pk}/remove/").status_code == 303
    assert "Nobody. Warnings wait" in dora.get(url).content.decode()


def test_a_time_that_ends_before_it_begins_is_told_back(acme: Company, signed_in: SignIn) -> None:
    duty = {
        "membership_id": acme.sora.membership.pk,
        "from_at": "2026-12-01T18:00",
        "until_at": "2026-12-01T08:00",
        "every_weeks": "0",
    }
    answer = signed_in(acme.dora).post("/t/acme/settings/on-call/", duty)
    assert answer.status_code == 422
    assert "ends before it begins" in answer.content.decode()


def test_the_roster_is_closed_to_the_rest(acme: Company, signed_in: SignIn) -> None:
    assert signed_in(acme.sora).get("/t/acme/settings/on-call/").status_code == 403
