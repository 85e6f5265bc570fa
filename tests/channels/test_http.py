"""The door out: which addresses are refused, and what is capped."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from channels import http
from tests.peers.web import Said, web_peer

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_refused(address: str) -> None:
    with pytest.raises(http.Forbidden):
        http.check_address(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_are_not(address: str) -> None:
    http.check_address(address)


def test_a_network_may_be_allowed(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["10.0.3.0/24"]
    http.check_address("10.0.3.7")
    with pytest.raises(http.Forbidden):
        http.check_address("10.0.4.7")


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "127.1", "localhost"])
def test_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(http.Forbidden):
        http.connect(host, 80)


def test_a_name_is_resolved_once_and_one_bad_address_refuses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (rebinding) is never asked a second time."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_facts: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(http.Forbidden):
        http.call("GET", "http://rebinding.example/")
    assert asked == ["rebinding.example"]


def test_a_long_answer_is_cut_off(settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    long = Said(200, b"x" * (http.MOST_BYTES + 1), {"Content-Type": "application/json"})
    with web_peer(lambda _asked: long) as peer, pytest.raises(http.Unreachable, match="too long"):
        http.call("GET", peer.url)


def test_only_the_web_is_asked() -> None:
    with pytest.raises(http.Unreachable):
        http.call("GET", "file:///etc/passwd")


def test_a_proxy_of_the_environment_is_not_used(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with web_peer() as peer:
        assert http.call("GET", peer.url).status == 200
