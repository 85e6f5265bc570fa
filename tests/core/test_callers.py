"""Behind proxies of ours every caller is counted for himself, and nobody chooses the address he is counted by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client, RequestFactory

from core.callers import CallerMiddleware, throttled_part
from fieldservice import settings as product
from tests.architecture.source import ROOT, product_files
from tests.cast import PASSWORD, Company

PROXY = "172.18.0.1"
FORM = {"name": "Cleo", "email": "cleo@home.example", "subject": "No heat", "body": "Since morning"}


@pytest.fixture
def seen(settings: Any) -> Callable[..., str]:
    """The address that views see of a request that came from `PROXY`."""

    def ask(forwarded: str | None, proxies: int, peer: str = PROXY) -> str:
        settings.TRUSTED_PROXIES = proxies
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
        CallerMiddleware(lambda _request: HttpResponse())(request)
        return str(request.META["REMOTE_ADDR"])

    return ask


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.7", 0, PROXY),
        ("203.0.113.7", 1, "203.0.113.7"),
        ("10.0.0.1, 10.0.0.2,203.0.113.7", 1, "203.0.113.7"),
        ("10.0.0.1, 203.0.113.7, 172.18.0.9", 2, "203.0.113.7"),
        ("203.0.113.7", 2, PROXY),
        (None, 1, PROXY),
        ("", 1, PROXY),
        ("203.0.113.7, ", 1, PROXY),
        ("203.0.113.7, unknown", 1, PROXY),
        ("203.0.113.7, 999.1.1.1", 1, PROXY),
        ("203.0.113.7:51000", 1, "203.0.113.7"),
        ("[2001:DB8::7]:51000", 1, "2001:db8::7"),
        ("[2001:db8::7]", 1, "2001:db8::7"),
        ("2001:0db8:0:0:0:0:0:7", 1, "2001:db8::7"),
        ("::ffff:203.0.113.7", 1, "203.0.113.7"),
        ("fe80::7%eth0", 1, "fe80::7"),
    ],
)
def test_the_entry_of_the_outermost_proxy_counts(
    seen: Callable[..., str], *, forwarded: str | None, proxies: int, address: str
) -> None:
    assert seen(forwarded, proxies) == address


def test_a_peer_that_is_no_address_stays_as_it_is(seen: Callable[..., str]) -> None:
    assert seen(None, 1, peer="") == ""
    assert seen(None, 0, peer="unix:") == "unix:"
    assert seen(None, 0, peer="::ffff:203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", ""),
    ],
)
def test_throttles_count_networks_of_ipv6(address: str, part: str) -> None:
    assert throttled_part(RequestFactory().get("/", REMOTE_ADDR=address)) == part


def _twelve(forwarded: Callable[[int], str]) -> list[int]:
    """The answers to twelve requests for service through the proxy; ten of one address are let through."""
    return [
        Client(REMOTE_ADDR=PROXY)
        .post(
            "/c/acme/request/",
            {**FORM, "subject": f"n{number}"},
            headers={"X-Forwarded-For": forwarded(number)},
        )
        .status_code
        for number in range(12)
    ]


ALL, TEN = [303] * 12, [303] * 10 + [429] * 2


@pytest.mark.parametrize(("proxies", "answers"), [(1, ALL), (0, TEN)])
def test_strangers_behind_a_proxy_that_is_told_of_do_not_share_a_limit(
    acme: Company, settings: Any, proxies: int, answers: list[int]
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert _twelve(lambda number: f"203.0.113.{number}") == answers


@pytest.mark.parametrize(("proxies", "answers"), [(1, TEN), (2, ALL)])
def test_entries_that_the_caller_wrote_change_nothing(
    acme: Company, settings: Any, proxies: int, answers: list[int]
) -> None:
    """The control: with one proxy more than there are, callers do choose their address."""
    settings.TRUSTED_PROXIES = proxies
    assert _twelve(lambda number: f"10.0.0.{number}, 203.0.113.7") == answers


def test_addresses_of_one_network_share_a_limit(acme: Company, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    assert _twelve(lambda number: f"2001:db8:1:2::{number:x}") == TEN
    assert _twelve(lambda number: f"2001:db8:1:{number + 3:x}::1") == ALL


@pytest.mark.parametrize("proxies", [1, 0])
def test_who_guesses_passwords_stops_nobody_else(acme: Company, settings: Any, proxies: int) -> None:
    """The control: when nobody told of the proxy, its one address is stopped, and with it all people."""
    settings.TRUSTED_PROXIES = proxies
    for number in range(11):
        form = {"login": f"somebody{number}@acme.example", "password": "wrong"}
        guess = _sign_in(Client(), form, "203.0.113.66")
    assert "Too many failed" in guess.content.decode()
    client = Client()
    answer = _sign_in(client, {"login": acme.ada.user.email, "password": PASSWORD}, "203.0.113.7")
    if not proxies:
        assert "Too many failed" in answer.content.decode()
        return
    assert answer.status_code == 302
    client.get("/t/acme/tickets/", headers={"X-Forwarded-For": "203.0.113.7"}, REMOTE_ADDR=PROXY)
    assert UserSession.objects.get(user=acme.ada.user).ip == "203.0.113.7"


def _sign_in(client: Client, form: dict[str, str], forwarded: str) -> Any:
    headers = {"X-Forwarded-For": forwarded}
    return client.post("/accounts/login/", form, headers=headers, REMOTE_ADDR=PROXY)


def test_addresses_are_read_in_one_place_only() -> None:
    words = ("REMOTE_ADDR", "FORWARDED_FOR", "X-Forwarded-For", "get_client_ip")
    readers = {
        str(path.relative_to(ROOT))
        for path in product_files()
        if path.name != "settings.py" and any(word in path.read_text() for word in words)
    }
    assert readers == {"core/callers.py"}


@pytest.mark.parametrize("text", ["one", "-1", "1.5", "²"])
def test_a_number_of_proxies_that_is_none_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", text)
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES is"):
        product._count("TRUSTED_PROXIES")


@pytest.mark.parametrize(("text", "count"), [("", 0), ("0", 0), ("2", 2)])
def test_a_number_of_proxies_is_read(monkeypatch: pytest.MonkeyPatch, text: str, count: int) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", text)
    assert product._count("TRUSTED_PROXIES") == count


@pytest.mark.parametrize(
    ("tls", "proxies", "warned"), [(True, 0, 1), (True, 1, 0), (False, 0, 0), (False, 1, 0)]
)
def test_a_proxy_that_nobody_believes_is_warned_of(
    settings: Any, tls: bool, proxies: int, warned: int
) -> None:
    settings.BEHIND_TLS, settings.TRUSTED_PROXIES = tls, proxies
    found = [one for one in run_checks(tags=["core"]) if one.id == "core.W001"]
    assert len(found) == warned and all("TRUSTED_PROXIES" in str(one.hint) for one in found)
