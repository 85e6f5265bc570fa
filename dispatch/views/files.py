"""What the customer sent with the ticket, for those who may see its work order."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from channels.models import Attachment
from core import serving
from dispatch import queries
from tenants.http import TenantRequest
from tickets import queries as tickets


@permitted(Permission.WORK_VIEW)
@require_safe
def work_order_file(request: TenantRequest, slug: str, work_order_id: int, file_id: int) -> HttpResponse:
    """A file the customer sent, to be saved. 404 unless it belongs to this work order's ticket."""
    file = _file(request, work_order_id, file_id)
    return serving.download(file.file, file.name, file.content_type)


@permitted(Permission.WORK_VIEW)
@require_safe
def work_order_picture(request: TenantRequest, slug: str, work_order_id: int, file_id: int) -> HttpResponse:
    """A picture the customer sent, as we wrote it anew."""
    file = _file(request, work_order_id, file_id)
    if not file.has_preview:
        raise Http404
    return serving.picture(file.file, file.name, file.content_type)


def _file(request: TenantRequest, work_order_id: int, file_id: int) -> Attachment:
    work_order = queries.get_work_order_for(request.actor, work_order_id)
    if work_order.ticket is None:
        raise Http404
    return tickets.get_received_file(work_order.ticket, file_id)
