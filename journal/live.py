"""What open pages hear: one Valkey channel per tenant and one per room, ids only, never contents.

A room is for one outsider: the visitor of a chat hears their own room and nothing of the tenant.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core import signing

log = logging.getLogger(__name__)

CHANNEL = "live:{tenant_id}"
ROOM_CHANNEL = "live:{tenant_id}:{room}"
SALT = "live-feed"
ROOM_SALT = "live-room"
PASS_SECONDS = 50


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.LIVE_REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def announce(tenant_id: int, name: str, topic: str, told: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Tell open pages of one tenant that things of `topic` changed; `told` gives each a number and its facts."""
    messages = []
    for sequence, payload in told if topic else ():
        ids = {key: value for key, value in payload.items() if key.endswith("_id") and key != "tenant_id"}
        messages.append({"id": sequence, "event": name, "topic": topic, **ids})
    _publish(CHANNEL.format(tenant_id=tenant_id), *messages)


def whisper(tenant_id: int, event: str, *, room: str = "", **ids: int) -> None:
    """Tell open pages something fleeting at once, past the outbox: remembered by nobody, lost with the feed.

    With `room` only that room hears it, else every page of the tenant. Say nothing before the commit.
    """
    channel = (
        ROOM_CHANNEL.format(tenant_id=tenant_id, room=room) if room else CHANNEL.format(tenant_id=tenant_id)
    )
    _publish(channel, {"event": event, "topic": "", **ids})


def _publish(channel: str, *messages: dict[str, Any]) -> None:
    if not messages:
        return
    try:
        with _client().pipeline(transaction=False) as pipe:
            for message in messages:
                pipe.publish(channel, json.dumps(message))
            pipe.execute()
    except redis.RedisError as problem:
        log.warning("live feed is away, pages poll", extra={"problem": str(problem)})


@dataclass(frozen=True, slots=True)
class Pass:
    """What a browser may hear, and until when (seconds of the epoch): one room, or the tenant's own feed."""

    tenant_id: int
    expires_at: float
    room: str = ""


def pass_for(tenant_id: int, membership_id: int | None, *, seconds: float = PASS_SECONDS) -> str:
    """A signed ticket with which a browser may listen to one tenant's feed.

    It is made for whoever is signed in and a member at this moment. The feed asks nobody again, and no stream
    outlives its pass: whoever signs out, or is let out, hears nothing more within a minute.
    """
    facts = {"t": tenant_id, "m": membership_id, "e": time.time() + seconds}
    return signing.dumps(facts, salt=SALT)


def room_pass(tenant_id: int, room: str, *, seconds: float = PASS_SECONDS) -> str:
    """A signed ticket to one room and nothing else; the tenant's own feed refuses it."""
    return signing.dumps({"t": tenant_id, "r": room, "e": time.time() + seconds}, salt=ROOM_SALT)


def read_pass(text: str) -> Pass:
    """The pass in this text. Raises `signing.BadSignature` when it is forged, over, or for a room."""
    return _still_good(signing.loads(text, salt=SALT))


def read_room_pass(text: str) -> Pass:
    """The pass to a room. Raises `signing.BadSignature` when it is forged, over, or of another kind."""
    return _still_good(signing.loads(text, salt=ROOM_SALT))


def _still_good(facts: dict[str, Any]) -> Pass:
    found = Pass(int(facts["t"]), float(facts["e"]), str(facts.get("r", "")))
    if found.expires_at <= time.time():
        raise signing.SignatureExpired("The pass is over.")
    return found
