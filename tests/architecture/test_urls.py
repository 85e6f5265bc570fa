"""Every page of members says which permission opens it; every API view says its scopes."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.permissions import AllowAny

from accounts.api.permissions import HasScope
from accounts.api.views import Resource
from accounts.enums import Permission
from tests.routes import Route, all_routes

OPEN_TO_ANY_MEMBER = {
    "enter": "goes on to the first place of the role",
    "live_pass": "where a member's page hears that something changed: ids only",
    "accounts:settings": "goes on to the first settings page that one may open",
    "accounts:profile": "one's own name, language and zone",
    "accounts:security": "one's own sign-in",
    "notices:notice_list": "one's own notices",
    "notices:notice_bell": "how many of one's own are unread",
    "notices:notice_open": "one's own notice",
    "notices:notice_read": "as notice_open",
    "notices:notices_read": "as notice_list",
    "notices:own_hours": "when and how one wants to be told",
}
"""View names under /t/ that ask for no permission, and why."""

OPEN_TO_ANYBODY = {
    "openapi": "the description of the API holds nobody's data",
    "api_docs": "as openapi",
    "problem_types": "says what refusals mean",
}
"""Routes under /api/ that need no token, and why."""

MEMBER_ROUTES = [route for route in all_routes() if route.pattern.startswith("t/<slug:slug>/")]
API_ROUTES = [route for route in all_routes() if route.pattern.startswith("api/v1/")]


@pytest.mark.parametrize("route", MEMBER_ROUTES, ids=str)
def test_pages_of_members_name_their_permission(route: Route) -> None:
    permissions = getattr(route.callback, "permissions", ())
    if route.name in OPEN_TO_ANY_MEMBER:
        assert not permissions, f"{route.name} is guarded: take it off the list"
        return
    assert permissions, f"{route.name} is not decorated by accounts.guards.permitted"
    assert all(permission in Permission.values for permission in permissions)


@pytest.mark.parametrize("route", API_ROUTES, ids=str)
def test_api_views_name_their_scopes(route: Route) -> None:
    view: Any = getattr(route.callback, "cls", None)
    assert view is not None, f"{route.name} is no REST view"
    if route.name in OPEN_TO_ANYBODY:
        assert vars(route.callback)["initkwargs"]["permission_classes"] == [AllowAny]
        return
    assert issubclass(view, Resource)
    assert view.permission_classes == [HasScope]
    assert isinstance(view.read_scope, Permission)
    if set(view.http_method_names) & {"post", "patch", "put", "delete"} & set(route.methods):
        assert isinstance(view.write_scope, Permission)


def test_lists_of_exceptions_are_not_stale() -> None:
    names = {route.name for route in all_routes()}
    assert not (set(OPEN_TO_ANY_MEMBER) | set(OPEN_TO_ANYBODY)) - names
