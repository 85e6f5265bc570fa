"""What may be done to a tenant."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.errors import BadInput
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tenants.models import Tenant


@transaction.atomic
def create_tenant(*, slug: str, name: str, **facts: Any) -> Tenant:
    """Found a tenant. Done by the operator of the installation, before anybody belongs to it."""
    tenant = Tenant(slug=slug, name=name, **facts)
    tenant.full_clean()
    tenant.save()
    return tenant


@transaction.atomic
def update_tenant(*, tenant_id: int, actor: Actor, **changes: Any) -> dict[str, list[str]]:
    """Change a tenant's own facts. Returns what changed as {field: [old, new]}, for the caller's audit.

    Raises `BadInput` naming the fields whose values cannot be used.
    """
    actor.require("tenant_manage")
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    told = {n: [str(getattr(tenant, n)), str(v)] for n, v in changes.items() if getattr(tenant, n) != v}
    for name, value in changes.items():
        setattr(tenant, name, value)
    try:
        tenant.full_clean()
    except ValidationError as problem:
        raise BadInput(_("These facts cannot be used."), errors=problem.message_dict) from problem
    tenant.save(update_fields=[*told])
    return told


def next_number(kind: str) -> int:
    """The next number of this kind in the active tenant, starting at 1, without gaps.

    Holds the counter's row until the transaction ends: take it as late as you can. Who waits for the row waits for
    no disk: the transaction ends first, and only then its caller waits until the disk has it.
    """
    if not any(_wait_for_disk in registered for registered in connection.run_on_commit):
        transaction.on_commit(_wait_for_disk)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SET LOCAL synchronous_commit = off;
            INSERT INTO tenants_counter (tenant_id, kind, value) VALUES (%s, %s, 1)
            ON CONFLICT (tenant_id, kind) DO UPDATE SET value = tenants_counter.value + 1
            RETURNING value
            """,
            [active_tenant_id(), kind],
        )
        return int(cursor.fetchone()[0])


def _wait_for_disk() -> None:
    """Commit something that the log keeps behind everything committed before, and wait as every commit does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_logical_emit_message(true, 'numbers', '')")


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
