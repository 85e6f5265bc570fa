"""LINE: signed calls in, pushes out, against a peer that keeps what it is asked."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from channels import services
from channels.models import InboundMessage
from core.errors import Conflict
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.channels.providers import line_call, line_event, make_account, order, send
from tests.factories.delivery import picture
from tests.factories.tickets import FOUNDER
from tests.peers.web import Asked, Said, WebPeer, web_peer
from tickets.models import Ticket, TicketMessage


@pytest.fixture
def line(settings: Any) -> Any:
    with web_peer(_answer) as peer:
        settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
        settings.CHANNEL_APIS = {"line": peer.url, "line-data": peer.url}
        yield peer


def _answer(asked: Asked) -> Said:
    if asked.headers.get("authorization") != "Bearer line-token":
        return Said(401, b'{"message": "Authentication failed"}')
    if asked.path.endswith("/content"):
        return Said(200, picture(), {"Content-Type": "image/jpeg"})
    if asked.path.startswith("/v2/bot/profile/"):
        return Said(200, '{"displayName": "青木まり"}'.encode())
    if asked.path == "/v2/bot/info":
        return Said(200, b'{"displayName": "Acme"}')
    return Said(200, b'{"sentMessages": [{"id": "461230966842064897"}]}')


def _deliver() -> None:
    """Everything that follows a call: it is read, the sender's name is asked for, a ticket is opened."""
    journal.deliver_all()
    services.fetch_due()
    journal.deliver_all()


def test_a_message_becomes_a_ticket_of_a_named_sender(in_acme: Company, line: WebPeer) -> None:
    account = make_account("line")
    assert line_call(account, line_event()).status_code == 200
    _deliver()
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.subject) == ("line", "The copier jams")
    assert ticket.contact is not None
    assert (ticket.contact.name, ticket.contact.prefers, ticket.contact.email) == ("青木まり", "line", "")


def test_a_name_is_asked_for_once_and_never_while_a_call_is_read(in_acme: Company, line: WebPeer) -> None:
    account = make_account("line")
    line_call(account, line_event("1", webhookEventId="1"))
    journal.deliver_all()
    assert (_asked_names(line), Ticket.objects.count()) == (0, 0)
    services.fetch_due()
    journal.deliver_all()
    line_call(account, line_event("2", webhookEventId="2"))
    journal.deliver_all()
    assert (_asked_names(line), TicketMessage.objects.count()) == (1, 2)
    assert services.fetch_due() == 0


@pytest.mark.parametrize(
    "answer",
    [
        Said(500, b"away"),
        Said(404, b'{"message": "Not found"}'),
        Said(200, b"[]"),
        Said(200, b"\xff"),
    ],
)
def test_without_its_senders_name_a_message_goes_on_all_the_same(
    in_acme: Company, line: WebPeer, answer: Said
) -> None:
    line.answer = lambda _asked: answer
    line_call(make_account("line"), line_event())
    _deliver()
    ticket = Ticket.objects.get()
    assert ticket.contact is not None
    assert (ticket.subject, ticket.contact.name) == ("The copier jams", "U4af4980629")
    assert services.fetch_due() == 0


def test_a_provider_that_hangs_delays_a_ticket_and_loses_none(
    in_acme: Company, line: WebPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_late(_asked: Asked) -> Said:
        time.sleep(1)
        return Said()

    monkeypatch.setattr("channels.adapters.line.NAME_SECONDS", 0.2)
    line.answer = answer_late
    line_call(make_account("line"), line_event())
    _deliver()
    assert Ticket.objects.get().subject == "The copier jams"


def test_a_group_has_no_name_to_ask_for(in_acme: Company, line: WebPeer) -> None:
    line_call(make_account("line"), line_event(source={"type": "group", "groupId": "C1", "userId": "U1"}))
    journal.deliver_all()
    assert (_asked_names(line), Ticket.objects.count()) == (0, 1)


def _asked_names(line: WebPeer) -> int:
    return sum("/profile/" in asked.path for asked in line.asked)


def test_the_sender_goes_on_in_the_open_ticket_and_begins_anew_after_it(
    in_acme: Company, line: WebPeer
) -> None:
    account = make_account("line")
    for number in ("1", "2"):
        line_call(account, line_event(number, webhookEventId=number))
        _deliver()
    assert TicketMessage.objects.filter(ticket=Ticket.objects.get()).count() == 2
    Ticket.objects.update(status="spam")
    line_call(account, line_event("3", webhookEventId="3"))
    _deliver()
    assert Ticket.objects.count() == 2
    assert Ticket.objects.values("contact").distinct().count() == 1


def test_a_redelivered_event_enters_once(in_acme: Company, line: WebPeer) -> None:
    account = make_account("line")
    line_call(account, line_event())
    line_call(account, line_event(deliveryContext={"isRedelivery": True}))
    _deliver()
    assert InboundMessage.objects.filter(sender_address="U4af4980629").count() == 1


def test_a_wrong_signature_is_refused_and_nothing_is_stored(in_acme: Company) -> None:
    account = make_account("line")
    assert line_call(account, line_event(), secret="other").status_code == 403
    assert not InboundMessage.objects.exists()


def test_without_the_check_a_forged_call_would_enter(in_acme: Company, monkeypatch: Any) -> None:
    """The negative control: it is the signature that keeps the forged call out."""
    monkeypatch.setattr("channels.adapters.line.LineAdapter.verify", lambda *_a: None)
    assert line_call(make_account("line"), line_event(), secret="other").status_code == 200
    assert InboundMessage.objects.exists()


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"type": "sticker", "text": None, "keywords": ["bravo"]}, "bravo"),
        (
            {"type": "location", "title": "Office", "address": "Ginza", "latitude": 35.6, "longitude": 139.7},
            "35.6",
        ),
        ({"type": "flex"}, "flex"),
    ],
)
def test_what_is_no_text_is_told_in_words(
    in_acme: Company, line: WebPeer, message: dict[str, Any], words: str
) -> None:
    line_call(make_account("line"), line_event(message=message))
    _deliver()
    assert words in TicketMessage.objects.get().body


def test_a_picture_is_fetched_from_line(in_acme: Company, line: WebPeer) -> None:
    line_call(make_account("line"), line_event(message={"type": "image", "text": None}))
    journal.deliver_all()
    services.fetch_due()
    message = InboundMessage.objects.get(sender_address="U4af4980629")
    assert [kept.content_type for kept in message.attachments.all()] == ["image/jpeg"]


def test_a_file_from_line_is_judged_as_any_other(in_acme: Company, line: WebPeer) -> None:
    line.answer = lambda asked: (
        Said(200, b"MZ" + bytes(2_000), {"Content-Type": "image/jpeg"})
        if asked.path.endswith("/content")
        else _answer(asked)
    )
    line_call(make_account("line"), line_event(message={"type": "file", "text": None, "fileName": "a.jpg"}))
    journal.deliver_all()
    services.fetch_due()
    (kept,) = InboundMessage.objects.get(sender_address="U4af4980629").attachments.all()
    assert (kept.state, bool(kept.file)) == ("refused", False)


def test_events_that_say_nothing_are_left_out(in_acme: Company) -> None:
    line_call(make_account("line"), {"type": "follow", "source": {"userId": "U1"}})
    journal.deliver_all()
    assert not Ticket.objects.exists()


def test_what_cannot_be_read_is_quarantined_with_its_reason(in_acme: Company) -> None:
    line_call(make_account("line"), {"type": "message", "message": {}})
    journal.deliver_all()
    stored = InboundMessage.objects.get()
    assert (stored.status, stored.reason) == ("quarantined", "a message without sender or id")
    assert b'"events"' in bytes(stored.raw)


def test_an_answer_is_pushed_with_a_retry_key_and_sent_once(in_acme: Company, line: WebPeer) -> None:
    make_account("line")
    sent = send(order("line", "U4af4980629", "十時に伺います"))
    assert (sent.status, sent.external_id) == ("sent", "461230966842064897")
    services.send_due()
    (asked,) = line.asked
    assert asked.path == "/v2/bot/message/push"
    assert asked.headers["x-line-retry-key"]
    assert json.loads(asked.body)["messages"][0]["text"] == "十時に伺います"


def test_a_key_that_was_taken_before_is_sent(in_acme: Company, line: WebPeer) -> None:
    make_account("line")
    line.answer = lambda _asked: Said(409, b'{"message": "The retry key is already accepted"}')
    assert send(order("line", "U1")).status == "sent"


def test_a_refusal_is_told_in_the_providers_words(in_acme: Company, line: WebPeer) -> None:
    make_account("line")
    line.answer = lambda _asked: Said(400, b'{"message": "The property, \'to\', is invalid"}')
    sent = send(order("line", "U1"))
    assert sent.status == "failed"
    assert "'to', is invalid" in sent.reason


def test_the_account_can_be_tried(in_acme: Company, line: WebPeer) -> None:
    account = make_account("line")
    assert "Acme" in services.try_account(account_id=account.pk, actor=FOUNDER, at=AT)
    services.change_account(
        account_id=account.pk,
        name="x",
        address="@x",
        options={},
        secrets={"access_token": "no"},
        actor=FOUNDER,
        at=AT,
    )
    with pytest.raises(Conflict, match="Authentication failed"):
        services.try_account(account_id=account.pk, actor=FOUNDER, at=AT)
    account.refresh_from_db()
    assert "Authentication failed" in account.problem


def test_another_tenants_hook_is_nobodys(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        account = make_account("line")
    assert line_call(account, line_event()).status_code == 404
