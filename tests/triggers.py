"""Switching a guard of the database off, to do what it forbids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def trigger_off(table: str, trigger: str) -> Iterator[None]:
    """Without this trigger for a while. The test must run as the owner (fixture `as_owner`)."""
    _say(table, f"DISABLE TRIGGER {trigger}")
    try:
        yield
    finally:
        _say(table, f"ENABLE TRIGGER {trigger}")


@contextmanager
def index_off(index: str, *emptied: str) -> Iterator[None]:
    """Without this index for a while; afterwards these tables are empty. The test must run as the owner."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [index])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {index}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in emptied:
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute(definition)


def _say(table: str, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} {words}")
