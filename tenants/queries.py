"""Reads of the tenant."""

from __future__ import annotations

from tenants.active import active_tenant_id, read_once
from tenants.models import Tenant
from tenants.rows import find_row


def find_tenant(slug: str) -> Tenant | None:
    """The active company with this slug, or None."""
    return Tenant.objects.filter(slug=slug, is_active=True).first()


def get_tenant(tenant_id: int) -> Tenant:
    """The tenant with this id; raises Tenant.DoesNotExist."""
    found = find_row(Tenant, tenant_id)
    if found is None:
        raise Tenant.DoesNotExist
    return found


def current_tenant() -> Tenant:
    """The active tenant's row, read once while it is active. Only to look at: change one of `get_tenant`."""
    known = read_once()
    if "tenant" not in known:
        known["tenant"] = get_tenant(active_tenant_id())
    tenant: Tenant = known["tenant"]
    return tenant


def keep_tenant(tenant: Tenant) -> None:
    """Let `current_tenant` answer with this row of the active tenant, which somebody has just read."""
    read_once()["tenant"] = tenant


def active_tenant_ids() -> list[int]:
    """Ids of every active company: for work that the clock starts, one company after the other."""
    return list(Tenant.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
