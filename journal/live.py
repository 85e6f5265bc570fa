"""What open pages hear: one Valkey channel per tenant, ids only, never contents."""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core import signing

log = logging.getLogger(__name__)

CHANNEL = "live:{tenant_id}"
SALT = "live-feed"


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


def pass_for(tenant_id: int, membership_id: int | None) -> str:
    """A signed ticket with which a browser may listen to one tenant's feed."""
    return signing.dumps({"t": tenant_id, "m": membership_id}, salt=SALT)


def read_pass(text: str, *, max_age_seconds: int = 86_400) -> int:
    """The tenant id in a signed pass. Raises `signing.BadSignature` when it is forged or too old."""
    return int(signing.loads(text, salt=SALT, max_age=max_age_seconds)["t"])
