"""The base of every REST resource."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from rest_framework.viewsets import GenericViewSet

from accounts.enums import Permission
from core.clock import now
from tenants.actors import Actor
from tenants.http import TenantRequest


class Resource(GenericViewSet[Any]):
    """A resource of the active tenant. Subclasses name their scopes; an unsafe act is one service call."""

    read_scope: ClassVar[Permission]
    write_scope: ClassVar[Permission]
    lookup_value_regex = r"\d+"

    @property
    def inside(self) -> TenantRequest:
        """The request with its tenant and actor."""
        return self.request._request  # type: ignore[return-value]

    @property
    def actor(self) -> Actor:
        return self.inside.actor

    @property
    def at(self) -> datetime:
        """The instant of the request, for services."""
        return now()
