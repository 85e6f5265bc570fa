"""How far a database has been brought: noted in the database itself, so the note cannot outlive it."""

from __future__ import annotations

import json
from typing import Any

from . import servers
from .files import CannotStart


def read() -> dict[str, str]:
    """The note, or an empty one."""
    rows = _ask(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    )
    try:
        return dict(json.loads(rows[0][0] or "{}"))
    except ValueError:
        return {}


def write(note: dict[str, str]) -> None:
    """Note what the database has been brought to."""
    name = servers.database("owner").name.replace('"', '""')
    _ask(f'COMMENT ON DATABASE "{name}" IS %s', json.dumps(note))


def _ask(statement: str, *values: str) -> list[tuple[Any, ...]]:
    import psycopg2  # noqa: PLC0415  this package can be imported without any dependency

    try:
        session = psycopg2.connect(**servers.database("owner").arguments())
    except psycopg2.OperationalError as problem:
        raise CannotStart(f"The database does not accept the connection: {problem}") from problem
    try:
        with session, session.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        session.close()
