"""What a request carries once the middleware has found its tenant and its actor."""

from __future__ import annotations

from django.http import HttpRequest

from tenants.actors import Actor
from tenants.models import Tenant


class TenantRequest(HttpRequest):
    """A request inside a tenant. Views under `/t/<slug>/`, `/c/<slug>/` and `/api/` get this."""

    tenant: Tenant
    actor: Actor
    csp_nonce: str
