"""What an adapter is: how one provider's calls are checked and read, and how it is asked to send.

An adapter works on values and on the wire only: no rows, no transaction, no tenant. docs/channels.md shows
how to write one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlencode

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.utils.functional import Promise

from channels.enums import Channel

Text = str | Promise


class Forged(Exception):
    """The call does not prove that it is the provider's: nothing of it is kept."""


class Unreadable(Exception):
    """The call is the provider's, but cannot be understood. Its text says why."""


class NotWorking(Exception):
    """The provider does not let us in, or is away. Its text is for the tenant's admin."""


@dataclass(frozen=True)
class Group:
    """A heading under which fields stand together, and a sentence on them. `look` is a class of its section."""

    title: Text
    about: Text = ""
    look: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing an admin fills in. A "secret" is stored encrypted and never shown again.

    Fields of one `group` stand together; one that is `beside` shares the line of the field before it.
    """

    name: str
    label: Text
    kind: Literal["text", "words", "secret", "number", "choice", "switch"] = "text"
    is_required: bool = True
    hint: Text = ""
    choices: Sequence[tuple[str, Text]] = ()
    default: Any = ""
    group: Group | None = None
    beside: bool = False


@dataclass(frozen=True, kw_only=True)
class Account:
    """The tenant's account as an adapter sees it. `hook_url` is the public address of its webhook."""

    id: int
    tenant_id: int
    company: str
    name: str
    address: str
    options: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    hook_url: str
    keep: Callable[[str, str], None] = field(default=lambda _name, _secret: None, repr=False, compare=False)
    """Keep a secret that the provider gave in place of another, by its field's name."""

    def option(self, name: str) -> str:
        """An option as text; "" when it was left out."""
        return str(self.options.get(name) or "")

    def secret(self, name: str) -> str:
        """A secret; "" when it was left out."""
        return self.secrets.get(name, "")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to the webhook. Header names are lower-case; `query` is what follows the question mark."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def parameter(self, name: str) -> str:
        """The first value of a query parameter; "" when there is none."""
        return next((value for key, value in parse_qsl(self.query, True) if key == name), "")

    def form(self) -> dict[str, str]:
        """The body as a form, the first value of each name. Raises `Unreadable`."""
        try:
            pairs = parse_qsl(self.body.decode(), True, max_num_fields=500)
        except ValueError as problem:
            raise Unreadable(f"not a form: {problem}") from problem
        return dict(reversed(pairs))

    def json(self) -> Any:
        """The body as JSON. Raises `Unreadable`."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as problem:
            raise Unreadable(f"not JSON: {problem}") from problem

    def as_request(self) -> HttpRequest:
        """The call as a request of Django, for libraries that read one."""
        names = {"content-type": "CONTENT_TYPE"}
        environ: dict[str, Any] = {
            names.get(name, "HTTP_" + name.upper().replace("-", "_")): value
            for name, value in self.headers.items()
            if name != "content-length"
        }
        environ |= {"REQUEST_METHOD": self.method, "QUERY_STRING": self.query, "PATH_INFO": "/"}
        environ |= {"CONTENT_LENGTH": str(len(self.body)), "wsgi.input": io.BytesIO(self.body)}
        request = WSGIRequest({"SERVER_NAME": "hook", "SERVER_PORT": "443", **environ})
        request._body = self.body
        return request


@dataclass(frozen=True, kw_only=True)
class Media:
    """A file that the provider keeps for us: its own id of it, and what is known before it is fetched."""

    ref: str
    name: str
    content_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One message of a customer. `external_id` is the provider's: the same one never enters twice.

    `sender` is where they can be answered. `is_email` says that `raw` is a whole e-mail, and everything else
    is read from it.
    """

    external_id: str
    raw: bytes = field(repr=False)
    sender: str = ""
    sender_name: str = ""
    text: str = ""
    at: datetime | None = None
    media: Sequence[Media] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_email: bool = False


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of a message we sent."""

    external_id: str
    is_delivered: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the provider's call is answered."""

    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that goes out with a message."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """What is to be sent. `retry_key` (a UUID) is the same however often it is tried."""

    retry_key: str
    recipient: str
    body: str
    subject: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    is_automatic: bool = False
    files: Sequence[File] = ()


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The provider took it; `external_id` is its own id of it, "" when it gives none."""

    external_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Not now: it is tried again, after `seconds` when the provider says how long."""

    reason: str
    seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Never: `reason` holds the provider's words."""

    reason: str


Outcome = Sent | Retry | Refused


class Adapter:
    """One provider. A subclass overrides what the provider can do; the rest says that it cannot.

    `polls` says that messages are fetched, `has_hook` that they come by webhook; `sends` that it can send.
    """

    code: ClassVar[str]
    channel: ClassVar[Channel]
    label: ClassVar[Text]
    address_label: ClassVar[Text]
    address_hint: ClassVar[Text] = ""
    fields: ClassVar[Sequence[Field]] = ()
    polls: ClassVar[bool] = False
    has_hook: ClassVar[bool] = True
    sends: ClassVar[bool] = True
    secrets_hint: ClassVar[Text] = ""
    """Where at the provider the admin finds what is asked for."""
    hooks: ClassVar[Sequence[tuple[Text, str]]] = ()
    """What to enter at the provider, and what follows the webhook's address there."""
    most_bytes: ClassVar[int] = 1024 * 1024
    """The longest call that is taken."""

    def check(self, account: Account) -> str:
        """Try the account without sending anything: what was found, in words. Raises `NotWorking`."""
        raise NotImplementedError

    def complaints(
        self, address: str, options: Mapping[str, Any], secrets: Collection[str] = ()
    ) -> dict[str, list[str]]:
        """What is wrong with values that are all there, by field, before an account is saved.

        `secrets` are the names of the secrets that it has.
        """
        return {}

    def verify(self, account: Account, call: Call) -> None:
        """Raise `Forged` unless the call proves that it is the provider's."""
        raise Forged

    def reply(self, account: Account, call: Call) -> Reply:
        """What a call that was verified is answered."""
        return Reply()

    def read(self, account: Account, call: Call) -> list[Incoming | Receipt]:
        """What a verified call holds; what nobody needs to see is left out. Raises `Unreadable`."""
        return []

    def can_name(self, sender: str) -> bool:
        """Whether `name_of` may know more than the message said. Its ticket is opened after asking."""
        return False

    def name_of(self, account: Account, sender: str) -> str:
        """What the provider calls this sender; "" when it does not say. Asked by a worker, once a message."""
        return ""

    def fetch(self, account: Account, media: Media) -> File:
        """A file that the provider keeps. Raises `NotWorking`."""
        raise NotImplementedError

    def send(self, account: Account, message: Outgoing) -> Outcome:
        """Send it, once per `retry_key` as far as the provider allows. Never raises for what others did."""
        raise NotImplementedError


def with_query(url: str, **parameters: str) -> str:
    """The address with these parameters."""
    return f"{url}?{urlencode(parameters)}"


def outcome_of(status: int, reason: str, *, is_away: Callable[[int], bool] | None = None) -> Retry | Refused:
    """An HTTP error as an outcome: too many, not let in, or away is tried again; anything else never."""
    retried = is_away(status) if is_away else status in (401, 403, 408, 425, 429) or status >= 500
    words = reason[:500] or f"HTTP {status}"
    return Retry(reason=words) if retried else Refused(reason=words)
