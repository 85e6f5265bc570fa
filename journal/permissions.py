"""Who may read the record. Accounts stands above the journal, so the permission is known here by its code."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse

from tenants.http import TenantRequest

AUDIT_VIEW = "audit_view"

P = ParamSpec("P")


def record_reader(
    view: Callable[Concatenate[TenantRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open the view to those who may see who did what; others get 403 with the way out."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        inside = cast(TenantRequest, request)
        inside.actor.require(AUDIT_VIEW)
        return view(inside, *args, **kwargs)

    guarded.permissions = (AUDIT_VIEW,)  # type: ignore[attr-defined]
    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", guarded)
