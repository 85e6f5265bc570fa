"""SMS through any gateway that speaks plain JSON: the shape is described in docs/channels.md."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.crypto import constant_time_compare
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels import http
from channels.adapters.base import (
    Account,
    Adapter,
    Call,
    Field,
    Forged,
    Incoming,
    NotWorking,
    Outcome,
    Outgoing,
    Receipt,
    Retry,
    Sent,
    Unreadable,
    outcome_of,
)  # fmt: skip
from channels.enums import Channel

SKEW_SECONDS = 900


class GatewayAdapter(Adapter):
    """Signed JSON both ways; `Idempotency-Key` is the retry key."""

    code = "gateway"
    channel = Channel.SMS
    label = gettext_lazy("SMS by another gateway")
    address_label = gettext_lazy("Number or sender name")
    hooks: ClassVar = ((gettext_lazy("Webhook for messages and delivery reports"), ""),)
    secrets_hint = gettext_lazy(
        "For any gateway that speaks our small protocol; docs/channels.md describes it."
    )
    fields = (
        Field(
            name="url",
            label=gettext_lazy("Address for sending"),
            hint=gettext_lazy("It is sent JSON by POST: from, to, text."),
        ),
        Field(name="token", label=gettext_lazy("Bearer token"), kind="secret"),
        Field(
            name="signing_secret",
            label=gettext_lazy("Signing secret of the webhook"),
            kind="secret",
            hint=gettext_lazy("At least 16 characters, known to the gateway and to us."),
        ),
    )

    def check(self, account: Account) -> str:
        try:
            answer = http.call("OPTIONS", account.option("url"), headers=_bearer(account))
        except http.Unreachable as problem:
            raise NotWorking(str(problem)) from problem
        if answer.status in (401, 403) or answer.status >= 500:
            raise NotWorking(_words(answer))
        return _("The gateway answers.")

    def verify(self, account: Account, call: Call) -> None:
        moment = call.headers.get("x-timestamp", "")
        wanted = signature(account.secret("signing_secret"), moment, call.body)
        given = call.headers.get("x-signature", "")
        if not account.secret("signing_secret") or not constant_time_compare(wanted, given):
            raise Forged
        if not moment.isdecimal() or abs(int(moment) - time.time()) > SKEW_SECONDS:
            raise Forged

    def read(self, account: Account, call: Call) -> list[Incoming | Receipt]:
        found = call.json()
        if not isinstance(found, dict) or not found.get("id"):
            raise Unreadable("no object with an id")
        number = str(found["id"])
        if found.get("type") == "status":
            return _receipts(number, found)
        if not found.get("from"):
            raise Unreadable("a message without from")
        return [
            Incoming(
                external_id=number,
                raw=call.body,
                sender=str(found["from"]),
                sender_name=str(found.get("name") or ""),
                text=str(found.get("text") or ""),
                at=_moment(found),
            )
        ]

    def send(self, account: Account, message: Outgoing) -> Outcome:
        body = {"from": account.address, "to": message.recipient, "text": message.body}
        headers = {**_bearer(account), "Idempotency-Key": message.retry_key}
        try:
            answer = http.call("POST", account.option("url"), json=body, headers=headers)
        except http.Forbidden as problem:
            return outcome_of(400, str(problem))
        except http.Unreachable as problem:
            return Retry(reason=str(problem))
        if 200 <= answer.status < 300:
            found = answer.json()
            return Sent(external_id=str(found.get("id", "")) if isinstance(found, dict) else "")
        if answer.status == 429 and answer.headers.get("retry-after", "").isdecimal():
            return Retry(reason=_words(answer), seconds=int(answer.headers["retry-after"]))
        return outcome_of(answer.status, _words(answer))


def signature(secret: str, moment: str, body: bytes) -> str:
    """What proves a call: "sha256=" and the HMAC of "<timestamp>.<body>" in hex."""
    found = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256)
    return f"sha256={found.hexdigest()}"


def _bearer(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.secret('token')}"}


def _words(answer: http.Answer) -> str:
    found = answer.json()
    told = found if isinstance(found, dict) else {}
    words = told.get("error") or told.get("message") or answer.body[:200].decode("utf-8", "replace")
    return f"{answer.status}: {json.dumps(words, ensure_ascii=False) if isinstance(words, dict) else words}"


def _moment(found: Mapping[str, Any]) -> datetime | None:
    try:
        moment = parse_datetime(str(found.get("at") or ""))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


def _receipts(number: str, found: Mapping[str, Any]) -> list[Incoming | Receipt]:
    if found.get("status") == "delivered":
        return [Receipt(external_id=number, is_delivered=True)]
    if found.get("status") == "failed":
        return [Receipt(external_id=number, is_delivered=False, reason=str(found.get("reason") or "")[:500])]
    return []
