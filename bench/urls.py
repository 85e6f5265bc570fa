"""The product's routes, and the plain pages that its costs are measured against."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.active import tenant_active
from tenants.models import Tenant


class Hello(APIView):
    """Hello and one query, through the whole middleware."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        return Response({"hello": Tenant.objects.values_list("name", flat=True).get(slug="bench")})


def plain(request: HttpRequest) -> HttpResponse:
    """One page with one query."""
    return HttpResponse(Tenant.objects.values_list("name", flat=True).get(slug="bench"))


def inside(request: HttpRequest) -> HttpResponse:
    """The same page inside a tenant."""
    with tenant_active(int(request.GET["tenant"])):
        return plain(request)


urlpatterns = [
    path("bench/hello", Hello.as_view()),
    path("bench/plain", plain),
    path("bench/inside", inside),
    path("", include("fieldservice.urls")),
]
handler404 = "fieldservice.views.page_not_found"
handler500 = "fieldservice.views.server_error"
