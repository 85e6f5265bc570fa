"""Many rows changed in one statement: every kind of value, and none of another company's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext

from inventory.models import Part, StockLevel, StockLocation
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.dispatch import make_ticket
from tickets.models import Ticket, Topic

CHANGES: dict[str, Any] = {
    "subject": "Nightly “beep” 夜 %s {} \\ 'quoted'",
    "description": "",
    "priority": 1,
    "next_action_at": AT + timedelta(microseconds=123_457),
    "visit_at": None,
    "event_times": {"opened": "2026-01-01", "deep": [1, None, {"a": True}]},
    "opinion": {},
    "topic": None,
    "version": 7,
}


@pytest.fixture
def tickets(in_acme: Company) -> list[Ticket]:
    topic = Topic.objects.create(code="no-heat", name="No heat")
    return [make_ticket(topic_id=topic.pk) for _ in range(3)]


def _changed(tickets: list[Ticket]) -> None:
    for number, ticket in enumerate(tickets):
        for name, value in CHANGES.items():
            setattr(ticket, name, value)
        ticket.version = number


@pytest.mark.parametrize("own", [True, False])
def test_every_kind_of_value_is_kept_as_django_keeps_it(tickets: list[Ticket], own: bool) -> None:
    first, second, untouched = tickets
    _changed([first, second])
    # A queryset keeps Django's own way: what it is compared with.
    rows: Any = Ticket.objects if own else Ticket.objects.all()
    with CaptureQueriesContext(connection) as asked:
        assert rows.bulk_update([first, second], list(CHANGES)) == 2
    assert any("jsonb_to_recordset" in query["sql"] for query in asked) == own
    for number, ticket in enumerate([first, second]):
        kept = Ticket.objects.get(pk=ticket.pk)
        assert {name: getattr(kept, name) for name in CHANGES} == {**CHANGES, "version": number}
    assert Ticket.objects.get(pk=untouched.pk).subject != CHANGES["subject"]


def test_a_decimal_keeps_its_digits_and_batches_lose_none(in_acme: Company) -> None:
    shelf = StockLocation.objects.create(code="shelf", name="Shelf", kind="store")
    parts = [Part.objects.create(code=str(n), name="x") for n in range(5)]
    levels = [StockLevel.objects.create(part=part, location=shelf) for part in parts]
    for number, level in enumerate(levels):
        level.minimum = Decimal(f"123456789.00{number}")
    assert StockLevel.objects.bulk_update(levels, ["minimum"], batch_size=2) == 5
    kept = StockLevel.objects.order_by("id").values_list("minimum", flat=True)
    assert [str(minimum)[-3:] for minimum in kept] == ["000", "001", "002", "003", "004"]


def test_what_is_reckoned_by_the_database_goes_djangos_way(tickets: list[Ticket]) -> None:
    subject = tickets[0].subject
    for ticket in tickets:
        ticket.subject, ticket.version = Upper(F("subject")), F("version") + 1
    Ticket.objects.bulk_update(tickets, ["subject", "version"])
    assert {t.subject for t in Ticket.objects.filter(pk__in=[t.pk for t in tickets])} == {subject.upper()}
    with pytest.raises(ValueError, match="primary key"):
        Ticket.objects.bulk_update([Ticket(subject="new")], ["subject"])
    assert Ticket.objects.bulk_update([], ["subject"]) == 0


def test_rows_of_another_company_are_not_changed(tickets: list[Ticket], globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        for ticket in tickets:
            ticket.subject = "mine now"
        assert Ticket.objects.bulk_update(tickets, ["subject"]) == 0
    assert not Ticket.objects.filter(subject="mine now").exists()
