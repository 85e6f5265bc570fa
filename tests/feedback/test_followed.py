"""What whoever asked reads of their request: how far it is, who comes when, when it was done, and how it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch.enums import LockLevel, VisitStatus
from dispatch.models import Visit
from feedback import links, services
from feedback.enums import LinkPurpose
from feedback.wording import progress_of
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.consents import HOUR, SYSTEM, local
from tests.factories.dispatch import make_ticket, make_visit, make_work_order
from tests.factories.workforce import make_engineer
from tickets.links import follow_path
from tickets.models import Ticket

TEN = local(AT, 1, 10)
MINUTE = timedelta(minutes=1)
V = VisitStatus


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, AT)


def be(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: at)


def read(company: Company, ticket: Ticket, language: str = "en") -> str:
    answer = Client().get(f"{follow_path(company.tenant, ticket)}&lang={language}", follow=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content.decode()


def make_asked(status: str, **facts: Any) -> tuple[Ticket, Visit]:
    """A ticket with a visit tomorrow at ten."""
    ticket = make_ticket()
    order = make_work_order(ticket=ticket, subject="Secret work")
    engineer = facts.pop("engineer", None) or make_engineer("Tom Tanaka")
    return ticket, make_visit(TEN, work_order=order, engineer=engineer, status=status, **facts)


@pytest.mark.parametrize(
    ("status", "facts", "is_told"),
    [
        (V.SCHEDULED, {}, False),
        (V.SCHEDULED, {"lock_level": LockLevel.CONFIRMED}, True),
        (V.DISPATCHED, {"sent_at": AT}, True),
    ],
)
def test_who_comes_and_when_is_told_once_it_is_sent_or_agreed(
    acme: Company, status: str, facts: dict[str, Any], is_told: bool
) -> None:
    with tenant_active(acme.tenant.pk):
        ticket, _visit = make_asked(status, **facts)
    page = read(acme, ticket)
    assert "Somebody comes on Tue 24 Nov 2026." in page
    assert ("Tue 24 Nov 2026 9:30–10:30" in page, "Tom Tanaka" in page) == (is_told, is_told)
    assert "Secret work" not in page and ticket.subject not in page


def test_on_the_way_is_told_with_the_time(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant_active(acme.tenant.pk):
        facts = {"travel_started_at": TEN - 20 * MINUTE, "travel_minutes": 25}
        ticket, _visit = make_asked(V.TRAVELLING, **facts)
    be(monkeypatch, TEN - 10 * MINUTE)
    page = read(acme, ticket)
    assert "The engineer is on the way to you." in page
    assert "9:55–10:15" in page and "works on it" not in page


@pytest.mark.parametrize(
    ("language", "said", "when"),
    [
        ("en", "It is done.", "Tue 24 Nov 2026 10:05–10:50"),
        ("ja", "完了しました", "2026/11/24(火) 10:05–10:50"),
        ("zh-hans", "已完成", "2026/11/24 周二 10:05–10:50"),
    ],
)
def test_done_work_says_when_it_really_was_and_asks_how(
    acme: Company, monkeypatch: pytest.MonkeyPatch, language: str, said: str, when: str
) -> None:
    with tenant_active(acme.tenant.pk):
        facts = {"arrived_at": TEN + 5 * MINUTE, "ended_at": TEN + 50 * MINUTE}
        ticket, visit = make_asked(V.DONE, **facts)
        Ticket.objects.filter(pk=ticket.pk).update(
            status="resolved", waiting_for="", resolved_at=TEN + HOUR, resolved_by="dispatch"
        )
        link = services.issue_link(visit_id=visit.pk, purpose=LinkPurpose.RATE, actor=SYSTEM, at=TEN + HOUR)
        path = links.path_of(acme.tenant, link)
    be(monkeypatch, TEN + 2 * HOUR)
    page = read(acme, ticket, language)
    assert said in page and when in page and path in page
    with tenant_active(acme.tenant.pk):
        services.record_response(code=links.code_of(link), score=5, at=TEN + 2 * HOUR)
    page = read(acme, ticket, language)
    assert path not in page, "what was rated is not asked again"


def test_a_crew_is_one_trip_and_what_was_called_off_is_none(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        ticket, _called_off = make_asked(V.CANCELLED)
        order = make_work_order(ticket=ticket, crew_size=2)
        crew: dict[str, Any] = {"work_order": order, "status": V.DISPATCHED, "crew_key": uuid4()}
        for name in ("Ann Abe", "Bo Baba"):
            make_visit(TEN, engineer=make_engineer(name), **crew)
    page = read(acme, ticket)
    assert "Ann Abe, Bo Baba" in page and "Tom Tanaka" not in page
    assert page.count('class="track"') == 1


def test_who_asked_for_what_was_merged_reads_of_what_it_goes_on_in(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        source, (target, _visit) = make_ticket(), make_asked(V.DISPATCHED)
        Ticket.objects.filter(pk=source.pk).update(status="merged", waiting_for="", merged_into=target)
    page = read(acme, source)
    assert str(source) in page and "9:30–10:30" in page


def test_many_visits_take_a_fixed_number_of_statements(acme: Company) -> None:
    def statements(number: int) -> int:
        with tenant_active(acme.tenant.pk):
            ticket, _visit = make_asked(V.DISPATCHED, engineer=make_engineer())
            for day in range(1, number):
                make_visit(
                    TEN - day * 24 * HOUR,
                    work_order=make_work_order(ticket=ticket),
                    status=V.DONE,
                    ended_at=TEN - day * 24 * HOUR,
                )
        with CaptureQueriesContext(connection) as asked:
            read(acme, ticket)
        return len(asked)

    statements(1)
    assert statements(2) == statements(5)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "new"}, "We have it. Somebody looks at it soon."),
        (
            {"status": "waiting", "waiting_for": "visit", "visit_at": AT + timedelta(days=1)},
            "Somebody comes on",
        ),
        ({"status": "waiting", "waiting_for": "visit", "visit_at": AT - timedelta(hours=1)}, "Our engineer"),
        ({"status": "waiting", "waiting_for": "customer"}, "We asked you something"),
        ({"status": "waiting", "waiting_for": "parts"}, "We wait for parts."),
        ({"status": "waiting", "waiting_for": "provider"}, "A partner company"),
        ({"status": "open", "owner_id": 1}, "We are working on it."),
        ({"status": "resolved"}, "It is done."),
    ],
)
def test_whoever_asked_reads_how_far_it_is(facts: dict[str, Any], said: str) -> None:
    assert progress_of(Ticket(tenant_id=1, **facts), AT).startswith(said)


def test_a_rivals_code_leads_nowhere(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        theirs = make_ticket()
    path = follow_path(globex.tenant, theirs)
    assert Client().get(path).status_code == 200
    assert Client().get(path.replace("/globex/", "/acme/")).status_code == 404
