"""Accounts of every provider, and calls as the providers make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from channels import services
from channels.adapters.gateway import signature
from channels.models import ChannelAccount, OutboundMessage
from journal import services as journal
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.tickets import FOUNDER

SECRETS: dict[str, dict[str, str]] = {
    "line": {"channel_secret": "line-secret", "access_token": "line-token"},
    "wechat": {"token": "wechat-token", "app_secret": "app-secret"},
    "twilio": {"auth_token": "twilio-token"},
    "gateway": {"token": "gateway-token", "signing_secret": "a-long-signing-secret"},
    "esp": {"api_key": "key", "signing_key": "mailgun-signing", "hook_login": "hook:long-password"},
    "mailbox": {"imap_password": "open sesame"},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "wechat": {"app_id": "wx1234567890"},
    "twilio": {"account_sid": "AC1", "service_sid": ""},
    "gateway": {"url": "https://sms.example/send"},
    "esp": {"esp": "mailgun", "domain": "acme.example"},
}
ADDRESSES = {"mailbox": "desk@acme.example", "esp": "desk@acme.example", "twilio": "+815012345678"}


def make_account(adapter: str, *, secrets: dict[str, str] | None = None, **options: Any) -> ChannelAccount:
    """An account of this provider in the active tenant."""
    return services.add_account(
        adapter=adapter,
        name=f"Our {adapter}",
        address=ADDRESSES.get(adapter, "@acme"),
        options={**OPTIONS.get(adapter, {}), **options},
        secrets={**SECRETS.get(adapter, {}), **(secrets or {})},
        actor=FOUNDER,
        at=AT,
    )


def path_of(account: ChannelAccount, slug: str = "acme") -> str:
    return f"/c/{slug}/hooks/{account.hook}/"


def line_event(text: str = "The copier jams", **facts: Any) -> dict[str, Any]:
    """One event of a text message."""
    message = {"id": "468789577898262530", "type": "text", "text": text}
    return {
        "type": "message",
        "webhookEventId": "01H810YECXQQZ37VAXPF6H9E6T",
        "deliveryContext": {"isRedelivery": False},
        "timestamp": 1_800_000_000_000,
        "source": {"type": "user", "userId": "U4af4980629"},
        "replyToken": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA",
        "mode": "active",
        **facts,
        "message": {**message, **facts.get("message", {})},
    }


def line_call(account: ChannelAccount, *events: dict[str, Any], secret: str = "line-secret") -> Any:
    """LINE calls our webhook."""
    body = json.dumps({"destination": "U0", "events": list(events)}, ensure_ascii=False).encode()
    signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"X-Line-Signature": signed}
    return Client().post(path_of(account), body, content_type="application/json", headers=headers)


def wechat_query(*more: str, token: str = "wechat-token", **parameters: str) -> str:
    """The query of a call of WeChat; what is signed besides the token goes into `more`."""
    parts = sorted([token, "1800000000", "n0nce", *more])
    name = "msg_signature" if more else "signature"
    signed = hashlib.sha1("".join(parts).encode()).hexdigest()
    return urlencode({"timestamp": "1800000000", "nonce": "n0nce", name: signed, **parameters})


def wechat_xml(text: str = "打印机坏了", number: str = "6054768590064713728", kind: str = "text") -> bytes:
    """The XML of one message."""
    return (
        f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oOPENID]]></FromUserName>"
        f"<CreateTime>1800000000</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
    ).encode()


def wechat_call(account: ChannelAccount, body: bytes, *sealed: str, token: str = "wechat-token") -> Any:
    """WeChat calls our webhook."""
    query = wechat_query(*sealed, token=token)
    return Client().post(f"{path_of(account)}?{query}", body, content_type="text/xml")


def twilio_call(account: ChannelAccount, form: dict[str, str], *, token: str = "twilio-token") -> Any:
    """Twilio calls our webhook."""
    with tenant_active(account.tenant_id or 0):
        url = services.hook_url(account)
    words = url + "".join(name + form[name] for name in sorted(form))
    signed = base64.b64encode(hmac.new(token.encode(), words.encode(), hashlib.sha1).digest()).decode()
    return Client().post(
        path_of(account),
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signed},
    )


def gateway_call(
    account: ChannelAccount, facts: dict[str, Any], *, secret: str = "a-long-signing-secret", at: float = 0
) -> Any:
    """A gateway of the neutral shape calls our webhook."""
    body, moment = json.dumps(facts).encode(), str(int(at or time.time()))
    headers = {"X-Timestamp": moment, "X-Signature": signature(secret, moment, body)}
    return Client().post(path_of(account), body, content_type="application/json", headers=headers)


def order(channel: str, recipient: str, body: str = "We come at ten.", **facts: Any) -> OutboundMessage:
    """Something to send, in the active tenant."""
    values = {"key": "k", "subject": "Re: copier", "language": "en", "actor": FOUNDER, "at": AT, **facts}
    return services.send_message(channel=channel, recipient=recipient, body=body, **values)


def send(message: OutboundMessage) -> OutboundMessage:
    """Send what is due, and look what became of this message."""
    services.send_due()
    message.refresh_from_db()
    return message


def read_everything(company: Company) -> None:
    """Run the handlers of what came."""
    journal.deliver_all()
