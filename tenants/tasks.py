"""The base of every task that works inside a tenant."""

from __future__ import annotations

from typing import Any

from celery import Task

from tenants.active import tenant_active


class TenantTask(Task):  # type: ignore[type-arg]
    """Enters the tenant named by the keyword-only `tenant_id` that every such task declares."""

    abstract = True

    def __call__(self, *args: Any, tenant_id: int, **kwargs: Any) -> Any:
        with tenant_active(tenant_id):
            return super().__call__(*args, tenant_id=tenant_id, **kwargs)
