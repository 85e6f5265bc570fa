"""From messages to tickets: e-mail files, replies, forgeries."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from channels import services as channels
from channels.enums import InboundStatus
from channels.models import InboundMessage, OutboundMessage
from channels.services import message_id_of
from core.errors import BadInput
from customers.models import Customer
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.channels import make_email
from tests.factories.customers import make_contact
from tests.factories.tickets import FOUNDER, make_ticket
from tickets import services
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.services import Intake

EMAILS = Path(__file__).parents[2] / ".." / "shared" / "data" / "emails"


def take(raw: bytes) -> Intake:
    return services.take_in_email(raw=raw, at=AT, actor=FOUNDER)


def test_a_first_mail_makes_customer_contact_and_ticket(in_acme: Company) -> None:
    assert take(make_email()) == Intake.OPENED
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.channel) == ("The copier jams", "email")
    assert ticket.contact is not None
    assert (ticket.contact.name, ticket.contact.email) == ("Mari Aoki", "mari@aoki.example")


def test_a_known_sender_is_recognised_however_the_address_is_written(in_acme: Company) -> None:
    contact = make_contact(email="Mari@Aoki.example")
    take(make_email())
    assert Ticket.objects.get().contact == contact
    assert Customer.objects.count() == 1


def test_the_same_mail_enters_once(in_acme: Company) -> None:
    assert [take(make_email()), take(make_email())] == [Intake.OPENED, Intake.KNOWN]
    assert Ticket.objects.count() == InboundMessage.objects.count() == 1


def test_another_mail_under_a_used_message_id_is_not_lost(in_acme: Company) -> None:
    take(make_email())
    assert take(make_email(body="Something else entirely")) == Intake.OPENED
    assert Ticket.objects.count() == 2


def test_an_answer_to_our_mail_joins_when_the_sender_fits(in_acme: Company) -> None:
    take(make_email())
    ticket = Ticket.objects.get()
    services.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=in_acme.sora.actor, at=AT)
    ours = message_id_of(OutboundMessage.objects.get())
    assert take(make_email(message_id="<two@a>", in_reply_to=ours, body="Today")) == Intake.REPLY
    assert ticket.messages.count() == 3


def test_a_reference_from_a_stranger_is_a_new_ticket(in_acme: Company) -> None:
    take(make_email())
    ticket = Ticket.objects.get()
    services.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=in_acme.sora.actor, at=AT)
    ours = message_id_of(OutboundMessage.objects.get())
    stranger = make_email(sender="eve@evil.example", message_id="<e@e>", in_reply_to=ours, body="Pay me")
    assert take(stranger) == Intake.OPENED
    assert ticket.messages.count() == 2


def test_a_forged_message_id_names_nothing(in_acme: Company) -> None:
    take(make_email())
    ticket = Ticket.objects.get()
    services.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=in_acme.sora.actor, at=AT)
    ours = message_id_of(OutboundMessage.objects.get())
    forged = re.sub(r"\.[0-9a-f]{24}@", "." + "0" * 24 + "@", ours)
    assert forged != ours
    assert take(make_email(message_id="<two@a>", in_reply_to=forged, body="x")) == Intake.OPENED


def test_a_follow_up_to_the_customers_own_mail_joins(in_acme: Company) -> None:
    take(make_email())
    follow_up = make_email(message_id="<two@a>", in_reply_to="<one@aoki.example>", body="And the scanner")
    assert take(follow_up) == Intake.REPLY


def test_a_subject_number_alone_joins_nothing(in_acme: Company) -> None:
    take(make_email())
    hijack = make_email(sender="eve@evil.example", subject="Re: [T-1]", message_id="<e@e>")
    assert take(hijack) == Intake.OPENED


def test_a_reply_reaches_a_ticket_that_waits_for_it(in_acme: Company) -> None:
    take(make_email())
    ticket = Ticket.objects.get()
    services.wait_ticket(ticket_id=ticket.pk, waiting_for="customer", actor=in_acme.sora.actor, at=AT)
    take(make_email(message_id="<two@a>", in_reply_to="<one@aoki.example>", body="Here"))
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.OPEN


def test_automatic_answers_and_bounces_open_nothing(in_acme: Company) -> None:
    away = make_email(auto_submitted="auto-replied", message_id="<a@a>")
    assert take(away) == Intake.AUTOMATIC
    bounce = make_email(sender="MAILER-DAEMON@mx.example", message_id="<b@a>")
    assert take(bounce) == Intake.BOUNCE
    assert not Ticket.objects.exists()


def test_our_own_mail_coming_back_is_a_loop(in_acme: Company) -> None:
    assert take(make_email(sender="service@fieldservice.example", message_id="<l@l>")) == Intake.AUTOMATIC


def test_a_bounce_marks_the_message_it_returns(in_acme: Company) -> None:
    take(make_email())
    ticket = Ticket.objects.get()
    services.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=in_acme.sora.actor, at=AT)
    sent = OutboundMessage.objects.get()
    take(make_email(sender="MAILER-DAEMON@mx", message_id="<b@a>", body=f"Message-ID: {message_id_of(sent)}"))
    sent.refresh_from_db()
    assert sent.status == "failed"


@pytest.mark.parametrize(
    "sender",
    ["a@b.c", "root@intranet", "aoki..mari.@docomo.ne.jp", "用户@例子.公司", f"{'x' * 240}@b.example"],
)
def test_a_sender_with_an_unusual_address_gets_a_ticket_and_an_answer(in_acme: Company, sender: str) -> None:
    assert take(f"From: {sender}\nSubject: s\n\nhello".encode()) == Intake.OPENED
    ticket = Ticket.objects.get()
    assert ticket.contact is not None
    assert ticket.contact.email == sender
    services.reply_to_ticket(ticket_id=ticket.pk, body="When?", actor=in_acme.sora.actor, at=AT)
    assert OutboundMessage.objects.get().recipient == sender


def test_a_refusal_is_told_in_its_own_words(in_acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_facts: Any) -> None:
        raise BadInput("The subject cannot be used.")

    monkeypatch.setattr("tickets.services.intake.open_ticket", refused)
    assert take(make_email()) == Intake.QUARANTINED
    assert InboundMessage.objects.get().reason == "The subject cannot be used."


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "empty"),
        (b"\x00\xff\xfe just bytes \x80\x81", "no_headers"),
        (b"Subject: nobody\n\nhello", "no_sender"),
        (b"From: a@b.example\n\n", "nothing"),
        (b"From: nobody at all\nSubject: s\n\nhello", "no_sender"),
    ],
)
def test_what_nobody_could_answer_is_set_aside_with_its_reason(
    in_acme: Company, raw: bytes, problem: str
) -> None:
    assert take(raw) == Intake.QUARANTINED
    kept = InboundMessage.objects.get()
    assert (kept.status, kept.facts["problem"]) == (InboundStatus.QUARANTINED, problem)
    assert bytes(kept.raw) == raw


def test_a_message_set_aside_can_become_a_ticket(in_acme: Company) -> None:
    take(b"Subject: nobody\n\nhello")
    kept = InboundMessage.objects.get()
    ticket = services.open_quarantined(
        message_id=kept.pk,
        sender_address="mari@aoki.example",
        sender_name="Mari",
        actor=in_acme.sora.actor,
        at=AT,
    )
    assert ticket.messages.get().body == "hello"
    assert ticket.contact is not None
    assert ticket.contact.email == "mari@aoki.example"


def test_a_failure_while_making_the_ticket_keeps_the_message(
    in_acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_facts: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("tickets.services.intake.open_ticket", broken)
    assert take(make_email()) == Intake.QUARANTINED
    assert "no room" in InboundMessage.objects.get().reason


@pytest.mark.django_db(transaction=True)
class TestDelivery:
    """Across transactions: the handler after the fact, and mail that goes out once."""

    def test_the_handler_finds_the_ticket_made_already(self, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            take(make_email())
        journal.deliver_all()
        with tenant_active(acme.tenant.pk):
            assert Ticket.objects.count() == 1

    def test_our_answer_goes_out_once_in_their_thread(self, acme: Company) -> None:
        with tenant_active(acme.tenant.pk):
            take(make_email())
            ticket = Ticket.objects.get()
            services.reply_to_ticket(ticket_id=ticket.pk, body="We come.", actor=acme.sora.actor, at=AT)
        journal.deliver_all()
        for _ in range(2):
            channels.send_due()
        assert [message.to for message in mail.outbox] == [["mari@aoki.example"]]
        assert mail.outbox[0].extra_headers["In-Reply-To"] == "<one@aoki.example>"
        with tenant_active(acme.tenant.pk):
            assert OutboundMessage.objects.get().status == "sent"

    def test_a_broken_mail_server_is_noted(self, acme: Company, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        with tenant_active(acme.tenant.pk):
            contact = make_contact()
            ticket = make_ticket(contact_id=contact.pk)
            services.reply_to_ticket(ticket_id=ticket.pk, body="We come.", actor=acme.sora.actor, at=AT)
        journal.deliver_all()
        channels.send_due()
        with tenant_active(acme.tenant.pk):
            sent = OutboundMessage.objects.get()
            assert sent.status == "queued" and sent.attempts == 1
            assert "refused" in sent.reason.lower()


def ingest(*paths: Path) -> dict[str, int]:
    out = StringIO()
    call_command("ingest_email", "--tenant", "acme", *map(str, paths), stdout=out)
    counts: dict[str, int] = json.loads(out.getvalue().splitlines()[-1])
    return counts


SIX = ("tickets_opened", "replies", "automatic", "bounces", "quarantined", "lost")


def test_the_command_counts_every_message_once(acme: Company, tmp_path: Path) -> None:
    for number, raw in enumerate((make_email(), make_email(message_id="<x@y>", auto_submitted="yes"), b"")):
        (tmp_path / f"{number}.eml").write_bytes(raw)
    counts = ingest(tmp_path)
    assert counts["messages"] == sum(counts[name] for name in SIX) == 3
    assert (counts["tickets_opened"], counts["automatic"], counts["quarantined"]) == (1, 1, 1)
    again = ingest(tmp_path)
    assert (again["tickets_opened"], again["replies"], again["lost"]) == (0, 1, 0)
    assert set(again) == {"messages", *SIX}
    assert again["messages"] == sum(again[name] for name in SIX) == 3


def test_the_command_names_what_is_wrong(acme: Company, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no company"):
        call_command("ingest_email", "--tenant", "nobody", str(tmp_path))
    with pytest.raises(CommandError, match="neither a file nor a folder"):
        call_command("ingest_email", "--tenant", "acme", str(tmp_path / "missing"))


@pytest.mark.skipif(not EMAILS.is_dir(), reason="../shared/data/emails is not here: nothing to read")
def test_every_sample_mail_is_taken_in_and_none_is_lost(acme: Company) -> None:
    files = [path for path in EMAILS.rglob("*") if path.is_file()]
    counts = ingest(EMAILS)
    assert counts["messages"] == sum(counts[name] for name in SIX) == len(files)
    assert counts["lost"] == 0
    assert counts["bounces"] == 1
    assert counts["tickets_opened"] >= 25
    with tenant_active(acme.tenant.pk):
        assert InboundMessage.objects.filter(reason__contains="Error").count() == 0
        assert not InboundMessage.objects.filter(body="", quoted__gt="").exists()
    again = ingest(EMAILS)
    assert again["messages"] == sum(again[name] for name in SIX) == len(files)
    assert (again["tickets_opened"], again["lost"]) == (0, 0)
