"""How the workforce's pages answer a form."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.enums import Permission
from tenants.http import TenantRequest

VIEW, EDIT = Permission.WORKFORCE_VIEW, Permission.WORKFORCE_EDIT


def see_other(request: TenantRequest, name: str, *args: object) -> HttpResponse:
    """303 to a page of the workforce."""
    return HttpResponseRedirect(reverse(f"workforce:{name}", args=[request.tenant.slug, *args]), status=303)
