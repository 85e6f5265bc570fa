"""Functions that look for what is due compare with a moment that an index can use."""

from __future__ import annotations

import re

import pytest
from django.db import connection

_DUE = re.compile(r"(\w+_at)\s*<=?\s*clock_timestamp\(\)")
UNINDEXED = {("claim_polls", "checked_at")}
"""Compared row by row: a company has a few accounts."""


@pytest.mark.django_db
def test_nothing_due_is_looked_for_by_a_volatile_moment() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        sources = dict(cursor.fetchall())
    found = {(name, column) for name, source in sources.items() for column in _DUE.findall(source)}
    assert {"claim_outbox", "claim_outbound", "claim_files", "prune_outbox"} <= set(sources)
    assert found == UNINDEXED
