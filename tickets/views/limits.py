"""How often strangers may do something; counted by the database while Valkey is away."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache

WINDOW_SECONDS = 600


def is_over(limits: Iterable[tuple[str, int, int]]) -> bool:
    """Count one more of each (key, how many, in how many seconds); whether any of them is too many now.

    Give the narrowest first: what it refuses is not counted by those after it, or one who is too loud would
    shut the door for all.
    """
    return any(_count(key, seconds) > limit for key, limit, seconds in limits)


def _count(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key)
    except ValueError:
        return 1
