"""Sending: claimed, tried again, given up, sent again; with a mail server that speaks SMTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from django.test import Client

from channels import rules, services
from channels.adapters.base import Outcome, Retry, Sent
from channels.models import ChannelAccount, OutboundMessage
from core.errors import Conflict, NotAllowed
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.channels.providers import make_account, order, send
from tests.factories.channels import make_email
from tests.factories.customers import make_contact
from tests.factories.tickets import FOUNDER, make_ticket
from tickets import services as tickets
from tickets.models import Ticket


class Postbox:
    """What the mail server took, and what it says to recipients."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.port = 0
        self.answer = "250 OK"

    async def handle_RCPT(self, _s: Any, _x: Any, envelope: Envelope, address: str, _o: Any) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        self.taken.append(message_from_bytes(envelope.original_content or b"", policy=policy.default))
        return "250 taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    box = Postbox()
    server = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=lambda *args: AuthResult(success=args[-1].password == b"smtp-word"),
        auth_require_tls=False,
        auth_required=True,
    )
    server.start()
    box.port = server.port
    yield box
    server.stop()


def mailbox(box: Postbox, **secrets: str) -> ChannelAccount:
    where = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none", "smtp_user": "desk"}
    return make_account("mailbox", secrets={"smtp_password": "smtp-word", **secrets}, **where)


def due_now(message: OutboundMessage) -> None:
    OutboundMessage.objects.filter(pk=message.pk).update(due_at=None)


def test_mail_goes_out_by_the_accounts_server_in_its_name(in_acme: Company, postbox: Postbox) -> None:
    mailbox(postbox)
    sent = send(order("email", "mari@aoki.example", references=["<a@x>", "<b@x>"], in_reply_to="<b@x>"))
    assert (sent.status, sent.reason) == ("sent", "")
    (letter,) = postbox.taken
    assert letter["From"] == "Acme Service <desk@acme.example>"
    assert (letter["In-Reply-To"], letter["References"]) == ("<b@x>", "<a@x> <b@x>")
    assert letter["Message-ID"] == services.message_id_of(sent)


def test_a_server_that_says_not_now_is_asked_again_later(in_acme: Company, postbox: Postbox) -> None:
    mailbox(postbox)
    postbox.answer = "451 4.7.1 greylisted"
    message = send(order("email", "mari@aoki.example"))
    assert (message.status, message.attempts) == ("queued", 1)
    assert "greylisted" in message.reason and message.due_at is not None
    assert services.send_due() == 0
    postbox.answer = "250 OK"
    due_now(message)
    assert send(message).status == "sent"
    assert len(postbox.taken) == 1


def test_a_server_that_says_no_is_not_asked_again(in_acme: Company, postbox: Postbox) -> None:
    mailbox(postbox)
    postbox.answer = "550 5.1.1 no such user"
    message = send(order("email", "mari@aoki.example"))
    assert message.status == "failed"
    assert "no such user" in message.reason


def test_a_wrong_password_keeps_the_mail_waiting(in_acme: Company, postbox: Postbox) -> None:
    account = mailbox(postbox, smtp_password="wrong")
    message = send(order("email", "mari@aoki.example"))
    assert message.status == "queued"
    with pytest.raises(Conflict, match="does not let us in"):
        services.try_account(account_id=account.pk, actor=FOUNDER, at=AT)


def test_what_cannot_be_sent_for_long_is_told_to_a_person(in_acme: Company, settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    make_account("mailbox", smtp_host="127.0.0.1", smtp_port=1, smtp_security="none")
    message = order("email", "mari@aoki.example")
    for tries in range(1, rules.MOST_ATTEMPTS + 1):
        assert send(message).attempts == tries
        due_now(message)
    assert message.status == "failed"
    assert "refused" in message.reason


def test_the_ticket_shows_the_failure_and_sends_again(
    in_acme: Company, postbox: Postbox, signed_in: Any
) -> None:
    mailbox(postbox)
    postbox.answer = "550 no such user"
    ticket = make_ticket(contact_id=make_contact(email="mari@aoki.example").pk)
    tickets.reply_to_ticket(ticket_id=ticket.pk, body="At ten.", actor=in_acme.sora.actor, at=AT)
    message = send(OutboundMessage.objects.get())
    desk: Client = signed_in(in_acme.sora)
    page = desk.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    assert "no such user" in page and f"/sent-messages/{message.pk}/resend/" in page
    postbox.answer = "250 OK"
    answer = desk.post(
        f"/t/acme/sent-messages/{message.pk}/resend/", {"back": f"/t/acme/tickets/{ticket.pk}/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/t/acme/tickets/{ticket.pk}/")
    assert send(message).status == "sent"
    with pytest.raises(Conflict):
        services.resend(message_id=message.pk, actor=in_acme.sora.actor, at=AT)


def test_only_the_desk_sends_again(in_acme: Company) -> None:
    message = order("email", "mari@aoki.example")
    with pytest.raises(NotAllowed):
        services.resend(message_id=message.pk, actor=in_acme.tom.actor, at=AT)


def test_an_answer_carries_the_whole_thread(in_acme: Company) -> None:
    raw = make_email(message_id="<c@x>", in_reply_to="<b@x>", references="<a@x> <b@x>")
    tickets.take_in_email(raw=raw, at=AT, actor=FOUNDER)
    ticket = Ticket.objects.get()
    tickets.reply_to_ticket(ticket_id=ticket.pk, body="At ten.", actor=in_acme.sora.actor, at=AT)
    message = OutboundMessage.objects.get()
    assert (message.in_reply_to, message.references) == ("<c@x>", "<a@x> <b@x> <c@x>")


def test_a_second_answer_without_theirs_follows_our_first(in_acme: Company) -> None:
    ticket = make_ticket(contact_id=make_contact(email="mari@aoki.example").pk, channel="phone")
    for words in ("One", "Two"):
        tickets.reply_to_ticket(ticket_id=ticket.pk, body=words, actor=in_acme.sora.actor, at=AT)
    first, second = OutboundMessage.objects.order_by("pk")
    assert second.in_reply_to == second.references == services.message_id_of(first)


def test_an_answer_goes_by_the_preferred_channel_or_says_why_not(in_acme: Company) -> None:
    contact = make_contact(email="mari@aoki.example", phone="090-1111-2222", prefers="sms")
    ticket = make_ticket(contact_id=contact.pk)
    tickets.reply_to_ticket(ticket_id=ticket.pk, body="One", actor=in_acme.sora.actor, at=AT)
    account = make_account("gateway")
    tickets.reply_to_ticket(ticket_id=ticket.pk, body="Two", actor=in_acme.sora.actor, at=AT)
    first, second = OutboundMessage.objects.order_by("pk")
    assert (first.channel, first.reason) == (
        "email",
        "We have no active account for the channel they prefer.",
    )
    assert (second.channel, second.recipient, second.account) == ("sms", "+819011112222", account)


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(in_acme: Company) -> None:
    from channels.services import sending

    order("email", "mari@aoki.example")
    assert sending._claim() is not None
    assert sending._claim() is None


def test_no_transaction_is_open_while_the_provider_is_asked(
    acme: Company, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from channels.adapters.gateway import GatewayAdapter
    from tenants.active import find_active_tenant_id

    seen: list[int | None] = []

    def ask(*_args: Any) -> Outcome:
        seen.append(find_active_tenant_id())
        return Sent() if len(seen) > 1 else Retry(reason="busy", seconds=7)

    monkeypatch.setattr(GatewayAdapter, "send", ask)
    with tenant_active(acme.tenant.pk):
        make_account("gateway")
        order("sms", "+81")
    services.send_due()
    assert seen == [None]


def test_a_switched_off_account_sends_nothing(in_acme: Company) -> None:
    account = make_account("gateway")
    message = order("sms", "+81")
    services.switch_account(account_id=account.pk, is_active=False, actor=FOUNDER, at=AT)
    assert "switched off" in send(message).reason


def test_the_clock_alone_delivers(in_acme: Company, mailoutbox: list[Any]) -> None:
    message = order("email", "mari@aoki.example")
    journal.deliver_all()
    assert mailoutbox == []
    send(message)
    assert [letter.to for letter in mailoutbox] == [["mari@aoki.example"]]
