"""The API's root: every app's routes, the OpenAPI document and its reference page."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView
from rest_framework.permissions import AllowAny

_APPS = ["tickets", "customers", "workforce", "inventory", "dispatch", "delivery", "billing", "feedback"]

urlpatterns = [
    path(
        "openapi.json",
        SpectacularJSONAPIView.as_view(permission_classes=[AllowAny], authentication_classes=[]),
        name="openapi",
    ),
    path(
        "docs/",
        SpectacularRedocView.as_view(
            url_name="openapi", permission_classes=[AllowAny], authentication_classes=[]
        ),
        name="api_docs",
    ),
    *[path("", include(f"{app}.api.urls")) for app in _APPS],
]
