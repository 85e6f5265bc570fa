"""WeChat: the server check, plain and encrypted calls, customer-service messages with a kept token."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client

from channels.adapters.wechat_cipher import encrypt
from channels.models import ChannelAccount, InboundMessage
from journal import services as journal
from tests.cast import Company
from tests.channels.providers import make_account, order, path_of, send, wechat_call, wechat_query, wechat_xml
from tests.peers.web import Asked, Said, WebPeer, web_peer
from tickets.models import Ticket

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")


@pytest.fixture
def wechat(settings: Any) -> Any:
    tokens = iter(f"token-{n}" for n in range(1, 9))

    def answer(asked: Asked) -> Said:
        if asked.path == "/cgi-bin/token":
            assert asked.query["appid"] == "wx1234567890"
            told = {"access_token": next(tokens), "expires_in": 7200}
            return Said(body=json.dumps(told).encode())
        return Said(body=b'{"errcode": 0, "errmsg": "ok"}')

    with web_peer(answer) as peer:
        settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
        settings.CHANNEL_APIS = {"wechat": peer.url}
        yield peer


@pytest.fixture
def sealed(in_acme: Company) -> ChannelAccount:
    return make_account("wechat", secrets={"aes_key": AES_KEY})


def sealed_call(account: ChannelAccount, plain: bytes, *, app_id: str = "wx1234567890", **facts: str) -> Any:
    inside = encrypt(AES_KEY, plain, app_id)
    body = f"<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{inside}]]></Encrypt></xml>".encode()
    return wechat_call(account, body, facts.get("signed") or inside)


def test_the_server_check_answers_the_echo(in_acme: Company) -> None:
    account = make_account("wechat")
    answer = Client().get(f"{path_of(account)}?{wechat_query(echostr='42')}")
    assert (answer.status_code, answer.content) == (200, b"42")
    forged = Client().get(f"{path_of(account)}?{wechat_query(token='other', echostr='42')}")
    assert forged.status_code == 403


def test_a_message_becomes_a_ticket_and_is_answered_at_once(in_acme: Company) -> None:
    answer = wechat_call(make_account("wechat"), wechat_xml())
    assert answer.content == b"success"
    journal.deliver_all()
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.subject) == ("wechat", "打印机坏了")


def test_the_same_message_id_enters_once(in_acme: Company) -> None:
    account = make_account("wechat")
    for text in ("一", "一 "):
        wechat_call(account, wechat_xml(text))
        journal.deliver_all()
    assert InboundMessage.objects.filter(sender_address="oOPENID").count() == 1


def test_a_wrong_signature_is_refused_and_nothing_is_stored(in_acme: Company) -> None:
    assert wechat_call(make_account("wechat"), wechat_xml(), token="other").status_code == 403
    assert not InboundMessage.objects.exists()


def test_encrypted_calls_are_opened(sealed: ChannelAccount) -> None:
    assert sealed_call(sealed, wechat_xml()).status_code == 200
    journal.deliver_all()
    assert Ticket.objects.get().subject == "打印机坏了"


def test_a_plain_call_does_not_enter_an_encrypted_account(sealed: ChannelAccount) -> None:
    assert wechat_call(sealed, wechat_xml()).status_code == 403


def test_an_encrypted_call_with_another_signature_is_refused(sealed: ChannelAccount) -> None:
    assert sealed_call(sealed, wechat_xml(), signed="something else").status_code == 403


def test_what_was_encrypted_for_another_account_is_quarantined(sealed: ChannelAccount) -> None:
    sealed_call(sealed, wechat_xml(), app_id="wxother")
    journal.deliver_all()
    stored = InboundMessage.objects.get()
    assert (stored.status, stored.reason) == ("quarantined", "it was encrypted for another AppID")


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><MsgId>&b;</MsgId></xml>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>',
    ],
)
def test_hostile_xml_is_quarantined(in_acme: Company, body: bytes) -> None:
    wechat_call(make_account("wechat"), body)
    journal.deliver_all()
    stored = InboundMessage.objects.get()
    assert stored.status == "quarantined"
    assert "not XML" in stored.reason
    assert "root:" not in stored.body


def test_an_answer_goes_out_with_a_kept_token(in_acme: Company, wechat: WebPeer) -> None:
    make_account("wechat")
    assert send(order("wechat", "oOPENID", "十点到", key="1")).status == "sent"
    assert send(order("wechat", "oOPENID", "好的", key="2")).status == "sent"
    assert [asked.path for asked in wechat.asked] == [
        "/cgi-bin/token",
        "/cgi-bin/message/custom/send",
        "/cgi-bin/message/custom/send",
    ]
    assert json.loads(wechat.asked[1].body) == {
        "touser": "oOPENID",
        "msgtype": "text",
        "text": {"content": "十点到"},
    }
    assert "十点到".encode() in wechat.asked[1].body


def test_a_stale_token_is_renewed_once(in_acme: Company, wechat: WebPeer) -> None:
    make_account("wechat")
    fresh = wechat.answer

    def answer(asked: Asked) -> Said:
        if asked.query.get("access_token") == "token-1":
            return Said(body=b'{"errcode": 42001, "errmsg": "access_token expired"}')
        return fresh(asked)

    wechat.answer = answer
    assert send(order("wechat", "oOPENID")).status == "sent"
    assert wechat.asked[-1].query["access_token"] == "token-2"


def test_too_late_to_answer_is_told_in_wechats_words(in_acme: Company, wechat: WebPeer) -> None:
    make_account("wechat")
    fresh = wechat.answer
    refusal = Said(body=b'{"errcode": 45015, "errmsg": "response out of time limit"}')
    wechat.answer = lambda asked: refusal if "custom" in asked.path else fresh(asked)
    sent = send(order("wechat", "oOPENID"))
    assert (sent.status, sent.reason) == ("failed", "WeChat 45015: response out of time limit")
