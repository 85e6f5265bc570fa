"""The API's root: every app's routes, the OpenAPI document and its reference page."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.kinds import KINDS

_APPS = [
    "tickets",
    "customers",
    "workforce",
    "inventory",
    "dispatch",
    "planning",
    "delivery",
    "billing",
    "feedback",
]


class ProblemTypes(APIView):
    """Where the `type` of every problem leads: what it means and what to do."""

    renderer_classes = (TemplateHTMLRenderer,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response({"kinds": KINDS}, template_name="api/problem_types.html")


urlpatterns = [
    path(
        "openapi.json",
        SpectacularJSONAPIView.as_view(permission_classes=[AllowAny], authentication_classes=[]),
        name="openapi",
    ),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="openapi", permission_classes=[AllowAny], authentication_classes=[]
        ),
        name="api_docs",
    ),
    path(
        "problems/",
        ProblemTypes.as_view(permission_classes=[AllowAny], authentication_classes=[]),
        name="problem_types",
    ),
    *[path("", include(f"{app}.api.urls")) for app in _APPS],
]
