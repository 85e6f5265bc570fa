"""Writing many rows of one table in one statement, without an object for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

from tenants.active import active_tenant_id
from tenants.kept import Statement

BATCH = 2_000
FEW = 20
"""So many rows travel with the next statement."""


def insert_rows(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    same: Mapping[str, Any] | None = None,
    *,
    reckoned: Mapping[str, str] | None = None,
    returning: str = "",
) -> list[Any]:
    """Insert rows, given as columns and values, for the active tenant.

    All rows name the same columns; `same` holds the plain values of columns that no row differs in, `reckoned`
    columns and SQL of ours, and what all leave out has the database's default. The database reads the rows from
    one JSON text, which costs a tenth of building a model and its parameters for each. Gives the values of the
    column `returning` in the order of the rows, or nothing.
    """
    if not rows:
        return []
    told = dict(same or {})
    statement = _statement(model, tuple(told), tuple(rows[0]), tuple((reckoned or {}).items()), returning)
    found: list[Any] = []
    for batch in _batches(rows):
        text = json.dumps(batch, cls=DjangoJSONEncoder)
        values = [active_tenant_id(), *told.values(), text]
        if returning:
            found += [value for (value,) in statement.rows(*values)]
        elif len(batch) <= FEW:
            statement.later(*values)
        else:
            statement.count(*values)
    return found


@cache
def _statement(
    model: type[models.Model],
    told: tuple[str, ...],
    columns: tuple[str, ...],
    reckoned: tuple[tuple[str, str], ...],
    returning: str,
) -> Statement:
    types = {field.column: field.db_type(connection) for field in model._meta.local_concrete_fields}
    names = "".join(f', "{column}"' for column in [*told, *(column for column, _sql in reckoned), *columns])
    values = "".join(
        [f", %s::{types[column]}" for column in told]
        + [f", {expression}" for _column, expression in reckoned]
        + [f', "{column}"' for column in columns]
    )
    shape = ", ".join(f'"{column}" {types[column]}' for column in columns)
    back = f' RETURNING "{returning}"' if returning else ""
    return Statement(
        f'INSERT INTO "{model._meta.db_table}" (tenant_id{names}) '  # noqa: S608  names of our own columns
        f"SELECT %s{values} FROM jsonb_to_recordset(%s::jsonb) AS row({shape}){back}"
    )


def _batches(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch
