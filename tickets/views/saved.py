"""Saved views: keep the queue that is shown, and put the kept ones in order."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import permitted
from core.clock import now
from tenants.http import TenantRequest
from tickets import permissions, queue, services
from tickets.models import SavedView


@permitted(permissions.VIEW)
@require_POST
def view_save(request: TenantRequest, slug: str) -> HttpResponse:
    """Keep the queue that the form's parameters say."""
    asked = {name: request.POST[name] for name in queue.PARAMETERS if name in request.POST}
    view = services.save_view(
        name=request.POST.get("name", ""),
        query=asked,
        is_shared=request.POST.get("shared") == "1",
        actor=request.actor,
        at=now(),
    )
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view})
    return _open(request, view)


@permitted(permissions.VIEW)
@require_POST
def view_rename(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Give it another name."""
    view = services.rename_view(view_id=pk, name=request.POST.get("name", ""), actor=request.actor, at=now())
    messages.success(request, _("The view is called “%(name)s” now.") % {"name": view})
    return _open(request, view)


@permitted(permissions.VIEW)
@require_POST
def view_move(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """One place up, or down."""
    by = 1 if request.POST.get("by") == "1" else -1
    return _open(request, services.move_view(view_id=pk, by=by, actor=request.actor, at=now()))


@permitted(permissions.VIEW)
@require_POST
def view_remove(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Take it away."""
    services.remove_view(view_id=pk, actor=request.actor, at=now())
    messages.success(request, _("The view is removed. Its tickets stay as they are."))
    return HttpResponseRedirect(reverse("tickets:ticket_list", args=[slug]), status=303)


def _open(request: TenantRequest, view: SavedView) -> HttpResponseRedirect:
    url = reverse("tickets:ticket_list", args=[request.tenant.slug])
    return HttpResponseRedirect(f"{url}?{urlencode({**view.query, 'saved': view.pk})}", status=303)
