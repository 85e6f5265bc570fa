"""E-mail by a provider with an API, through django-anymail: sending, inbound and tracking webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

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
    Refused,
    Retry,
    Sent,
    Unreadable,
    outcome_of,
)  # fmt: skip
from channels.adapters.letters import compose
from channels.enums import Channel

_DONE, _GONE = frozenset({"delivered"}), frozenset({"bounced", "rejected", "failed"})
_NOT_TAKEN = frozenset({"invalid", "rejected", "failed"})


@dataclass(frozen=True)
class Esp:
    """One provider of anymail: its name, its settings by our field, and if its webhooks can be checked."""

    name: str
    settings: Mapping[str, str]
    view: str = ""
    is_signed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


ESPS: dict[str, Esp] = {
    "brevo": Esp("Brevo", {"api_key": "api_key"}),
    "mailersend": Esp("MailerSend", {"api_key": "api_token"}),
    "mailgun": Esp("Mailgun", {"api_key": "api_key", "domain": "sender_domain"}, "Mailgun", is_signed=True),
    "mailjet": Esp("Mailjet", {"api_key": "api_key", "api_secret": "secret_key"}, "Mailjet"),
    "postmark": Esp("Postmark", {"api_key": "server_token"}, "Postmark", headers={"X-PM-KeepID": "true"}),
    "resend": Esp("Resend", {"api_key": "api_key"}),
    "sendgrid": Esp("SendGrid", {"api_key": "api_key"}, "SendGrid"),
    "sparkpost": Esp("SparkPost", {"api_key": "api_key"}, "SparkPost"),
}


class EspAdapter(Adapter):
    """Calls are proved by the provider's signature, or by a user and password in the webhook's address."""

    code = "esp"
    channel = Channel.EMAIL
    label = gettext_lazy("E-mail by a provider's API")
    address_label = gettext_lazy("E-mail address")
    most_bytes = 40 * 1024 * 1024
    hooks: ClassVar = (
        (gettext_lazy("Inbound webhook"), ""),
        (gettext_lazy("Delivery and bounce webhook"), "?events=tracking"),
    )
    secrets_hint = gettext_lazy(
        "Answers leave by the provider's API, and what customers write comes in by its webhook."
    )
    fields = (
        Field(
            name="esp",
            label=pgettext_lazy("e-mail", "Provider"),
            kind="choice",
            choices=tuple((code, esp.name) for code, esp in ESPS.items()),
            default="mailgun",
        ),
        Field(name="api_key", label=gettext_lazy("API key or server token"), kind="secret"),
        Field(
            name="api_secret",
            label=gettext_lazy("API secret"),
            kind="secret",
            is_required=False,
            hint=gettext_lazy("Only for Mailjet."),
        ),
        Field(
            name="domain",
            label=gettext_lazy("Sending domain"),
            is_required=False,
            hint=gettext_lazy("Only for Mailgun."),
        ),
        Field(
            name="signing_key",
            label=gettext_lazy("Signing key of the webhook"),
            kind="secret",
            is_required=False,
            hint=gettext_lazy(
                "Only for Mailgun; the others prove themselves by the user and password below."
            ),
        ),
        Field(
            name="hook_login",
            label=gettext_lazy("User and password of the webhook"),
            kind="secret",
            is_required=False,
            hint=gettext_lazy("Written user:password, and put before the host of the webhook's address."),
        ),
    )

    def check(self, account: Account) -> str:
        esp = _esp(account)
        missing = [name for name in esp.settings if not (account.secret(name) or account.option(name))]
        if missing:
            raise NotWorking(_("%(esp)s needs: %(what)s") % {"esp": esp.name, "what": ", ".join(missing)})
        if esp.view and not account.secret("signing_key" if esp.is_signed else "hook_login"):
            return _("It can send. Without a secret for the webhook, nothing is taken in.")
        return _("Everything that %(esp)s needs is there; it is tried with the next e-mail.") % {
            "esp": esp.name
        }

    def verify(self, account: Account, call: Call) -> None:
        view = _view(account, call)
        try:
            view.run_validators(call.as_request())
        except (AnymailWebhookValidationFailure, ValueError) as problem:
            raise Forged from problem

    def read(self, account: Account, call: Call) -> list[Incoming | Receipt]:
        try:
            events = _view(account, call).parse_events(call.as_request())
        except Exception as problem:  # anymail trusts what was verified; a surprise must not be lost.
            raise Unreadable(f"{type(problem).__name__}: {problem}") from problem
        if call.parameter("events") == "tracking":
            return [receipt for event in events if (receipt := _receipt(event))]
        return [_incoming(event) for event in events if event.message is not None]

    def send(self, account: Account, message: Outgoing) -> Outcome:
        letter = compose(message, name=account.company, address=account.address)
        letter.extra_headers |= _esp(account).headers
        try:
            letter.connection = _connection(account)
            letter.send()
        except AnymailAPIError as problem:
            return _refusal(problem)
        except (AnymailError, ValueError) as problem:
            return Refused(reason=str(problem)[:500])
        return _status(letter)


def _esp(account: Account) -> Esp:
    return ESPS[account.option("esp")]


def _connection(account: Account) -> BaseEmailBackend:
    """The provider's backend, speaking through our own door."""
    code, esp = account.option("esp"), _esp(account)
    facts: dict[str, Any] = {
        setting: account.secret(name) or account.option(name) or None
        for name, setting in esp.settings.items()
    }
    if url := settings.CHANNEL_APIS.get(code):
        facts["api_url"] = url
    connection: Any = get_connection(f"anymail.backends.{code}.EmailBackend", **facts)
    connection.session = http.Session()
    return connection  # type: ignore[no-any-return]


def _view(account: Account, call: Call) -> AnymailBaseWebhookView:
    """anymail's view of these events, to check and to read. Raises `Forged` when nothing can prove them."""
    esp = _esp(account)
    login, key = account.secret("hook_login"), account.secret("signing_key")
    if not esp.view or not (key if esp.is_signed else login):
        raise Forged
    kind = "Tracking" if call.parameter("events") == "tracking" else "Inbound"
    module = import_module(f"anymail.webhooks.{account.option('esp')}")
    facts: dict[str, Any] = {"webhook_secret": login or []}
    if esp.is_signed:
        facts["webhook_signing_key"] = key
    view = getattr(module, f"{esp.view}{kind}WebhookView")(**facts)
    return view


def _incoming(event: Any) -> Incoming:
    message = event.message
    return Incoming(external_id=str(event.event_id or ""), raw=message.as_bytes(), is_email=True)


def _receipt(event: Any) -> Receipt | None:
    number = str(event.message_id or "")
    if not number or event.event_type not in _DONE | _GONE:
        return None
    words = event.mta_response or event.description or event.reject_reason or ""
    return Receipt(external_id=number, is_delivered=event.event_type in _DONE, reason=str(words)[:500])


def _refusal(problem: AnymailAPIError) -> Outcome:
    status = getattr(problem, "status_code", None)
    words = str(problem).replace("\n", " ")
    if status is None:
        return Retry(reason=http.words_of(problem))
    return outcome_of(int(status), words)


def _status(letter: EmailMessage) -> Outcome:
    told = letter.anymail_status  # type: ignore[attr-defined]
    if told.status and set(told.status) <= _NOT_TAKEN:
        return Refused(reason=_("The provider did not take it: %(why)s") % {"why": ", ".join(told.status)})
    return Sent(external_id=str(told.message_id or ""))
