"""Guards of pages: a view says which permission opens it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import NotAllowed
from tenants.http import TenantRequest

P = ParamSpec("P")
PermittedView = Callable[Concatenate[TenantRequest, P], HttpResponse]
AnyView = Callable[Concatenate[HttpRequest, P], HttpResponse]


def permitted(*permissions: Permission) -> Callable[[PermittedView[P]], AnyView[P]]:
    """Open the view to actors who hold any of these permissions; others get 403 with the way out."""

    def guard(view: PermittedView[P]) -> AnyView[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            inside = cast(TenantRequest, request)
            if not inside.actor.can(*permissions):
                raise NotAllowed(
                    _("%(actor)s may not see this page: the role lacks “%(permission)s”. Ask a tenant admin.")
                    % {"actor": inside.actor.label, "permission": permissions[0].label}
                )
            return view(inside, *args, **kwargs)

        guarded.permissions = permissions  # type: ignore[attr-defined]
        return cast("AnyView[P]", guarded)

    return guard
