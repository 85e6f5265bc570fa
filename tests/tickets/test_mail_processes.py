"""E-mail files taken in by several processes: the same conversations, and no process takes others with it."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from channels.email import ReadEmail, read_email
from channels.models import InboundMessage
from channels.services import mail
from customers.models import Contact, Customer
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.tickets import FOUNDER
from tickets import services
from tickets.management.commands import ingest_email
from tickets.models import Ticket, TicketMessage

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 6


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_email, "WORTH_A_WORKER", 1)


def write(folder: Path, number: int, body: str = "It jams.") -> None:
    """One person's first mail and, after everybody's first, their answer to it."""
    who = {"sender": f"P{number} <p{number}@a.example>"}
    first = make_email(message_id=f"<{number}.1@a>", body=f"{body} {number}", **who)
    answer = make_email(message_id=f"<{number}.2@a>", in_reply_to=f"<{number}.1@a>", body="Still.", **who)
    (folder / f"1-{number:03}").write_bytes(first)
    (folder / f"2-{number:03}").write_bytes(answer)


def ingest(folder: Path, workers: int) -> dict[str, int]:
    out = StringIO()
    try:
        call_command(
            "ingest_email", "--tenant", "acme", "--workers", str(workers), str(folder), stdout=out, stderr=out
        )
    except CommandError as problem:
        out.write(f"\n{problem}")
    return dict(json.loads(next(line for line in out.getvalue().splitlines() if line.startswith("{"))))


def test_processes_make_the_conversations_that_one_makes(acme: Company, tmp_path: Path) -> None:
    for number in range(PEOPLE):
        write(tmp_path, number)
    counts = ingest(tmp_path, workers=2)
    assert (counts["tickets_opened"], counts["replies"], counts["lost"]) == (PEOPLE, PEOPLE, 0)
    with tenant_active(acme.tenant.pk):
        assert Ticket.objects.count() == Customer.objects.count() == PEOPLE
        assert sorted(Ticket.objects.values_list("number", flat=True)) == list(range(1, PEOPLE + 1))
        assert TicketMessage.objects.count() == 2 * PEOPLE
    assert ingest(tmp_path, workers=2)["replies"] == 2 * PEOPLE


def test_a_message_that_ends_its_process_keeps_no_other_out(
    acme: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(PEOPLE):
        write(tmp_path, number, "poison" if number == 2 else "It jams.")

    def deadly(raw: bytes) -> ReadEmail:
        if b"poison" in raw:
            os._exit(9)
        return read_email(raw)

    monkeypatch.setattr(mail, "read_email", deadly)
    counts = ingest(tmp_path, workers=2)
    # The answer to what could not be read begins a conversation.
    assert (counts["messages"], counts["quarantined"], counts["lost"]) == (2 * PEOPLE, 1, 0)
    assert (counts["tickets_opened"], counts["replies"]) == (PEOPLE, PEOPLE - 1)
    with tenant_active(acme.tenant.pk):
        assert Ticket.objects.count() == PEOPLE
        kept = InboundMessage.objects.get(status="quarantined")
        assert b"poison" in bytes(kept.raw)
        assert kept.reason == "Reading it ended the process."
    again = ingest(tmp_path, workers=2)
    assert (again["tickets_opened"], again["replies"], again["quarantined"]) == (0, 2 * PEOPLE - 1, 1)


def test_what_was_done_before_a_process_ended_is_counted_as_what_it_was(
    acme: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sender, so one conversation: the killer stands in the middle, once in a mailbox file of its own."""

    def one(number: int, body: str) -> bytes:
        return make_email(message_id=f"<{number}@a>", body=body)

    for number in range(6):
        (tmp_path / f"{number}").write_bytes(one(number, "poison" if number == 3 else f"It jams {number}."))
    box = [
        b"From a@a Mon May  6 10:00:00 2024\n" + one(n, "poison" if n == 11 else f"{n}")
        for n in range(10, 14)
    ]
    (tmp_path / "box").write_bytes(b"\n".join(box))
    write(tmp_path, 100)

    def deadly(raw: bytes) -> ReadEmail:
        if b"poison" in raw:
            os._exit(9)
        return read_email(raw)

    monkeypatch.setattr(mail, "read_email", deadly)
    counts = ingest(tmp_path, workers=2)
    assert (counts["messages"], counts["quarantined"], counts["lost"]) == (12, 2, 0)
    assert (counts["tickets_opened"], counts["replies"]) == (9, 1)
    with tenant_active(acme.tenant.pk):
        assert (InboundMessage.objects.count(), Ticket.objects.count()) == (12, 9)
    again = ingest(tmp_path, workers=2)
    assert (again["tickets_opened"], again["replies"], again["quarantined"]) == (0, 10, 2)


def test_two_first_mails_at_once_make_one_customer(acme: Company) -> None:
    def take(number: int) -> None:
        with tenant_active(acme.tenant.pk):
            raw = make_email(message_id=f"<{number}@a>", body=f"{number}")
            services.take_in_email(raw=raw, at=AT, actor=FOUNDER)
        connection.close()

    threads = [Thread(target=take, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_active(acme.tenant.pk):
        assert (Ticket.objects.count(), Contact.objects.count(), Customer.objects.count()) == (4, 1, 1)
