"""Questions that are asked many times a second: Django writes their SQL once, each connection plans them once.

A statement of a few joins takes PostgreSQL a tenth as long to answer as to read and plan, and Django as long to
write. What is kept here is the SQL and its plan, never an answer. Row-level security is part of each plan and reads
the tenant at every run, as the tenant's own filter does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection, models
from django.db.models import query as django_query

from tenants.active import active_tenant_id
from tenants.managers import TENANT, as_kept
from tenants.postgres.base import KeptSql

Row = TypeVar("Row", bound=models.Model)


class Statement:
    """SQL with a `%s` for each value, prepared by each connection when it is run first.

    PostgreSQL plans it for its values five times, then once for any: not for lists of very different length.
    """

    def __init__(self, sql: str) -> None:
        self.sql = KeptSql(sql)

    def rows(self, *values: object) -> list[tuple[Any, ...]]:
        """All that it gives."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)  # type: ignore[arg-type]
            return list(cursor.fetchall())

    def later(self, *values: object) -> None:
        """Run it just before the next statement of this transaction, or its commit, which an error of it would be
        an error of: a write that cannot fail by what people do, and whose answer nobody waits for."""
        if not connection.in_atomic_block:
            self.count(*values)
            return
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors, connection.cursor() as cursor:
            cursor.execute_later(self.sql, values)

    def count(self, *values: object) -> int:
        """How many rows it changed."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)  # type: ignore[arg-type]
            return int(cursor.rowcount)


class Given(models.Expression):
    """A value that differs from one asking to the next, by its name, in the queryset of a `Question`."""

    def __init__(self, name: str, output_field: models.Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=output_field or models.BigIntegerField())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


# The stubs speak of a later Django.
_populators: Any = django_query.get_related_populators  # type: ignore[attr-defined,unused-ignore]


class _Made(NamedTuple):
    statement: Statement
    values: tuple[object, ...]
    model: Any
    names: list[str]
    own: slice
    related: list[Any]
    converters: list[tuple[int, tuple[list[Any], Any]]]


class Question(Generic[Row]):
    """A queryset of the active tenant's rows, with what it joins, whose SQL is made once.

    `ask` builds it at the first asking and names what differs with `Given`; whatever else it holds is fixed.
    Annotations and prefetches are not for it.
    """

    def __init__(self, ask: Callable[[], models.QuerySet[Row]]) -> None:
        self._ask = ask

    def rows(self, **given: object) -> list[Row]:
        """The rows, as the queryset gives them."""
        made = self._made
        found = made.statement.rows(*(_value(value, given) for value in made.values))
        return [self._row(made, list(values)) for values in found]

    def first(self, **given: object) -> Row | None:
        """The first row, or None."""
        return next(iter(self.rows(**given)), None)

    @staticmethod
    def _row(made: _Made, values: list[Any]) -> Row:
        for place, (converters, column) in made.converters:
            for convert in converters:
                values[place] = convert(values[place], column, connection)
        row: Row = made.model.from_db(connection.alias, made.names, values[made.own])
        for populator in made.related:
            populator.populate(values, row)
        return row

    @cached_property
    def _made(self) -> _Made:
        query: Any = self._ask().query
        compiler = query.get_compiler(using=connection.alias)
        with as_kept():
            sql, values = compiler.as_sql()
        fields = compiler.klass_info["select_fields"]
        own = slice(fields[0], fields[-1] + 1)
        return _Made(
            Statement(sql),
            tuple(values),
            compiler.klass_info["model"],
            [column.target.attname for column, _sql, _alias in compiler.select[own]],
            own,
            _populators(compiler.klass_info, compiler.select, connection.alias),
            list(compiler.get_converters([column for column, _sql, _alias in compiler.select]).items()),
        )


def _value(value: object, given: Mapping[str, object]) -> object:
    if value is TENANT:
        return active_tenant_id()
    return given[value.name] if isinstance(value, Given) else value
