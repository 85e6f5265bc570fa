"""Asking the product as somebody, and what its answers give away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from django.core import mail
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from accounts import services as accounts
from accounts.enums import Permission
from journal import services as journal
from tenants.active import tenant_active
from tests.isolation.routes import Act
from tests.isolation.tables import digest
from tests.isolation.world import NOW, Side, Twins

_FLEETING = re.compile(
    r"""nonce-?=?"?[\w+/=-]{16,}                                    # of the page's scripts
    |[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}    # keys that make a form happen once
    |\b[A-Za-z0-9]{64}\b                                             # CSRF tokens
    |\b[0-9a-f]{32}\b                                               # request ids
    |pass=[\w.:=-]+                                                  # to the live feed, timed
    """,
    re.VERBOSE,
)
_FLEETING_HEADERS = {"set-cookie", "content-length", "date", "expires", "x-request-id", "server-timing"}


@dataclass(frozen=True)
class Answer:
    """What came back, and what of the rival's it showed or changed."""

    status: int
    text: str
    headers: dict[str, str]
    harm: list[str]
    trouble: object = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 400

    def told(self, *ids: object) -> tuple[int, str, list[tuple[str, str]]]:
        """The answer less the ids that were asked for and what differs between any two answers."""

        def plain(text: str) -> str:
            for asked in map(str, ids):
                # A short id, of a row that the filler did not make, would be found in dates and "utf-8" too.
                if len(asked) > 4 or text.startswith("{"):
                    text = re.sub(rf"(?<![\w-]){re.escape(asked)}(?!\w)", "⟨id⟩", text)
            return _FLEETING.sub("⟨fleeting⟩", text)

        headers = [(n, plain(v)) for n, v in self.headers.items() if n.lower() not in _FLEETING_HEADERS]
        return self.status, plain(self.text), sorted(headers)

    def gist(self) -> str:
        """The answer in a few words, for a person who reads why a test failed."""
        text = re.sub(r"<svg.*?</svg>|<[^>]*>|\s+", " ", self.text)
        return f"{self.status} {re.sub(' +', ' ', text)[:1500]} {self.trouble or ''}"


def assert_alike(one: Answer, one_id: object, other: Answer, other_id: object) -> None:
    """Two answers tell the same of two ids; else say where they differ."""
    told, also = str(one.told(one_id)), str(other.told(other_id))
    if told != also:
        at = next((i for i, pair in enumerate(zip(told, also, strict=False)) if len(set(pair)) > 1), 0)
        raise AssertionError(
            f"…{told[max(0, at - 150) : at + 100]}… but …{also[max(0, at - 20) : at + 100]}…"
        )


def leaks(response: HttpResponse, word: str) -> list[str]:
    """Where an answer, or a mail sent since the outbox was last emptied, holds the word."""
    found = []
    if (at := response.content.find(word.encode())) >= 0:
        found.append(f"body: …{response.content[max(0, at - 80) : at + 80].decode(errors='replace')}…")
    found += [f"header {name}: {value}" for name, value in response.headers.items() if word in value]
    found += [f"mail: {letter.subject}" for letter in mail.outbox if word in str(letter.message())]
    return found


@dataclass
class Walker:
    """Asks in the name of Acme's people (by first name), of a customer (""), and of a "program"."""

    twins: Twins
    clients: dict[str, Client] = field(default_factory=dict)
    untouched: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = self.twins.own
        self.clients[""] = Client(raise_request_exception=False)
        for name, person in own.company.people.items():
            self.clients[name] = _signed_in(person.user)
        self.clients["program"] = _program(own)
        self.clients["mallory"] = _signed_in(self.twins.rival.company.people["ada"].user)
        self.untouched = digest(self.twins.rival)

    def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        act: Act | None = None,
    ) -> Answer:
        """Send one request, run the handlers of its facts, look for harm, and undo it all."""
        mail.outbox = []
        client = self.clients[who]
        # Messages to the reader travel in a cookie, which no rollback takes back.
        cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
        with transaction.atomic():
            if act and act.before:
                with tenant_active(self.twins.own.company.tenant.pk):
                    act.before(self.twins.own)
            response = _send(client, method, path, body or {})
            changed: list[str] = []
            if method != "get":
                if response.status_code < 400:
                    connection.check_constraints()
                    journal.deliver_all()
                    connection.check_constraints()
                now = digest(self.twins.rival)
                changed = [f"changed {table}" for table in now if now[table] != self.untouched[table]]
            harm = [*leaks(response, self.twins.rival.word), *changed]
            transaction.set_rollback(True)
        client.cookies = cookies
        trouble = getattr(response, "exc_info", None) if response.status_code >= 500 else None
        text = response.content.decode(errors="replace")
        return Answer(response.status_code, text, dict(response.headers), harm, trouble)


def _signed_in(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _program(side: Side) -> Client:
    with tenant_active(side.company.tenant.pk):
        admin = side.company.people["ada"].actor
        _, secret = accounts.create_token(name="all", scopes=list(Permission.values), actor=admin, at=NOW)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})


def _send(client: Client, method: str, path: str, body: Mapping[str, Any]) -> HttpResponse:
    send = getattr(client, method)
    is_json = path.startswith("/api/") and not any(hasattr(value, "read") for value in body.values())
    if method == "get" or not is_json:
        response = send(path, dict(body))
    else:
        response = send(path, json.dumps(body), content_type="application/json")
    if response.streaming:
        response.content = b"".join(response.streaming_content)
    return response  # type: ignore[no-any-return]
