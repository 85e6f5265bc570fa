"""What work hangs on, changed on its page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from dispatch import queries, services
from dispatch.forms import LinkForm
from dispatch.views.work_orders import detail_context, to_detail
from tenants.http import TenantRequest


@permitted(Permission.WORK_CREATE)
@require_POST
def work_order_link(request: TenantRequest, slug: str, work_order_id: int) -> HttpResponse:
    """Let the work wait for other work."""
    form = LinkForm(request.POST)
    if form.is_valid():
        try:
            link = services.link_work_orders(
                then_id=work_order_id, actor=request.actor, at=now(), **form.facts()
            )
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            said = _("%(then)s waits for %(first)s.")
            messages.success(request, said % {"then": link.then, "first": link.first})
            return to_detail(request, work_order_id)
    context = detail_context(request, queries.get_work_order(work_order_id)) | {"link_form": form}
    return render(request, "dispatch/work_order_detail.html", context, status=422)


@permitted(Permission.WORK_CREATE)
@require_POST
def work_order_unlink(request: TenantRequest, slug: str, link_id: int) -> HttpResponse:
    """Let the work no longer wait."""
    work_order = services.unlink_work_orders(link_id=link_id, actor=request.actor, at=now())
    messages.success(request, _("%(thing)s no longer waits for it.") % {"thing": work_order})
    return to_detail(request, work_order.pk)
