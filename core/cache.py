"""The cache, which may be away: then nothing is remembered, and every page works."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis import RedisError

log = logging.getLogger(__name__)


class ForgivingCache(RedisCache):
    """Valkey's cache. While Valkey is away it answers as a cache that has just been emptied.

    Limits that are counted in it do not hold then: better than a product that nobody can sign in to.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_tried(super().add, True, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _tried(super().get, default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        _tried(super().set, None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_tried(super().touch, False, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_tried(super().delete, False, *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_tried(super().has_key, False, *args, **kwargs))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(_tried(super().incr, delta, key, delta, version))


def _tried(ask: Callable[..., Any], instead: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return ask(*args, **kwargs)
    except RedisError as problem:
        log.warning("the cache is away", extra={"problem": str(problem)})
        return instead
