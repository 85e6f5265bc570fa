"""What may be done to the company's own facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.enums import Permission
from journal import services as journal
from tenants import services as tenants
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.queries import current_tenant


@transaction.atomic
def update_company(*, actor: Actor, at: datetime, **facts: Any) -> Tenant:
    """Change name, language, zone, currency, tax and address of the active tenant.

    Documents already issued keep what they were issued with.
    """
    actor.require(Permission.TENANT_MANAGE)
    changes = tenants.update_tenant(tenant_id=active_tenant_id(), actor=actor, **facts)
    tenant = current_tenant()
    if changes:
        journal.record(actor=actor, verb="changed", thing=tenant, at=at, changes=changes)
    return tenant
