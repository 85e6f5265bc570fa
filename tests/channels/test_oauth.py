"""Signing in at a mail server with a token: a token endpoint, an IMAP and an SMTP server over loopback."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from django.core.cache import cache

from channels import services, vault
from channels.models import ChannelAccount, InboundMessage
from core.errors import BadInput, Conflict
from tests.cast import AT, Company
from tests.channels.providers import make_account, order, send
from tests.channels.test_imap import letter, poll
from tests.channels.test_sending import due_now, free_port
from tests.factories.tickets import FOUNDER
from tests.peers.imap import ImapPeer, imap_peer
from tests.peers.web import Asked, Said, web_peer


@dataclass
class Endpoint:
    """A token endpoint that gives "access-1", "access-2", …; `refuses` is an error in its place."""

    url: str = ""
    refuses: dict[str, str] = field(default_factory=dict)
    renews: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Said:
        self.asked.append({name: values[0] for name, values in parse_qs(asked.body.decode()).items()})
        if self.refuses:
            return Said(400, json.dumps(self.refuses).encode())
        told = {"access_token": f"access-{len(self.asked)}", "expires_in": 3600, "token_type": "Bearer"}
        return Said(
            body=json.dumps({**told, **({"refresh_token": self.renews} if self.renews else {})}).encode()
        )


@pytest.fixture
def endpoint(settings: Any) -> Iterator[Endpoint]:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    cache.clear()
    given = Endpoint()
    with web_peer(given.answer) as peer:
        given.url = f"{peer.url}/token"
        yield given


@pytest.fixture
def mailbox(endpoint: Endpoint) -> Iterator[ImapPeer]:
    with imap_peer() as peer:
        peer.token = "access-1"
        yield peer


def add(endpoint: Endpoint, **options: Any) -> ChannelAccount:
    app = {"sign_in": "oauth", "oauth_token_url": endpoint.url, "oauth_client_id": "app-7"}
    secrets = {"oauth_refresh_token": "refresh-1", "oauth_client_secret": "app-secret", "imap_password": ""}
    return make_account("mailbox", secrets=secrets, **{**app, **options})


def reading(endpoint: Endpoint, peer: ImapPeer, **options: Any) -> ChannelAccount:
    where = {
        "imap_host": "127.0.0.1",
        "imap_port": peer.port,
        "imap_security": "none",
        "imap_user": peer.user,
    }
    return add(endpoint, **where, **options)


def test_a_mailbox_is_read_with_a_token_that_is_kept_until_it_ends(
    in_acme: Company, endpoint: Endpoint, mailbox: ImapPeer
) -> None:
    account = reading(endpoint, mailbox)
    mailbox.put(letter(1))
    for _ in range(2):
        assert poll(account).problem == ""
    assert InboundMessage.objects.count() == 1
    assert endpoint.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-1",
            "client_id": "app-7",
            "client_secret": "app-secret",
        }
    ]


def test_a_token_that_is_refused_before_its_end_is_got_anew(
    in_acme: Company, endpoint: Endpoint, mailbox: ImapPeer
) -> None:
    account = reading(endpoint, mailbox)
    poll(account)
    mailbox.token = "access-2"
    assert poll(account).problem == ""
    assert len(endpoint.asked) == 2


def test_a_refresh_token_that_the_provider_renews_is_kept_sealed(
    in_acme: Company, endpoint: Endpoint, mailbox: ImapPeer
) -> None:
    account = reading(endpoint, mailbox)
    endpoint.renews = "refresh-2"
    poll(account)
    assert vault.unseal(account.secrets)["oauth_refresh_token"] == "refresh-2"
    assert "refresh-2" not in account.secrets
    mailbox.token = "access-2"
    assert poll(account).problem == ""
    assert endpoint.asked[-1]["refresh_token"] == "refresh-2"


def test_a_refused_refresh_is_shown_on_the_channels_page_with_the_way_out(
    in_acme: Company, endpoint: Endpoint, mailbox: ImapPeer, signed_in: Any
) -> None:
    account = reading(endpoint, mailbox)
    endpoint.refuses = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert "Token has been expired or revoked" in poll(account).problem
    page = signed_in(in_acme.ada).get(f"/t/acme/settings/channels/{account.pk}/").content.decode()
    assert "takes the refresh token no longer" in page
    assert "agree once more" in page
    assert "refresh-1" not in page
    assert mailbox.commands[-1] == "LOGOUT"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"error": "invalid_client"}, "Correct the client ID and its secret"),
        ({"error": "invalid_scope"}, "Check its address and the scope"),
    ],
)
def test_other_refusals_say_what_to_correct(
    in_acme: Company, endpoint: Endpoint, mailbox: ImapPeer, told: dict[str, str], words: str
) -> None:
    endpoint.refuses = told
    account = reading(endpoint, mailbox)
    with pytest.raises(Conflict, match=words):
        services.try_account(account_id=account.pk, actor=FOUNDER, at=AT)


def test_a_mail_server_that_refuses_the_token_says_so(
    in_acme: Company, endpoint: Endpoint, mailbox: ImapPeer
) -> None:
    mailbox.token = "of somebody else"
    assert "the token is not taken" in poll(reading(endpoint, mailbox)).problem


class Post:
    """An SMTP server that takes one token only."""

    def __init__(self) -> None:
        self.token, self.taken = "access-1", 0

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        wanted = f"user=desk\x01auth=Bearer {self.token}\x01\x01"
        if base64.b64decode(args[1]).decode() == wanted:
            return AuthResult(success=True)
        await server.push("334 " + base64.b64encode(b'{"status":"401"}').decode())
        await server._reader.readline()
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Envelope) -> str:
        self.taken += 1
        return "250 taken"


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    taker = Post()
    server = Controller(
        taker, hostname="127.0.0.1", port=free_port(), auth_require_tls=False, auth_required=True
    )
    server.start()
    yield taker, server.port
    server.stop()


def sending(endpoint: Endpoint, port: int) -> ChannelAccount:
    where = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_user": "desk"}
    return add(endpoint, **where)


def test_answers_leave_with_a_token_and_a_stale_one_is_got_anew(
    in_acme: Company, endpoint: Endpoint, post: tuple[Post, int]
) -> None:
    taker, port = post
    account = sending(endpoint, port)
    assert "lets us in" in services.try_account(account_id=account.pk, actor=FOUNDER, at=AT)
    taker.token = "access-2"
    message = send(order("email", "mari@aoki.example"))
    assert (message.status, taker.taken, len(endpoint.asked)) == ("sent", 1, 2)


def test_without_a_token_a_message_waits_and_says_why(
    in_acme: Company, endpoint: Endpoint, post: tuple[Post, int]
) -> None:
    taker, port = post
    sending(endpoint, port)
    endpoint.refuses = {"error": "invalid_grant"}
    message = send(order("email", "mari@aoki.example"))
    assert (message.status, taker.taken) == ("queued", 0)
    assert "takes the refresh token no longer" in message.reason
    endpoint.refuses = {}
    taker.token = f"access-{len(endpoint.asked) + 1}"
    due_now(message)
    assert send(message).status == "sent"


def test_what_an_account_with_a_token_lacks_is_named_at_its_field(in_acme: Company, settings: Any) -> None:
    settings.OUTGOING_ALLOW = []
    with pytest.raises(BadInput) as caught:
        make_account("mailbox", sign_in="oauth", oauth_token_url="http://127.0.0.1/token")
    assert set(caught.value.errors) == {"oauth_token_url", "oauth_client_id", "oauth_refresh_token"}
