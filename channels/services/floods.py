"""Machines that answer each other: noticed by how often they say the same."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

from channels.email import ReadEmail
from tenants.active import active_tenant_id

MOST_ALIKE = 10
WINDOW_SECONDS = 3600


def is_flood(mail: ReadEmail) -> bool:
    """Whether this sender wrote the same, or automatic-looking words, more than ten times within an hour.

    Counts this message. Without the cache nobody is held.
    """
    if mail.is_like_automatic:
        same = "automatic"
    else:
        same = hashlib.sha256(f"{mail.subject}\x00{mail.body}".encode()).hexdigest()[:32]
    sender = hashlib.sha256(mail.sender_address.encode()).hexdigest()[:32]
    key = f"mail-alike:{active_tenant_id()}:{sender}:{same}"
    if cache.add(key, 1, WINDOW_SECONDS):
        return False
    try:
        return bool(cache.incr(key) > MOST_ALIKE)
    except ValueError:
        return False
