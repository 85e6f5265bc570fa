"""The codes of customer links: made from the link's nonce and the installation's secret, kept only as a hash.

A code has 130 random bits in Crockford's base32 (no I, L, O, U), so that it can be read from paper and typed;
hyphens, spaces and capitals do not matter.
"""

from __future__ import annotations

import hashlib
import secrets

from django.urls import reverse
from django.utils.crypto import salted_hmac

from feedback.enums import LinkPurpose
from feedback.models import CustomerLink
from tenants.models import Tenant

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
GROUP = 4
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
_ROUTES = {
    LinkPurpose.TRACK: "customer:track",
    LinkPurpose.RATE: "customer:rate",
    LinkPurpose.CHOOSE: "customer:choose",
}


def new_nonce() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def code_of(link: CustomerLink) -> str:
    """The link's code, the same each time."""
    digest = salted_hmac("feedback.links", f"{link.purpose}:{link.nonce}", algorithm="sha256").digest()
    number = int.from_bytes(digest, "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH))


def normal(code: str) -> str:
    """A code as typed, in the form that is hashed."""
    return code.lower().translate(_MISREAD)


def hash_of(code: str) -> str:
    """What is stored: SHA-256 of enough random bits needs no salt."""
    return hashlib.sha256(normal(code).encode()).hexdigest()


def path_of(tenant: Tenant, link: CustomerLink) -> str:
    """`/c/<slug>/r/<code>/`."""
    return reverse(_ROUTES[LinkPurpose(link.purpose)], args=[tenant.slug, code_of(link)])


def url_of(tenant: Tenant, link: CustomerLink, base_url: str) -> str:
    """The whole address; `base_url` without a slash at its end."""
    return base_url.rstrip("/") + path_of(tenant, link)


def spoken(url: str) -> str:
    """The address for reading and typing: no scheme, the code in groups."""
    short = url.split("://", 1)[-1].rstrip("/")
    head, _, code = short.rpartition("/")
    return f"{head}/{'-'.join(code[i : i + GROUP] for i in range(0, len(code), GROUP))}"
