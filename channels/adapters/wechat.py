"""WeChat official accounts: https://developers.weixin.qq.com/doc/offiaccount/en/."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels import http, vault
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
    Reply,
    Retry,
    Sent,
    Unreadable,
)  # fmt: skip
from channels.adapters.wechat_cipher import decrypt
from channels.enums import Channel

LONGEST_BYTES = 2_000
_STALE_TOKEN = frozenset({40001, 40014, 42001})
_AWAY = frozenset({-1, 45009, 45011, 45047})


class WeChatAdapter(Adapter):
    """Signed calls in, plain or encrypted; customer-service messages out.

    WeChat takes no key for what is sent: a message whose answer was lost is sent again.
    """

    code = "wechat"
    channel = Channel.WECHAT
    label = gettext_lazy("WeChat official account")
    address_label = gettext_lazy("WeChat ID")
    address_hint = gettext_lazy("As customers know it.")
    hooks: ClassVar = ((gettext_lazy("Server address (URL)"), ""),)
    secrets_hint = gettext_lazy(
        "All of it is in the WeChat console under Settings and development, Basic configuration; the token is "
        "a word of your choice."
    )
    fields = (
        Field(name="app_id", label=gettext_lazy("AppID")),
        Field(name="app_secret", label=gettext_lazy("AppSecret"), kind="secret"),
        Field(name="token", label=gettext_lazy("Token"), kind="secret"),
        Field(
            name="aes_key",
            label=gettext_lazy("EncodingAESKey"),
            kind="secret",
            is_required=False,
            hint=gettext_lazy("43 characters. With it, only encrypted calls are taken."),
        ),
    )

    def check(self, account: Account) -> str:
        _access_token(account, is_fresh=True)
        return _("WeChat gave an access token for %(app)s.") % {"app": account.option("app_id")}

    def verify(self, account: Account, call: Call) -> None:
        token = account.secret("token")
        parts = [token, call.parameter("timestamp"), call.parameter("nonce")]
        given = call.parameter("signature")
        if call.method == "POST" and account.secret("aes_key"):
            parts.append(_sealed_part(call))
            given = call.parameter("msg_signature")
        wanted = hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
        if not token or not constant_time_compare(wanted, given):
            raise Forged

    def reply(self, account: Account, call: Call) -> Reply:
        if call.method == "GET":
            return Reply(body=call.parameter("echostr"))
        return Reply(body="success")

    def read(self, account: Account, call: Call) -> list[Incoming | Receipt]:
        if call.method == "GET":
            return []
        body = call.body
        if account.secret("aes_key"):
            body = decrypt(account.secret("aes_key"), _sealed_part(call), account.option("app_id"))
        facts = _facts(body)
        if facts.get("MsgType") == "event":
            return []
        return [_incoming(facts, body)]

    def fetch(self, account: Account, media: Media) -> File:
        parameters = {"access_token": _access_token(account), "media_id": media.ref}
        try:
            answer = http.call("GET", f"{_api()}/cgi-bin/media/get", params=parameters)
        except http.Unreachable as problem:
            raise NotWorking(str(problem)) from problem
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status != 200 or kind in ("application/json", "text/plain"):
            raise NotWorking(_words(answer.json()))
        return File(name=media.name, content_type=kind, content=answer.body)

    def send(self, account: Account, message: Outgoing) -> Outcome:
        if len(message.body.encode()) > LONGEST_BYTES:
            return Refused(reason=_("The text is too long for WeChat: shorten it or send it in two."))
        body = {"touser": message.recipient, "msgtype": "text", "text": {"content": message.body}}
        try:
            code, words = _say(account, body)
        except (http.Unreachable, NotWorking) as problem:
            return Retry(reason=str(problem))
        if code == 0:
            return Sent()
        return Retry(reason=words) if code in _AWAY or code in _STALE_TOKEN else Refused(reason=words)


def _say(account: Account, body: Mapping[str, Any]) -> tuple[int, str]:
    """WeChat's code and words; asks once more with a fresh token when the kept one is stale."""
    told: dict[str, Any] = {}
    for is_fresh in (False, True):
        answer = http.call(
            "POST",
            f"{_api()}/cgi-bin/message/custom/send",
            params={"access_token": _access_token(account, is_fresh=is_fresh)},
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
        told = answer.json() if answer.status == 200 else {"errcode": -1, "errmsg": f"HTTP {answer.status}"}
        if told.get("errcode") not in _STALE_TOKEN:
            break
    return int(told.get("errcode", -1)), _words(told)


def _access_token(account: Account, *, is_fresh: bool = False) -> str:
    """The token of this account, kept sealed for as long as WeChat says. Raises `NotWorking`."""
    key = f"wechat:{account.tenant_id}:{account.id}"
    kept = "" if is_fresh else cache.get(key, "")
    if kept:
        try:
            return vault.unseal(kept)["token"]
        except vault.Locked:
            cache.delete(key)
    parameters = {
        "grant_type": "client_credential",
        "appid": account.option("app_id"),
        "secret": account.secret("app_secret"),
    }
    try:
        told = http.call("GET", f"{_api()}/cgi-bin/token", params=parameters).json()
    except http.Unreachable as problem:
        raise NotWorking(str(problem)) from problem
    if not told.get("access_token"):
        raise NotWorking(_words(told))
    cache.set(key, vault.seal({"token": told["access_token"]}), max(60, int(told.get("expires_in", 0)) - 300))
    return str(told["access_token"])


def _api() -> str:
    return str(settings.CHANNEL_APIS["wechat"])


def _words(told: Mapping[str, Any]) -> str:
    return f"WeChat {told.get('errcode', '?')}: {told.get('errmsg', '')}"[:500]


def _facts(body: bytes) -> dict[str, str]:
    """The elements below the root by name. Raises `Unreadable`; entities and doctypes are refused."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as problem:
        raise Unreadable(f"not XML: {problem}") from problem
    return {element.tag: element.text or "" for element in root}


def _sealed_part(call: Call) -> str:
    try:
        return _facts(call.body).get("Encrypt", "")
    except Unreadable:
        return ""


def _incoming(facts: Mapping[str, str], body: bytes) -> Incoming:
    sender, kind = facts.get("FromUserName", ""), facts.get("MsgType", "")
    number = facts.get("MsgId", "")
    if not sender or not number:
        raise Unreadable("a message without FromUserName or MsgId")
    moment = facts.get("CreateTime", "")
    return Incoming(
        external_id=number,
        raw=body,
        sender=sender,
        text=_text(kind, facts),
        at=datetime.fromtimestamp(int(moment), UTC) if moment.isdecimal() else None,
        media=_media(kind, facts),
        facts={"wechat_kind": kind},
    )


def _text(kind: str, facts: Mapping[str, str]) -> str:
    if kind == "text":
        return facts.get("Content", "")
    if kind == "location":
        degrees = f"{facts.get('Location_X')}, {facts.get('Location_Y')}"
        return "\n".join(filter(None, [facts.get("Label", ""), degrees]))
    if kind == "link":
        return "\n".join(filter(None, (facts.get(name, "") for name in ("Title", "Description", "Url"))))
    if kind == "voice":
        return facts.get("Recognition", "")
    if kind in ("image", "video", "shortvideo"):
        return ""
    return _("(a message of the kind “%(kind)s”, which can only be seen in WeChat)") % {"kind": kind}


def _media(kind: str, facts: Mapping[str, str]) -> list[Media]:
    endings = {"image": "jpg", "voice": facts.get("Format", "amr"), "video": "mp4", "shortvideo": "mp4"}
    if kind not in endings or not facts.get("MediaId"):
        return []
    return [Media(ref=facts["MediaId"], name=f"{kind}-{facts.get('MsgId', '')}.{endings[kind]}")]
