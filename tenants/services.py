"""What may be done to a tenant."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from tenants.active import active_tenant_id
from tenants.models import Tenant


@transaction.atomic
def create_tenant(*, slug: str, name: str, **facts: Any) -> Tenant:
    """Found a tenant. Done by the operator of the installation, before anybody belongs to it."""
    tenant = Tenant(slug=slug, name=name, **facts)
    tenant.full_clean()
    tenant.save()
    return tenant


def next_number(kind: str) -> int:
    """The next number of this kind in the active tenant, starting at 1, without gaps.

    Holds the counter's row until the transaction ends: take it as late as you can.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tenants_counter (tenant_id, kind, value) VALUES (%s, %s, 1)
            ON CONFLICT (tenant_id, kind) DO UPDATE SET value = tenants_counter.value + 1
            RETURNING value
            """,
            [active_tenant_id(), kind],
        )
        return int(cursor.fetchone()[0])


def next_numbers(kind: str, count: int) -> range:
    """`count` numbers in a row, for bulk work."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tenants_counter (tenant_id, kind, value) VALUES (%s, %s, %s)
            ON CONFLICT (tenant_id, kind) DO UPDATE SET value = tenants_counter.value + EXCLUDED.value
            RETURNING value
            """,
            [active_tenant_id(), kind, count],
        )
        last = int(cursor.fetchone()[0])
    return range(last - count + 1, last + 1)
