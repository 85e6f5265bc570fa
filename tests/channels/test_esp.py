"""E-mail by providers' APIs: sending, inbound and tracking through anymail, with their checks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from channels.models import ChannelAccount, InboundMessage, OutboundMessage
from journal import services as journal
from tests.cast import Company
from tests.channels.providers import make_account, order, path_of, send
from tests.factories.channels import make_email
from tests.peers.web import Said, WebPeer, web_peer
from tickets.models import Ticket


@pytest.fixture
def postmark(settings: Any) -> Any:
    told = {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "mari@aoki.example"}
    with web_peer(lambda _asked: Said(body=json.dumps(told).encode())) as peer:
        settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
        settings.CHANNEL_APIS = {"postmark": f"{peer.url}/"}
        yield peer


def mailgun_call(account: ChannelAccount, key: str = "mailgun-signing") -> Any:
    moment, token = "1800000000", "t" * 50
    signed = hmac.new(key.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
    form = {
        "timestamp": moment,
        "token": token,
        "signature": signed,
        "recipient": "desk@acme.example",
        "body-mime": make_email().decode(),
    }
    return Client().post(path_of(account), form, headers=basic("hook:long-password"))


def basic(login: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def postmark_call(
    account: ChannelAccount, facts: Any, *, login: str = "hook:long-password", query: str = ""
) -> Any:
    return Client().post(
        path_of(account) + query, json.dumps(facts), content_type="application/json", headers=basic(login)
    )


def test_mailguns_raw_mail_becomes_a_ticket_once(in_acme: Company) -> None:
    account = make_account("esp")
    for _ in range(2):
        assert mailgun_call(account).status_code == 200
        journal.deliver_all()
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.subject) == ("email", "The copier jams")
    assert InboundMessage.objects.get(external_id="<one@aoki.example>").account == account


def test_mailguns_forged_call_is_refused_and_nothing_is_stored(in_acme: Company) -> None:
    assert mailgun_call(make_account("esp"), key="other").status_code == 403
    assert not InboundMessage.objects.exists()


INBOUND = {
    "FromFull": {"Email": "mari@aoki.example", "Name": "Mari Aoki"},
    "From": "Mari Aoki <mari@aoki.example>",
    "ToFull": [{"Email": "desk@acme.example", "Name": ""}],
    "Subject": "紙詰まり",
    "TextBody": "毎日です",
    "Headers": [{"Name": "Message-ID", "Value": "<pm@aoki.example>"}],
    "MessageID": "pm-in-1",
    "Attachments": [],
}


def test_postmarks_mail_becomes_a_ticket_and_is_proved_by_its_login(in_acme: Company) -> None:
    account = make_account("esp", esp="postmark")
    assert postmark_call(account, INBOUND, login="hook:wrong").status_code == 403
    assert not InboundMessage.objects.exists()
    assert postmark_call(account, INBOUND).status_code == 200
    journal.deliver_all()
    assert Ticket.objects.get().subject == "紙詰まり"


def test_without_a_secret_for_the_webhook_nothing_is_taken(in_acme: Company) -> None:
    account = make_account("esp", esp="postmark", secrets={"hook_login": ""})
    assert postmark_call(account, INBOUND, login=":").status_code == 403


def test_mail_goes_out_by_postmark_and_its_bounce_is_told(in_acme: Company, postmark: WebPeer) -> None:
    account = make_account("esp", esp="postmark")
    sent = send(order("email", "mari@aoki.example", references=["<a@x>"], in_reply_to="<a@x>"))
    assert (sent.status, sent.external_id) == ("sent", "pm-1")
    (asked,) = postmark.asked
    body = json.loads(asked.body)
    assert asked.headers["x-postmark-server-token"] == "key"
    assert body["From"] == "Acme Service <desk@acme.example>"
    assert {"Name": "References", "Value": "<a@x>"} in body["Headers"]
    bounce = {
        "RecordType": "Bounce",
        "ID": 1,
        "Type": "HardBounce",
        "MessageID": "pm-1",
        "Description": "The server was unable to deliver your message",
        "Details": "550 5.1.1 no such user",
        "Email": "mari@aoki.example",
        "BouncedAt": "2026-11-22T00:00:00Z",
    }
    assert postmark_call(account, bounce, query="?events=tracking").status_code == 200
    journal.deliver_all()
    sent.refresh_from_db()
    assert (sent.status, "550" in sent.reason) == ("failed", True)


@pytest.mark.parametrize(("status", "becomes"), [(422, "failed"), (500, "queued"), (401, "queued")])
def test_a_provider_that_does_not_take_it(
    in_acme: Company, postmark: WebPeer, status: int, becomes: str
) -> None:
    make_account("esp", esp="postmark")
    postmark.answer = lambda _asked: Said(status, b'{"ErrorCode": 300, "Message": "Invalid From"}')
    sent = send(order("email", "mari@aoki.example"))
    assert (sent.status, "Invalid From" in sent.reason) == (becomes, True)


def test_a_provider_that_is_away_is_asked_again(in_acme: Company, settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    settings.CHANNEL_APIS = {"postmark": "http://127.0.0.1:1/"}
    make_account("esp", esp="postmark")
    assert send(order("email", "mari@aoki.example")).status == "queued"
    assert OutboundMessage.objects.get().attempts == 1


@pytest.mark.parametrize(
    "esp", ["brevo", "mailersend", "mailgun", "mailjet", "resend", "sendgrid", "sparkpost"]
)
def test_every_provider_is_asked_through_our_door(in_acme: Company, settings: Any, esp: str) -> None:
    with web_peer(lambda _asked: Said(400, b'{"message": "not today"}')) as peer:
        settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
        settings.CHANNEL_APIS = {esp: f"{peer.url}/"}
        make_account("esp", esp=esp, secrets={"api_secret": "s"})
        assert send(order("email", "mari@aoki.example")).status == "failed"
        assert len(peer.asked) == 1
        settings.OUTGOING_ALLOW = []
        again = send(order("email", "mari@aoki.example", key="2"))
        assert (len(peer.asked), "public address" in again.reason) == (1, True)
