"""A token belongs to one tenant; the middleware has found both before the view runs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tenants.actors import Actor


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer fsm_…`"""

    def authenticate(self, request: Request) -> tuple[Actor, Actor] | None:
        actor: Actor | None = getattr(request._request, "actor", None)
        if actor is not None and actor.kind == "token":
            return actor, actor
        if request.headers.get("Authorization"):
            raise AuthenticationFailed(
                _("The token is unknown, expired or revoked. Ask a tenant admin for a new one.")
            )
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="fieldservice"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names the scheme."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
