"""Schema changes of a tenant table: nothing per model, nothing per migration.

A table with a `TenantKey` gets `UNIQUE (tenant_id, id)`, row-level security that binds even its owner, and
one policy. A foreign key between two tenant tables carries the tenant on both sides.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.ddl_references import Columns
from django.db.backends.postgresql import schema
from django.db.models import Model

_ACTIVE = "NULLIF(current_setting('app.tenant_id', true), '')::bigint"


def tenant_key(model: type[Model]) -> Any | None:
    """The model's tenant key, or None for a table that belongs to nobody."""
    return next((f for f in model._meta.local_fields if getattr(f, "is_tenant_key", False)), None)


def is_tenant_table(model: type[Model]) -> bool:
    """Whether rows of this model belong to a tenant."""
    return tenant_key(model) is not None


# The stubs leave out the private methods that every schema editor has.
_SchemaEditor: Any = schema.DatabaseSchemaEditor


class TenantSchemaEditor(_SchemaEditor):  # type: ignore[misc]
    """Guards tenant tables as migrations make them."""

    # Adding a column must go through _create_fk_sql too, or its foreign key would be a plain one.
    sql_create_column_inline_fk: Any = None

    def create_model(self, model: type[Model]) -> None:
        super().create_model(model)
        if is_tenant_table(model):
            self._guard(model)

    def add_field(self, model: type[Model], field: Any) -> None:
        super().add_field(model, field)
        if getattr(field, "is_tenant_key", False):
            self._guard(model)

    def effective_default(self, field: Any) -> Any:
        if getattr(field, "is_tenant_key", False):
            return None
        return super().effective_default(field)

    def _guard(self, model: type[Model]) -> None:
        table = self.quote_name(model._meta.db_table)
        unique = self.quote_name(f"{model._meta.db_table}_tenant_uniq"[:63])
        pk = self.quote_name(str(model._meta.pk.column))
        self.execute(f"ALTER TABLE {table} ADD CONSTRAINT {unique} UNIQUE (tenant_id, {pk})", params=None)
        key = tenant_key(model)
        if key is not None and not key.row_security:
            return
        self.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", params=None)
        self.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY", params=None)
        rule = f"(tenant_id = {_ACTIVE})"
        self.execute(f"CREATE POLICY tenant ON {table} USING {rule} WITH CHECK {rule}", params=None)

    def _create_fk_sql(self, model: type[Model], field: Any, suffix: str) -> Any:
        sql = super()._create_fk_sql(model, field, suffix)
        target = field.target_field
        if is_tenant_table(model) and is_tenant_table(target.model):
            sql.parts["column"] = Columns(model._meta.db_table, ["tenant_id", field.column], self.quote_name)
            sql.parts["to_column"] = Columns(
                target.model._meta.db_table, ["tenant_id", target.column], self.quote_name
            )
        return sql

    def _constraint_names(
        self,
        model: type[Model],
        column_names: Any = None,
        *args: Any,
        foreign_key: bool | None = None,
        **kwargs: Any,
    ) -> list[str]:
        find = super()._constraint_names
        names: list[str] = find(model, column_names, *args, foreign_key=foreign_key, **kwargs)
        if foreign_key and column_names and is_tenant_table(model):
            names += find(model, ["tenant_id", *column_names], *args, foreign_key=True, **kwargs)
        return names
