"""LINE Messaging API: https://developers.line.biz/en/reference/messaging-api/."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels import http
from channels.adapters.base import (
    Account,
    Adapter,
    Call,
    Field,
    File,
    Forged,
    Incoming,
    Media,
    NotWorking,
    Outcome,
    Outgoing,
    Receipt,
    Refused,
    Retry,
    Sent,
    Unreadable,
    outcome_of,
)  # fmt: skip
from channels.enums import Channel

LONGEST_TEXT, MOST_TEXTS = 5_000, 5
NAME_SECONDS = 3
"""How long a ticket waits for its sender's name."""
_EXTENSIONS = {"image": "jpg", "video": "mp4", "audio": "m4a", "file": "bin"}


class LineAdapter(Adapter):
    """Signed webhooks in, push messages out.

    Answers are pushed, not replied: a reply token lives for a minute and cannot be tried again safely, while
    a push with the same X-Line-Retry-Key is sent once.
    """

    code = "line"
    channel = Channel.LINE
    label = "LINE"
    address_label = gettext_lazy("Basic ID")
    address_hint = gettext_lazy("As customers know it, such as @acme.")
    hooks: ClassVar = ((gettext_lazy("Webhook URL"), ""),)
    secrets_hint = gettext_lazy(
        "Both are in the LINE Developers console: the secret under Basic settings, the token under Messaging API."
    )
    fields = (
        Field(name="channel_secret", label=gettext_lazy("Channel secret"), kind="secret"),
        Field(name="access_token", label=gettext_lazy("Channel access token"), kind="secret"),
    )

    def check(self, account: Account) -> str:
        try:
            answer = http.call("GET", f"{_api('line')}/v2/bot/info", headers=_bearer(account))
        except http.Unreachable as problem:
            raise NotWorking(str(problem)) from problem
        if answer.status != 200:
            raise NotWorking(_words(answer))
        return _("LINE knows this account as “%(name)s”.") % {"name": answer.json().get("displayName", "")}

    def verify(self, account: Account, call: Call) -> None:
        wanted = hmac.new(account.secret("channel_secret").encode(), call.body, hashlib.sha256).digest()
        given = call.headers.get("x-line-signature", "")
        if not account.secret("channel_secret") or not constant_time_compare(
            base64.b64encode(wanted).decode(), given
        ):
            raise Forged

    def read(self, account: Account, call: Call) -> list[Incoming | Receipt]:
        found = call.json()
        events = found.get("events") if isinstance(found, dict) else None
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise Unreadable("no list of events")
        return [_incoming(event) for event in events if event.get("type") == "message"]

    def can_name(self, sender: str) -> bool:
        return sender.startswith("U")

    def name_of(self, account: Account, sender: str) -> str:
        url = f"{_api('line')}/v2/bot/profile/{sender}"
        try:
            answer = http.call("GET", url, seconds=NAME_SECONDS, headers=_bearer(account))
        except http.Unreachable:
            return ""
        return str(answer.json().get("displayName", "")) if answer.status == 200 else ""

    def fetch(self, account: Account, media: Media) -> File:
        url = f"{_api('line-data')}/v2/bot/message/{media.ref}/content"
        try:
            answer = http.call("GET", url, headers=_bearer(account))
        except http.Unreachable as problem:
            raise NotWorking(str(problem)) from problem
        if answer.status != 200:
            raise NotWorking(_words(answer))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return File(name=media.name, content_type=kind or "application/octet-stream", content=answer.body)

    def send(self, account: Account, message: Outgoing) -> Outcome:
        texts = [message.body[i : i + LONGEST_TEXT] for i in range(0, len(message.body), LONGEST_TEXT)]
        if len(texts) > MOST_TEXTS:
            return Refused(reason=_("The text is too long for LINE."))
        body = {"to": message.recipient, "messages": [{"type": "text", "text": text} for text in texts]}
        headers = {**_bearer(account), "X-Line-Retry-Key": message.retry_key}
        try:
            answer = http.call("POST", f"{_api('line')}/v2/bot/message/push", json=body, headers=headers)
        except http.Unreachable as problem:
            return Retry(reason=str(problem))
        if answer.status in (200, 409):  # 409: a push with this retry key was taken before.
            sent = answer.json().get("sentMessages") or [{}]
            return Sent(external_id=str(sent[0].get("id", "")))
        if answer.status == 429 and "monthly limit" in _words(answer):
            return Refused(reason=_words(answer))
        return outcome_of(answer.status, _words(answer))


def _api(which: str) -> str:
    return str(settings.CHANNEL_APIS[which])


def _bearer(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.secret('access_token')}"}


def _words(answer: http.Answer) -> str:
    found = answer.json()
    told = found.get("message", "") if isinstance(found, dict) else ""
    details = [str(d.get("message", "")) for d in found.get("details", [])] if told else []
    return " ".join(filter(None, [f"LINE {answer.status}:", told, *details]))[:500]


def _incoming(event: Mapping[str, Any]) -> Incoming:
    source, message = event.get("source") or {}, event.get("message") or {}
    sender = str(source.get("groupId") or source.get("roomId") or source.get("userId") or "")
    if not sender or not message.get("id"):
        raise Unreadable("a message without sender or id")
    kind = str(message.get("type"))
    moment = int(event.get("timestamp") or 0)
    return Incoming(
        external_id=str(event.get("webhookEventId") or message["id"]),
        raw=json.dumps(event, ensure_ascii=False).encode(),
        sender=sender,
        text=_text(kind, message),
        at=datetime.fromtimestamp(moment / 1000, UTC) if moment else None,
        media=_media(kind, message),
        facts={"line_kind": kind, "line_message_id": str(message["id"])},
    )


def _text(kind: str, message: Mapping[str, Any]) -> str:
    if kind == "text":
        return str(message.get("text", ""))
    if kind == "sticker":
        words = ", ".join(map(str, message.get("keywords") or ())) or str(message.get("text") or "")
        return _("(sticker: %(words)s)") % {"words": words} if words else _("(sticker)")
    if kind == "location":
        place = [str(message.get(name) or "") for name in ("title", "address")]
        return "\n".join(filter(None, [*place, f"{message.get('latitude')}, {message.get('longitude')}"]))
    if kind in _EXTENSIONS:
        return ""
    return _("(a message of the kind “%(kind)s”, which can only be seen in LINE)") % {"kind": kind}


def _media(kind: str, message: Mapping[str, Any]) -> list[Media]:
    """What is kept at LINE; a file that lies elsewhere is not ours to fetch."""
    provider = (message.get("contentProvider") or {}).get("type", "line")
    if kind not in _EXTENSIONS or provider != "line":
        return []
    name = str(message.get("fileName") or f"{kind}-{message['id']}.{_EXTENSIONS[kind]}")
    return [Media(ref=str(message["id"]), name=name)]
