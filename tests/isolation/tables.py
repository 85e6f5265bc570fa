"""The tables of the two companies: in which order they are filled, and what each holds by the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, models

from tenants.active import tenant_active
from tenants.postgres.schema import is_tenant_table
from tickets.models import BusinessCalendar

if TYPE_CHECKING:
    from tests.isolation.world import Side


def tenant_models() -> list[type[models.Model]]:
    """Every tenant model, each after those it refers to."""
    waiting = [m for m in apps.get_models(include_auto_created=True) if is_tenant_table(m)]
    ordered: list[type[models.Model]] = []
    while waiting:
        ready = [m for m in waiting if not (_needed(m) & set(waiting) - {m})]
        ordered += ready
        waiting = [m for m in waiting if m not in ready]
        assert ready, f"a circle of foreign keys: {waiting}"
    return ordered


def _needed(model: type[models.Model]) -> set[Any]:
    return {
        f.related_model
        for f in model._meta.local_fields
        if isinstance(f, models.ForeignKey) and (model, f.name) != (BusinessCalendar, "current")
    }


def digest(side: Side) -> dict[str, str]:
    """A digest of each table's rows of this company, of its own facts and of its people's sign-ins."""
    tenant = "r.tenant_id = %(tenant)s"
    places = {model._meta.db_table: tenant for model in tenant_models()}
    places["tenants_tenant"] = "r.id = %(tenant)s"
    places["accounts_user"] = f"r.id IN (SELECT user_id FROM accounts_membership r WHERE {tenant})"
    sql = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(r::text, '|' ORDER BY r.id), '')) FROM {table} r"
        f" WHERE {place}"
        for table, place in places.items()
    )
    with tenant_active(side.company.tenant.pk), connection.cursor() as cursor:
        cursor.execute(sql, {"tenant": side.company.tenant.pk})
        return dict(cursor.fetchall())
