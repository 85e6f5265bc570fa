"""Who may read the record. Accounts stands above the journal: permissions are known here by their codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse

from tenants.http import TenantRequest

AUDIT_VIEW = "audit_view"
TENANT_MANAGE = "tenant_manage"

P = ParamSpec("P")


def holders_of(
    permission: str,
) -> Callable[
    [Callable[Concatenate[TenantRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Open the view to those who hold the permission; others get 403 with the way out."""

    def open_to_them(
        view: Callable[Concatenate[TenantRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            inside = cast(TenantRequest, request)
            inside.actor.require(permission)
            return view(inside, *args, **kwargs)

        guarded.permissions = (permission,)  # type: ignore[attr-defined]
        return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", guarded)

    return open_to_them
