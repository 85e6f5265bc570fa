"""The key that makes a table a tenant's table."""

from __future__ import annotations

from typing import Any

from django.db import models

from tenants.active import active_tenant_id


class TenantKey(models.ForeignKey):  # type: ignore[type-arg]
    """A non-null foreign key to the tenant; its presence makes the engine guard the table.

    `row_security=False` keeps composite foreign keys but leaves the table readable without a tenant:
    only for tables that must be read to find the tenant (`Membership`).
    """

    is_tenant_key = True

    def __init__(self, *args: Any, row_security: bool = True, **kwargs: Any) -> None:
        self.row_security = row_security
        kwargs.setdefault("to", "tenants.Tenant")
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("related_name", "+")
        kwargs.setdefault("editable", False)
        kwargs.setdefault("db_index", False)
        kwargs["default"] = active_tenant_id
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        if not self.row_security:
            kwargs["row_security"] = False
        return name, path, args, kwargs
