"""One row by its id, and one row written: the commonest statements, without writing and planning them each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models

from tenants.active import active_tenant_id, find_active_tenant_id, read_once
from tenants.kept import Statement

Row = TypeVar("Row", bound=models.Model)
_IDS = range(1, 2**63)


class _Kept(NamedTuple):
    """What asks for a row, the names of what it gives, and what makes values of some of these."""

    statement: Statement
    is_scoped: bool
    names: tuple[str, ...]
    makers: tuple[tuple[int, Any, Callable[..., Any]], ...]


def is_id(pk: int) -> bool:
    """Whether a row could have this id."""
    return pk in _IDS


def find_row(model: type[Row], pk: int) -> Row | None:
    """The active tenant's row with this id, or None; as `model.objects.filter(pk=pk).first()`, at a quarter of
    its cost, or at none when it was handed over."""
    if not is_id(pk):
        return None
    if find_active_tenant_id() and (handed := read_once().pop(_place(model, pk), None)):
        return handed  # type: ignore[no-any-return]
    kept = _kept(model)
    scope = [active_tenant_id()] if kept.is_scoped else []
    found = kept.statement.rows(pk, *scope)
    if not found:
        return None
    values = list(found[0])
    for place, column, make in kept.makers:
        values[place] = make(values[place], column, connection)
    return model.from_db(connection.alias, kept.names, values)


def hand_over(row: models.Model) -> None:
    """Let whoever asks next for this row have it as it was just read, once: a check of what was named reads what
    the act itself needs a moment later, in the same transaction."""
    read_once()[_place(type(row), row.pk)] = row


def _place(model: type[models.Model], pk: int) -> str:
    return f"{model._meta.label}:{pk}"


@cache
def _kept(model: type[models.Model]) -> _Kept:
    table, fields = model._meta.db_table, model._meta.concrete_fields
    is_scoped = any(field.column == "tenant_id" for field in fields)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    only = " AND tenant_id = %s" if is_scoped else ""
    makers = [
        (place, field.get_col(table), make)
        for place, field in enumerate(fields)
        for make in field.get_db_converters(connection)
    ]
    return _Kept(
        Statement(f'SELECT {columns} FROM "{table}" WHERE id = %s{only}'),  # noqa: S608  names of our own columns
        is_scoped,
        tuple(field.attname for field in fields),
        tuple(makers),
    )


def insert_row(row: models.Model) -> None:
    """Insert a row that was never saved and set its id; as `row.save(force_insert=True)` where nothing listens."""
    statement, fields = _insert(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    row.pk = statement.rows(*values)[0][0]
    row._state.adding, row._state.db = False, connection.alias


def update_row(row: models.Model, names: Iterable[str]) -> None:
    """Write some fields of a row that is locked; as `row.save(update_fields=names)` where nothing listens, but not
    before the next statement or the commit. Names no field that a constraint of the database may refuse."""
    statement, fields = _update(type(row), tuple(names))
    values = [field.get_db_prep_save(field.pre_save(row, False), connection) for field in fields]
    statement.later(*values, row.pk, active_tenant_id())


@cache
def _insert(model: type[models.Model]) -> tuple[Statement, list[Any]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    sql = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places}) RETURNING id'  # noqa: S608  our own
    return Statement(sql), fields


@cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> tuple[Statement, list[Any]]:
    fields = [model._meta.get_field(name) for name in names]
    changes = ", ".join(f'"{field.column}" = %s' for field in fields)  # type: ignore[union-attr]
    sql = f'UPDATE "{model._meta.db_table}" SET {changes} WHERE id = %s AND tenant_id = %s'  # noqa: S608  our own
    return Statement(sql), fields
