"""Django looks for the engine's classes here: a wrapper and a cursor that ask the server less often."""

from __future__ import annotations

import hashlib
import select
from itertools import count
from time import monotonic
from typing import Any

import psycopg2
from django.db.backends.postgresql import base
from psycopg2.extensions import (
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR,
    TRANSACTION_STATUS_UNKNOWN,
)
from psycopg2.extensions import cursor as Cursor

from tenants.postgres.schema import TenantSchemaEditor

_STALE = frozenset({"0A000", "26000"})
"""A prepared statement gives other columns since the schema changed, or is not there any more."""

_TRUSTED_SECONDS = 5
"""For so long after its last request a connection is taken to be there, unless the server said otherwise."""

_FAILED = (TRANSACTION_STATUS_INERROR, TRANSACTION_STATUS_UNKNOWN)

# The stubs leave out the private methods that every wrapper has.
_DatabaseWrapper: Any = base.DatabaseWrapper


class KeptSql(str):
    """SQL with a `%s` for each value that each connection prepares when it is run first; see `tenants.kept`."""

    __slots__ = ("name", "numbered", "values")
    name: str
    numbered: str
    values: str

    def __new__(cls, sql: str) -> KeptSql:
        made = super().__new__(cls, sql)
        parts = sql.split("%s")
        places = [f"{part}${number}" for number, part in enumerate(parts[:-1], start=1)]
        made.numbered = "".join([*places, parts[-1]]).replace("%%", "%")
        made.name = f"kept_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
        made.values = f"({', '.join(['%s'] * len(places))})" if places else ""
        return made


class EngineCursor(Cursor):
    """Sends what waits for the next statement together with it, and runs kept SQL as it was prepared."""

    wrapper: DatabaseWrapper
    _asked: tuple[Any, Any] = ("", None)

    @property
    def query(self) -> bytes:
        """What was asked last with its values, as query logs tell it."""
        try:
            return self.mogrify(*self._asked)
        except psycopg2.Error:
            return str(self._asked[0]).encode()

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002  psycopg2's own name
        """As psycopg2 does. What travelled came before what the server refused, unless it was no SQL at all."""
        self._asked = query, vars
        if isinstance(query, KeptSql):
            query = self._prepared(query)
        elif not isinstance(query, str):
            self.flush()
        self._send(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        self._asked = query, None
        self.flush()
        super().executemany(query, vars_list)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        self.flush()
        super().copy_expert(sql, file, size)

    def copy_from(self, *args: Any, **kwargs: Any) -> None:
        self.flush()
        super().copy_from(*args, **kwargs)

    def copy_to(self, *args: Any, **kwargs: Any) -> None:
        self.flush()
        super().copy_to(*args, **kwargs)

    def callproc(self, *args: Any, **kwargs: Any) -> Any:
        self.flush()
        return super().callproc(*args, **kwargs)

    def flush(self) -> None:
        """Send what waits by itself."""
        if self.wrapper.ahead:
            self._send("", None)

    def execute_later(self, query: KeptSql, values: Any) -> None:
        """Run it just before the next statement, or the commit: a write whose answer nobody waits for."""
        self.wrapper.ahead.append(self.mogrify(self._prepared(query), values).decode())

    def _prepared(self, query: KeptSql) -> str:
        prepared = self.wrapper.prepared
        if query.name not in prepared:
            name = f"{query.name}_{next(self.wrapper.numbers)}"
            self._send(f"PREPARE {name} AS {query.numbered}", None)
            prepared[query.name] = f"EXECUTE {name}{query.values}"
        return prepared[query.name]

    def _send(self, query: Any, values: Any) -> None:
        waiting = self.wrapper.ahead[:]
        if waiting:
            text = self.mogrify(query, values).decode() if values is not None else query
            query, values = "; ".join([*waiting, text]), None
        # What is on its way waits no more, whatever interrupts us before the answer is here.
        self.wrapper.ahead.clear()
        try:
            super().execute(query, values)
        except psycopg2.Error as problem:
            if problem.pgcode is None:
                self.wrapper.ahead[:0] = waiting
            if problem.pgcode in _STALE:
                self.wrapper.prepared.clear()
            raise


class DatabaseWrapper(_DatabaseWrapper):  # type: ignore[misc]
    """Django's wrapper with our schema editor and cursor.

    Savepoints, and writes whose answer nobody waits for, travel with the statement that follows. A savepoint in
    which nothing is done is never made, and none is released just before the commit. `ahead` is what waits to
    travel, in order; `prepared` says how kept SQL is run by name.
    """

    SchemaEditorClass = TenantSchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ahead: list[str] = []
        self._unmade: set[str] = set()
        self.prepared: dict[str, str] = {}
        self.numbers = count()
        self._looked_at = 0.0

    def connect(self) -> None:
        self.ahead.clear()
        self.prepared.clear()
        super().connect()

    def is_usable(self) -> bool:
        """Whether a connection that was in use a moment ago has heard nothing since; else ask it.

        A server that ends a connection says so or hangs up; one that is gone without a word is found by the
        question. One that stands in a failed transaction is none.
        """
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status in _FAILED:
            return False
        looked_at, self._looked_at = self._looked_at, monotonic()
        if self._looked_at - looked_at > _TRUSTED_SECONDS:
            return bool(super().is_usable())
        news = select.poll()
        news.register(self.connection.fileno(), select.POLLIN)
        return not news.poll(0) or bool(super().is_usable())

    def create_cursor(self, name: str | None = None) -> Any:
        if name:
            self._flush()
            return super().create_cursor(name)
        cursor = self.connection.cursor(cursor_factory=EngineCursor)
        cursor.wrapper, cursor.tzinfo_factory = self, self.tzinfo_factory
        return cursor

    def _savepoint(self, sid: str) -> None:
        self.ahead.append(self.ops.savepoint_create_sql(sid))

    def _savepoint_rollback(self, sid: str) -> None:
        made = self.ops.savepoint_create_sql(sid)
        if made in self.ahead:
            del self.ahead[self.ahead.index(made) :]
            self._unmade.add(sid)
            return
        self.ahead.clear()
        super()._savepoint_rollback(sid)

    def _savepoint_commit(self, sid: str) -> None:
        made = self.ops.savepoint_create_sql(sid)
        if made in self.ahead:
            self.ahead.remove(made)
        elif sid in self._unmade:
            self._unmade.remove(sid)
        else:
            self.ahead.append(self.ops.savepoint_commit_sql(sid))

    def _commit(self) -> None:
        # A commit releases all savepoints; what else waits is written, or may matter to deferred constraints.
        self.ahead[:] = [sql for sql in self.ahead if not sql.startswith(("SAVEPOINT ", "RELEASE "))]
        if not any(sql.startswith("EXECUTE ") for sql in self.ahead) and self._is_idle():
            self.ahead.clear()
        self._flush()
        super()._commit()

    def _is_idle(self) -> bool:
        """Whether nothing was sent since the last commit."""
        return self.connection is None or self.connection.info.transaction_status == TRANSACTION_STATUS_IDLE

    def _rollback(self) -> None:
        self.ahead.clear()
        super()._rollback()

    def _flush(self) -> None:
        if self.ahead:
            with self.wrap_database_errors:
                self.create_cursor().flush()
