"""Notices that nobody looks for any more."""

from __future__ import annotations

from django.db import connection

KEPT_DAYS = 90


def prune(*, limit: int = 5_000) -> int:
    """Delete what was read more than KEPT_DAYS ago, of every tenant, in batches. Returns how many went.

    What nobody has read stays, however old. Each batch is a transaction of its own.
    """
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT prune_notices(%s, %s::interval)", [limit, f"{KEPT_DAYS} days"])
            gone = int(cursor.fetchone()[0])
        total += gone
        if gone < limit:
            return total
