"""The door of the settings, and the company's own facts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services
from accounts.enums import Permission
from accounts.forms import CompanyForm
from accounts.guards import permitted
from accounts.views.common import see_other
from core.clock import now
from core.errors import Refusal
from core.forms import tell
from tenants.http import TenantRequest
from tenants.queries import get_tenant

_DOORS = (
    (Permission.TENANT_MANAGE, "company"),
    (Permission.MEMBER_MANAGE, "member_list"),
    (Permission.TOKEN_MANAGE, "token_list"),
)


@require_safe
def settings(request: TenantRequest, slug: str) -> HttpResponse:
    """Go to the first settings page this person may open; everybody has a profile."""
    door = next((name for permission, name in _DOORS if request.actor.can(permission)), "profile")
    return see_other(request, door)


@permitted(Permission.TENANT_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def company(request: TenantRequest, slug: str) -> HttpResponse:
    """Name, language, zone, currency, tax and address."""
    form = CompanyForm(request.POST or None, instance=get_tenant(request.tenant.pk))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_company(actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The company's settings were saved."))
            return see_other(request, "company")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/company.html", {"form": form, "here": "company"}, status=status)
