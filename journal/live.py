"""What open pages hear: one Valkey channel per tenant, ids only, never contents."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core import signing

log = logging.getLogger(__name__)

CHANNEL = "live:{tenant_id}"
SALT = "live-feed"
PASS_SECONDS = 50


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.LIVE_REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def announce(tenant_id: int, name: str, topic: str, payload: dict[str, Any], sequence: int) -> None:
    """Tell open pages of one tenant that something of `topic` changed."""
    if not topic:
        return
    ids = {key: value for key, value in payload.items() if key.endswith("_id") and key != "tenant_id"}
    message = json.dumps({"id": sequence, "event": name, "topic": topic, **ids})
    try:
        _client().publish(CHANNEL.format(tenant_id=tenant_id), message)
    except redis.RedisError as problem:
        log.warning("live feed is away, pages poll", extra={"problem": str(problem)})


@dataclass(frozen=True, slots=True)
class Pass:
    """What a browser may hear, and until when (seconds of the epoch)."""

    tenant_id: int
    expires_at: float


def pass_for(tenant_id: int, membership_id: int | None, *, seconds: float = PASS_SECONDS) -> str:
    """A signed ticket with which a browser may listen to one tenant's feed.

    It is made for whoever is signed in and a member at this moment. The feed asks nobody again, and no stream
    outlives its pass: whoever signs out, or is let out, hears nothing more within a minute.
    """
    facts = {"t": tenant_id, "m": membership_id, "e": time.time() + seconds}
    return signing.dumps(facts, salt=SALT)


def read_pass(text: str) -> Pass:
    """The pass in this text. Raises `signing.BadSignature` when it is forged or over."""
    facts = signing.loads(text, salt=SALT)
    found = Pass(int(facts["t"]), float(facts["e"]))
    if found.expires_at <= time.time():
        raise signing.SignatureExpired("The pass is over.")
    return found
