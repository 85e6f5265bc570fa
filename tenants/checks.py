"""System checks: shapes of model that would slip through the nets."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import Error, register

from tenants.postgres.schema import is_tenant_table


@register("tenants")
def check_tenant_models(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse automatic through tables, one-to-one keys and multi-table inheritance on tenant tables."""
    errors: list[Error] = []
    for model in apps.get_models(include_auto_created=True):
        if not is_tenant_table(model):
            continue
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:  # type: ignore[union-attr]
                errors.append(Error(f"{field} needs through= a tenant model.", id="tenants.E001"))
        for own in model._meta.local_fields:
            if own.one_to_one:
                hint = "Use a ForeignKey with UniqueConstraint(fields=['tenant', …])."
                errors.append(
                    Error(f"{own} is one-to-one: its unique is not tenant-led.", hint=hint, id="tenants.E002")
                )
    return errors
