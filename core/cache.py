"""The cache, which may be away: then the database counts in its place, and every page and limit works."""

from __future__ import annotations

import logging
import pickle
from base64 import b64encode
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import connection, transaction
from redis import RedisError

log = logging.getLogger(__name__)

INSTEAD = "instead"
"""The alias of the cache that answers while Valkey is away: the same one to every process."""


class ForgivingCache(RedisCache):
    """Valkey's cache; while Valkey is away, what is asked of it is asked of the database.

    What is kept here are counts and marks that limit something: an answer of "nothing yet" would let anybody
    guess passwords for as long as Valkey is away.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("add", *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("touch", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("delete", *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("has_key", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._ask("incr", *args, **kwargs))

    def _ask(self, act: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), act)(*args, **kwargs)
        except RedisError as problem:
            log.warning("the cache is away, the database counts", extra={"problem": str(problem)})
            return getattr(caches[INSTEAD], act)(*args, **kwargs)


class CountingDatabaseCache(DatabaseCache):
    """A cache in a table whose counts miss nothing when several count at once, and end when they should."""

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add to a count, which keeps its end. Raises ValueError when there is none."""
        row = self.make_and_validate_key(key, version=version)
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} WHERE cache_key = %s FOR UPDATE", [row])  # noqa: S608
            value = self.get(key, version=version)
            if value is None:
                raise ValueError(f"Key {key!r} is not in the cache.")
            kept = b64encode(pickle.dumps(value + delta, self.pickle_protocol)).decode("ascii")
            cursor.execute(f"UPDATE {table} SET value = %s WHERE cache_key = %s", [kept, row])  # noqa: S608
        return int(value + delta)
