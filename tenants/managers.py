"""The default manager of every tenant table: adds the tenant, and raises when none is active.

It raises when the query runs, not when it is built: forms, serializers and filters build querysets at
import time, before any tenant can be active.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models.query import RawQuerySet
from django.db.models.sql.compiler import SQLCompiler

from tenants.active import active_tenant_id

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class CurrentTenant(models.Expression):
    """The active tenant's id, read when the SQL is made."""

    output_field = models.BigIntegerField()

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return "%s", (active_tenant_id(),)


_scoped: dict[tuple[type[models.Model], type[models.QuerySet[Any]]], models.QuerySet[Any]] = {}


class TenantManager(models.Manager[Row_co]):
    """Rows of the active tenant only.

    The scoped queryset is built once for each model and cloned: the tenant is read when its SQL is made, and
    a clone costs a third of a filter. Related managers ask for one per row of a prefetch.
    """

    def get_queryset(self) -> models.QuerySet[Row_co]:
        plain = super().get_queryset()
        key = (self.model, type(plain))
        if key not in _scoped:
            _scoped[key] = plain.filter(tenant_id=CurrentTenant())
        found: models.QuerySet[Row_co] = _scoped[key].using(self._db) if self._db else _scoped[key].all()
        return found

    def raw(self, *args: Any, **kwargs: Any) -> RawQuerySet[Any]:
        active_tenant_id()
        return super().raw(*args, **kwargs)
