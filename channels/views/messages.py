"""Messages that went out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import permitted
from channels import permissions, services
from core.clock import now
from tenants.http import TenantRequest


@permitted(permissions.SEND_AGAIN)
@require_POST
def message_resend(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Send again what failed, and go back to the page that asked."""
    services.resend(message_id=pk, actor=request.actor, at=now())
    messages.success(request, _("It is being sent again."))
    back = request.POST.get("back", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if is_ours else reverse("enter", args=[slug]), status=303)
