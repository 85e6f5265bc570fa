"""Where a request comes from: the caller's own address, also behind proxies of ours, and what of it is throttled."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

NETWORK_BITS = 64
"""What one subscriber of IPv6 has at least: within it he takes a new address whenever he likes."""
_WITH_PORT = re.compile(r"^\[(?P<six>[^\]]*)\](:\d+)?$|^(?P<four>[\d.]+):\d+$")


class CallerMiddleware:
    """Puts the caller's own address into `REMOTE_ADDR` once, before everybody who reads it there.

    Each proxy appends to `X-Forwarded-For` whom it was called by. Of these the one counts that the outermost of
    our own `TRUSTED_PROXIES` wrote; what stands before it anybody may have written. Where that tells no
    address, the peer's stays: such requests share one throttle.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR", "")
        told = address_behind(request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES)
        request.META["REMOTE_ADDR"] = told or _sound(peer) or peer
        return self.get_response(request)


def address_behind(forwarded: str, proxies: int) -> str:
    """The entry that the outermost of so many proxies appended; "" without one, or when it is no address."""
    entries = forwarded.split(",")
    return _sound(entries[-proxies]) if 0 < proxies <= len(entries) else ""


def throttled_part(request: HttpRequest) -> str:
    """What throttles count by: an address of IPv4, or the /64 network of one of IPv6."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    try:
        number = ip_address(address)
    except ValueError:
        return address
    if isinstance(number, IPv6Address):
        return str(IPv6Network((int(number), NETWORK_BITS), strict=False))
    return address


def _sound(text: str) -> str:
    """An address in its one spelling, without port, zone and wrapping in IPv6; "" when it is none."""
    text = text.strip()
    if found := _WITH_PORT.match(text):
        text = found["six"] or found["four"] or ""
    try:
        number = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str((number.ipv4_mapped or number) if isinstance(number, IPv6Address) else number)
