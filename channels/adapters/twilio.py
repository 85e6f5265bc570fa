"""SMS by Twilio: https://www.twilio.com/docs/messaging/api, https://www.twilio.com/docs/usage/security."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import mimetypes
import re
from typing import ClassVar

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
    Reply,
    Retry,
    Sent,
    Unreadable,
    outcome_of,
)  # fmt: skip
from channels.enums import Channel

MOST_FILES = 10
_REF = re.compile(r"[A-Za-z0-9]{1,64}/Media/[A-Za-z0-9]{1,64}")
_FAILED = frozenset({"failed", "undelivered"})


class TwilioAdapter(Adapter):
    """Signed forms in, basic authentication out, status callbacks for what was sent.

    Twilio takes no key for what is sent: a message whose answer was lost is sent again.
    """

    code = "twilio"
    channel = Channel.SMS
    label = gettext_lazy("SMS by Twilio")
    address_label = gettext_lazy("Number")
    address_hint = gettext_lazy("With the country: +81501234567.")
    hooks: ClassVar = ((gettext_lazy("A message comes in: webhook, HTTP POST"), ""),)
    secrets_hint = gettext_lazy("Both are on the first page of the Twilio console, under Account info.")
    fields = (
        Field(name="account_sid", label=gettext_lazy("Account SID")),
        Field(name="auth_token", label=gettext_lazy("Auth token"), kind="secret"),
        Field(
            name="service_sid",
            label=gettext_lazy("Messaging service SID"),
            is_required=False,
            hint=gettext_lazy("Sends from the service's numbers instead of the number above."),
        ),
    )

    def check(self, account: Account) -> str:
        try:
            answer = http.call("GET", f"{_url(account)}.json", auth=_auth(account))
        except http.Unreachable as problem:
            raise NotWorking(str(problem)) from problem
        if answer.status != 200:
            raise NotWorking(_words(answer))
        return _("Twilio knows this account as “%(name)s”.") % {
            "name": answer.json().get("friendly_name", "")
        }

    def verify(self, account: Account, call: Call) -> None:
        url = account.hook_url + (f"?{call.query}" if call.query else "")
        try:
            words = url + "".join(name + value for name, value in sorted(call.form().items()))
        except Unreadable as problem:
            raise Forged from problem
        wanted = hmac.new(account.secret("auth_token").encode(), words.encode(), hashlib.sha1).digest()
        given = call.headers.get("x-twilio-signature", "")
        if not account.secret("auth_token") or not constant_time_compare(
            base64.b64encode(wanted).decode(), given
        ):
            raise Forged

    def reply(self, account: Account, call: Call) -> Reply:
        return Reply(body="<Response></Response>", content_type="text/xml; charset=utf-8")

    def read(self, account: Account, call: Call) -> list[Incoming | Receipt]:
        form = call.form()
        number = form.get("MessageSid") or form.get("SmsSid")
        if not number:
            raise Unreadable("no MessageSid")
        status = form.get("MessageStatus", "")
        if status:
            return _receipts(number, status, form)
        if not form.get("From"):
            raise Unreadable("a message without From")
        media, elsewhere = _media(account, form)
        return [
            Incoming(
                external_id=number,
                raw=json.dumps(form, ensure_ascii=False).encode(),
                sender=form["From"],
                text="\n".join(filter(None, [form.get("Body", ""), *elsewhere])),
                media=media,
            )
        ]

    def fetch(self, account: Account, media: Media) -> File:
        """Twilio shows where the file lies; our password goes to its API only, and nobody else is asked."""
        try:
            answer = http.call("GET", f"{_url(account)}/Messages/{media.ref}", auth=_auth(account))
            if answer.status in (301, 302, 303, 307, 308):
                place = answer.headers.get("location", "")
                if not place.startswith(tuple(f"{store}/" for store in _stores())):
                    raise NotWorking(_("Twilio points to a place that is not its own."))
                answer = http.call("GET", place)
        except http.Unreachable as problem:
            raise NotWorking(str(problem)) from problem
        if answer.status != 200:
            raise NotWorking(_words(answer))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return File(name=media.name, content_type=kind or media.content_type, content=answer.body)

    def send(self, account: Account, message: Outgoing) -> Outcome:
        service = account.option("service_sid")
        form = {"MessagingServiceSid": service} if service else {"From": account.address}
        form |= {"To": message.recipient, "Body": message.body, "StatusCallback": account.hook_url}
        try:
            answer = http.call("POST", f"{_url(account)}/Messages.json", data=form, auth=_auth(account))
        except http.Unreachable as problem:
            return Retry(reason=str(problem))
        if answer.status in (200, 201):
            return Sent(external_id=str(answer.json().get("sid", "")))
        return outcome_of(answer.status, _words(answer))


def _url(account: Account) -> str:
    return f"{settings.CHANNEL_APIS['twilio']}/2010-04-01/Accounts/{account.option('account_sid')}"


def _stores() -> list[str]:
    """Where Twilio keeps files: it answers with such an address, good for a short while."""
    return str(settings.CHANNEL_APIS["twilio-media"]).split(",")


def _media(account: Account, form: dict[str, str]) -> tuple[list[Media], list[str]]:
    """The files that Twilio's API holds for this account; an address of anything else stays words."""
    media, elsewhere = [], []
    for number in range(MOST_FILES):
        address, kind = form.get(f"MediaUrl{number}", ""), form.get(f"MediaContentType{number}", "")
        held = _REF.fullmatch(address.removeprefix(f"{_url(account)}/Messages/"))
        if held:
            ending = mimetypes.guess_extension(kind) or ".bin"
            media.append(Media(ref=held[0], name=f"file-{number + 1}{ending}", content_type=kind[:100]))
        elif address:
            elsewhere.append(address)
    return media, elsewhere


def _auth(account: Account) -> tuple[str, str]:
    return account.option("account_sid"), account.secret("auth_token")


def _words(answer: http.Answer) -> str:
    found = answer.json()
    return f"Twilio {found.get('code', answer.status)}: {found.get('message', '')}"[:500]


def _receipts(number: str, status: str, form: dict[str, str]) -> list[Incoming | Receipt]:
    if status in _FAILED:
        words = " ".join(filter(None, [form.get("ErrorCode"), form.get("ErrorMessage")])) or status
        return [Receipt(external_id=number, is_delivered=False, reason=f"Twilio {words}")]
    return [Receipt(external_id=number, is_delivered=True)] if status in ("delivered", "read") else []
