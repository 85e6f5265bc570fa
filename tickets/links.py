"""The codes on equipment: made from a nonce and the installation's secret, kept only as a hash.

A code has 130 random bits in Crockford's base32 (no I, L, O, U), so that it can be read from a label and typed;
hyphens, spaces and capitals do not matter.
"""

from __future__ import annotations

import hashlib
import secrets

from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac

from tenants.models import Tenant
from tickets.models import AssetCode, Ticket

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})


FOLLOW_SALT = "tickets.follow"
FOLLOW_SECONDS = 90 * 86_400


def follow_path(tenant: Tenant, ticket: Ticket) -> str:
    """Where whoever asked sees how far their request is: number, state and who comes when, nothing of what was
    written. The page is evaluation's: it knows the visits."""
    code = signing.dumps(ticket.pk, salt=FOLLOW_SALT)
    return f"{reverse('customer:followed', args=[tenant.slug])}?f={code}"


def followed(code: str) -> int:
    """The id of the ticket that a code of `follow_path` names, for 90 days. Raises `signing.BadSignature`."""
    return int(signing.loads(code, salt=FOLLOW_SALT, max_age=FOLLOW_SECONDS))


def new_nonce() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def code_of(nonce: str) -> str:
    """The code of this nonce, the same each time."""
    digest = salted_hmac("tickets.links", nonce, algorithm="sha256").digest()
    number = int.from_bytes(digest, "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH))


def hash_of(code: str) -> str:
    """What is stored: SHA-256 of enough random bits needs no salt."""
    return hashlib.sha256(code.lower().translate(_MISREAD).encode()).hexdigest()


def path_of(tenant: Tenant, code: AssetCode) -> str:
    """`/c/<slug>/a/<code>/`."""
    return reverse("intake:asset_request", args=[tenant.slug, code_of(code.nonce)])
