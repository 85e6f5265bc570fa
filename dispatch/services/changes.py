"""Changes that every kept world has long seen."""

from __future__ import annotations

from django.db import connection

KEPT_HOURS = 1


def prune_world_changes() -> int:
    """Delete what is older than KEPT_HOURS, of every tenant, but for the newest of each. Returns how many went.

    A world that was not asked for so long is read anew.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT prune_world_changes(%s)", [f"{KEPT_HOURS} hours"])
        return int(cursor.fetchone()[0])
