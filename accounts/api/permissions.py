"""A view names the scopes it needs; a token must hold one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from core.errors import NotAllowed
from tenants.actors import Actor

if TYPE_CHECKING:
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Reads `read_scope` and `write_scope` of the view; services check again what they need."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = getattr(request._request, "actor", None)
        if not isinstance(actor, Actor) or actor.kind != "token":
            raise NotAuthenticated(_("Send a token: Authorization: Bearer fsm_…"))
        wanted = "read_scope" if request.method in SAFE_METHODS else "write_scope"
        scope = getattr(view, wanted, None) or getattr(view, "read_scope", None)
        if scope is None or not actor.can(scope):
            raise NotAllowed(
                _("The token “%(token)s” lacks the scope %(scope)s.")
                % {"token": actor.label, "scope": scope},
                scope=str(scope),
            )
        return True
