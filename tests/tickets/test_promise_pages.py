"""The settings pages of calendars and policies, a clock's ledger, and the clocks of the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.errors import BadInput
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.tickets import FOUNDER, OFFICE_HOURS, make_policy, make_ticket
from tickets import closed_days, queries, services
from tickets.models import BusinessCalendar, SlaClock, SlaItem, SlaPolicy

ICS = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//x//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20261228\r
DTEND;VALUE=DATE:20270102\r
SUMMARY:Year's end\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART;TZID=Asia/Tokyo:20261201T130000\r
DTEND;TZID=Asia/Tokyo:20261201T150000\r
RRULE:FREQ=WEEKLY;COUNT=3\r
SUMMARY:Team meeting\r
END:VEVENT\r
END:VCALENDAR\r
"""


def make_calendar(**facts: Any) -> BusinessCalendar:
    values = {"name": "Office", "weekly": OFFICE_HOURS, "actor": FOUNDER, "at": AT, **facts}
    return services.create_calendar(**values)


def rows(*items: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {"item-TOTAL_FORMS": len(items), "item-INITIAL_FORMS": initial}
    for number, item in enumerate(items):
        given = {"kpi": "resolution", "warn_percent": 70, "on_reopen": "continue", **item}
        found |= {f"item-{number}-{name}": value for name, value in given.items()}
    return found


def test_closed_days_come_from_an_icalendar_file(in_acme: Company) -> None:
    calendar = make_calendar()
    assert services.import_closed_days(calendar_id=calendar.pk, data=ICS, actor=FOUNDER, at=AT) == 8
    calendar.refresh_from_db()
    days = queries.version_in_force(calendar).days
    assert days["2026-12-31"] == {"name": "Year's end", "open": [], "own": True}
    assert "2027-01-02" not in days, "the end of whole days is not counted"
    assert days["2026-12-15"]["open"] == [["09:00", "12:00"], ["15:00", "17:00"]]


@pytest.mark.parametrize(
    "data",
    [
        b"no calendar",
        ICS.replace(b"FREQ=WEEKLY;COUNT=3", b"FREQ=SECONDLY"),
        b"x" * (closed_days.MOST_BYTES + 1),
        b"\xff\xfe\x00",
    ],
)
def test_a_file_that_is_no_calendar_changes_nothing(in_acme: Company, data: bytes) -> None:
    calendar = make_calendar()
    with pytest.raises(BadInput):
        services.import_closed_days(calendar_id=calendar.pk, data=data, actor=FOUNDER, at=AT)
    assert calendar.versions.count() == 1


def test_hours_and_days_are_read_as_people_write_them() -> None:
    assert closed_days.hours_of("9-12, 13:00 - 17:30") == [["09:00", "12:00"], ["13:00", "17:30"]]
    days = closed_days.days_of("2026-12-24 9-12,13-15 Christmas Eve\n\n2026-12-25 Christmas\n2026-12-31")
    assert [day["open"] for day in days] == [[["09:00", "12:00"], ["13:00", "15:00"]], [], []]
    assert [day["name"] for day in days] == ["Christmas Eve", "Christmas", ""]
    assert closed_days.days_of(closed_days.text_of_days(days)) == days
    with pytest.raises(ValueError, match=r"24\.12"):
        closed_days.days_of("24.12.2026 closed")


def test_an_admin_names_a_calendar_changes_it_and_sees_its_month(acme: Company, client: Client) -> None:
    client.force_login(acme.ada.user)
    sent = {"name": "Shanghai", "mon": "9-12, 13-18", "country": "CN", "time_zone": "Asia/Shanghai"}
    answer = client.post("/t/acme/settings/calendars/new/", {**sent, "works_make_up_days": "on"})
    assert answer.status_code == 303
    page = client.get(f"{answer['Location']}?month=2026-10").content.decode()
    assert "v1" in page
    assert "Make-up day" in page
    changed = {**sent, "own_days": "2026-12-24 9-12 Half"}
    assert client.post(answer["Location"], changed).status_code == 303
    refused = client.post(answer["Location"], {**sent, "mon": "nine to five"})
    assert refused.status_code == 422
    assert "is no time span" in refused.content.decode()
    file = SimpleUploadedFile("closed.ics", ICS)
    assert client.post(f"{answer['Location']}import/", {"file": file}).status_code == 303
    with tenant_active(acme.tenant.pk):
        assert BusinessCalendar.objects.get().versions.count() == 3
    assert "Shanghai" in client.get("/t/acme/settings/calendars/").content.decode()


def test_an_admin_tries_and_publishes_a_policy(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        calendar = make_calendar()
    client.force_login(acme.ada.user)
    sent = {"name": "Gold", "tier": "gold", **rows({"target_minutes": 180, "calendar": calendar.pk})}
    tried = client.post("/t/acme/settings/policies/new/", {**sent, "try": "1", "start": "2026-11-20T16:00"})
    assert tried.status_code == 200
    assert "2026-11-23" in tried.content.decode() or "11:00" in tried.content.decode()
    with tenant_active(acme.tenant.pk):
        assert not SlaPolicy.objects.exists(), "trying saves nothing"
    assert client.post("/t/acme/settings/policies/new/", sent).status_code == 303
    with tenant_active(acme.tenant.pk):
        policy = SlaPolicy.objects.get()
        assert (policy.tier, policy.items.get().target_minutes) == ("gold", 180)
    where = f"/t/acme/settings/policies/{policy.pk}/"
    assert client.get(where).status_code == 200
    item = {"target_minutes": 60, "pauses_on": ["parts"]}
    shorter = {"name": "Gold", "is_active": "on", **rows(item, initial=1)}
    assert client.post(where, shorter).status_code == 303
    nameless = rows({"kpi": "other", "target_minutes": 60}, initial=1)
    assert client.post(where, {"name": "Gold", **nameless}).status_code == 422
    with tenant_active(acme.tenant.pk):
        published = SlaItem.objects.get(version=2)
        assert (published.target_minutes, published.pauses_on) == (60, ["parts"])
    assert client.post(f"{where}switch/", {"is_active": "0"}).status_code == 303
    assert "Gold" in client.get("/t/acme/settings/policies/").content.decode()


def test_the_desk_may_not_change_promises(acme: Company, client: Client) -> None:
    client.force_login(acme.sora.user)
    for path in ("calendars/", "calendars/new/", "policies/", "policies/new/"):
        assert client.get(f"/t/acme/settings/{path}").status_code == 403


def test_a_clock_opens_its_full_ledger(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        make_policy()
        ticket = make_ticket()
        clock = SlaClock.objects.get(ticket=ticket, kpi="resolution")
    client.force_login(acme.sora.user)
    page = client.get(f"/t/acme/tickets/{ticket.pk}/clocks/{clock.pk}/").content.decode()
    assert "It holds for every ticket" in page
    assert "Business hours v1" in page
    assert "warned at 70 %" in page
    assert client.get(f"/t/acme/tickets/{ticket.pk}/clocks/0/").status_code == 404


def test_the_api_explains_clocks(acme: Company, program: Callable[..., Client]) -> None:
    with tenant_active(acme.tenant.pk):
        make_policy()
        ticket = make_ticket()
    answer = program(acme).get(f"/api/v1/tickets/{ticket.pk}/clocks")
    assert answer.status_code == 200
    found = {clock["kpi"]: clock for clock in answer.json()}
    assert found["resolution"]["why"] == "It holds for every ticket"
    assert found["resolution"]["warn_percent"] == 70
    assert found["resolution"]["explanation"][0]["state"] == "running"


def test_days_of_a_calendar_are_expanded_for_the_years_that_matter(in_acme: Company) -> None:
    version = queries.version_in_force(make_calendar(country="JP"))
    assert version.expanded_until == date(2028, 12, 31)


def ics(*events: str) -> bytes:
    """A file of events, each given by its DTSTART and DTEND lines."""
    blocks = (f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{''.join(blocks)}END:VCALENDAR\r\n".encode()


def test_an_event_takes_hours_only_from_an_open_day(in_acme: Company) -> None:
    """A meeting on a public holiday must not open that day, and one at night takes nothing."""
    calendar = make_calendar(country="JP")
    holiday = "DTSTART;TZID=Asia/Tokyo:20261123T150000\r\nDTEND;TZID=Asia/Tokyo:20261123T160000"
    night = "DTSTART;TZID=Asia/Tokyo:20261125T220000\r\nDTEND;TZID=Asia/Tokyo:20261125T230000"
    data = ics(holiday, night)
    assert services.import_closed_days(calendar_id=calendar.pk, data=data, actor=FOUNDER, at=AT) == 0
    calendar.refresh_from_db()
    version = queries.version_in_force(calendar)
    assert (version.number, version.days["2026-11-23"]["open"]) == (1, [])
    assert "2026-11-25" not in version.days


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no calendar", "it is damaged, or no iCalendar file"),
        (b"x" * (closed_days.MOST_BYTES + 1), "it is larger than 1 MB"),
        (ICS.replace(b"FREQ=WEEKLY;COUNT=3", b"FREQ=SECONDLY"), "repeats more than once a day"),
    ],
)
def test_a_file_that_is_refused_says_why_beside_itself(
    acme: Company, client: Client, data: bytes, words: str
) -> None:
    with tenant_active(acme.tenant.pk):
        calendar = make_calendar()
    client.force_login(acme.ada.user)
    where = f"/t/acme/settings/calendars/{calendar.pk}/import/"
    answer = client.post(where, {"file": SimpleUploadedFile("closed.ics", data)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "id_file-error" in answer.content.decode()


@pytest.mark.parametrize("hours", ["9-25", "24-24", "9:70-12"])
def test_hours_that_no_clock_shows_are_refused_at_their_day(
    acme: Company, client: Client, hours: str
) -> None:
    client.force_login(acme.ada.user)
    answer = client.post("/t/acme/settings/calendars/new/", {"name": "Office", "mon": hours})
    assert answer.status_code == 422
    assert f"“{hours}” is no time span" in answer.content.decode()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("2026-12-24 12-9 Eve", "ends before it starts"),
        ("2026-12-24 9-12\n2026-12-24", "stands here twice"),
        ("24 December", "cannot be read"),
    ],
)
def test_a_day_of_our_own_that_cannot_be_says_why(
    acme: Company, client: Client, lines: str, words: str
) -> None:
    client.force_login(acme.ada.user)
    answer = client.post("/t/acme/settings/calendars/new/", {"name": "Office", "own_days": lines})
    assert words in answer.content.decode()


def test_a_region_that_is_not_known_is_named_at_its_field(acme: Company, client: Client) -> None:
    client.force_login(acme.ada.user)
    sent = {"name": "Office", "mon": "9-17", "country": "JP", "subdivision": "XX"}
    page = client.post("/t/acme/settings/calendars/new/", sent).content.decode()
    assert "No holidays are known for JP XX" in page
    assert "id_subdivision-error" in page


@pytest.mark.parametrize(("language", "name"), [("en", "Japan"), ("ja", "日本"), ("zh-hans", "日本")])
def test_countries_are_named_in_the_readers_language(
    acme: Company, client: Client, language: str, name: str
) -> None:
    client.force_login(acme.ada.user)
    page = client.get(f"/t/acme/settings/calendars/new/?lang={language}").content.decode()
    assert f'<option value="JP">{name}</option>' in page


def test_a_trial_says_what_is_missing(acme: Company, client: Client) -> None:
    client.force_login(acme.ada.user)
    where = "/t/acme/settings/policies/new/"
    sent = {"name": "Gold", "try": "1", **rows({"target_minutes": 60})}
    assert client.post(where, sent).status_code == 422
    backwards = {**sent, "start": "2026-11-20T16:00", "stop": "2026-11-20T15:00"}
    assert "This is before it begins" in client.post(where, backwards).content.decode()
    empty = {"name": "Gold", "try": "1", "start": "2026-11-20T16:00", **rows({"target_minutes": ""})}
    assert "nothing to try" in client.post(where, empty).content.decode()


def test_a_trial_is_told_by_the_calendars_own_clock(acme: Company, client: Client) -> None:
    with tenant_active(acme.tenant.pk):
        calendar = make_calendar(weekly={}, time_zone="America/New_York")
    client.force_login(acme.ada.user)
    promise = rows({"target_minutes": 60, "calendar": calendar.pk})
    sent = {"name": "Gold", "try": "1", "start": "2026-11-20T16:00", **promise}
    page = client.post("/t/acme/settings/policies/new/", sent).content.decode()
    assert "Fri 20 Nov 2026, 3:00" in page
    assert "America/New_York" in page
