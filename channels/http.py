"""The one door through which this product asks other machines: checked addresses, no redirects, caps.

Tenants say where to send (a mail server, an SMS gateway), so nothing inside our own network may be reached
through it: a name is resolved once, every address it has must be public, and the connection goes to what was
resolved. `settings.OUTGOING_ALLOW` names networks that may be reached all the same.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
MOST_BYTES = 2 * 1024 * 1024
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")


class Unreachable(OSError):
    """No answer could be had. Its text is for a person."""


class Forbidden(Unreachable):
    """The address lies inside our own network, or nowhere."""


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status. `headers` are by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty mapping when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


def connect(host: str, port: int, timeout: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to a public address of this host. Raises `Forbidden`, or OSError as sockets do."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_facts, address in found:
        check_address(str(address[0]))
    problem: OSError = Unreachable(_("%(host)s has no address.") % {"host": host})
    for family, kind, protocol, _name, address in found:
        opened = socket.socket(family, kind, protocol)
        opened.settimeout(timeout)
        try:
            opened.connect(address)
        except OSError as error:
            opened.close()
            problem = error
        else:
            return opened
    raise problem


def check_address(text: str) -> None:
    """Raise `Forbidden` unless this IP address is public, or stands in `OUTGOING_ALLOW`."""
    address = ipaddress.ip_address(text.partition("%")[0])
    for network in settings.OUTGOING_ALLOW:
        if address in ipaddress.ip_network(network):
            return
    if not all(_is_public(each) for each in _meant(address)):
        raise Forbidden(
            _("%(address)s is not a public address, so nothing is sent there.") % {"address": text}
        )


def _meant(address: Address) -> Iterator[Address]:
    """The address, and every IPv4 address that it carries inside."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _NAT64) or address in _COMPATIBLE:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        yield from filter(None, (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())))


def _is_public(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _patience(timeout: object) -> float:
    return float(timeout) if isinstance(timeout, int | float) else CONNECT_SECONDS


class _ConnectedHTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port, _patience(self.timeout))


class _ConnectedHTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port, _patience(self.timeout))


class _Pool(HTTPConnectionPool):
    ConnectionCls = _ConnectedHTTP


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _ConnectedHTTPS


class _Door(HTTPAdapter):
    """Connections of requests that were checked."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **facts: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **facts)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Session(requests.Session):
    """A session of requests that goes through the door, so that a library's calls do too."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__()
        self.seconds = seconds
        self.trust_env = False  # A proxy of the environment would resolve the name again.
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Door())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nobody is followed: the next address was checked by no person."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        total = self.seconds or TOTAL_SECONDS
        until = time.monotonic() + total
        kwargs |= {"stream": True, "timeout": (min(CONNECT_SECONDS, total), total / 2)}
        response = super().send(request, **kwargs)
        response._content = _read(response, until)
        return response


def _read(response: requests.Response, until: float) -> bytes:
    """The body within its caps. Raises requests' ConnectionError beyond them."""
    held = bytearray()
    while chunk := response.raw.read1(65_536, decode_content=True):
        held += chunk
        if len(held) > MOST_BYTES * _factor(response) or time.monotonic() > until:
            response.close()
            raise requests.ConnectionError(_("The answer was too long or too slow."))
    return bytes(held)


def _factor(response: requests.Response) -> int:
    """Files may be eight times as long as words."""
    is_words = response.headers.get("Content-Type", "").startswith(("application/json", "text/"))
    return 1 if is_words else 8


def call(method: str, url: str, *, seconds: float | None = None, **facts: Any) -> Answer:
    """Ask once; `facts` as of requests (`headers`, `json`, `data`, `params`, …). Raises `Unreachable`.

    `seconds` is how long it may take where that is less than usual.
    """
    if not url.startswith(("https://", "http://")):
        raise Unreachable(_("“%(url)s” is not a web address.") % {"url": url})
    with Session(seconds) as session:
        try:
            found = session.request(method, url, **facts)
        except (requests.RequestException, OSError, ValueError) as problem:
            inner = _innermost(problem)
            raise (Forbidden if isinstance(inner, Forbidden) else Unreachable)(_words(inner)) from problem
    headers = {name.lower(): value for name, value in found.headers.items()}
    return Answer(found.status_code, headers, found.content)


def words_of(problem: BaseException) -> str:
    """What a person can read in a failed connection: our own words, or the innermost error's."""
    return _words(_innermost(problem))


def _innermost(problem: BaseException) -> BaseException:
    """Our own error among the causes, else the first cause."""
    inner: BaseException = problem
    seen: BaseException | None = problem
    while seen is not None and not isinstance(inner, Unreachable):
        inner, seen = seen, seen.__cause__ or seen.__context__
    return inner


def _words(problem: BaseException) -> str:
    return (str(problem) or type(problem).__name__)[:300]
