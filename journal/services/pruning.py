"""Deleting what nothing will ask for again."""

from __future__ import annotations

from django.db import connection

KEPT_DAYS = 30
_PRUNERS = ("prune_outbox", "prune_handled", "prune_idempotent_acts")


def prune(*, limit: int = 5_000) -> int:
    """Delete what nothing will ask for again, of every tenant, in batches. Returns how many rows went.

    After KEPT_DAYS: facts that were told, the marks of facts that are gone, and the answers kept for repeated
    requests. Facts that wait or are parked stay with their marks, so that trying again repeats no effect.
    """
    return sum(_prune(function, limit) for function in _PRUNERS)


def _prune(function: str, limit: int) -> int:
    """Let the database delete batches until one is not full, each in a transaction of its own."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [limit, f"{KEPT_DAYS} days"])
            gone = int(cursor.fetchone()[0])
        total += gone
        if gone < limit:
            return total
