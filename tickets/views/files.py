"""Files and originals of a conversation: each asked for by the ticket they belong to."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import permitted
from channels import queries as channels
from channels.enums import Channel
from channels.models import InboundMessage
from core import serving
from core.clock import now
from core.errors import BadInput
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.queries.files import draft_files, get_file, get_received
from tickets.views.uploads import LARGEST, too_large

DOCUMENT = "sandbox allow-popups allow-popups-to-escape-sandbox{origin}; default-src 'none'; img-src 'self'"
STYLED = "; style-src-attr 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"


@permitted(permissions.VIEW)
@require_safe
def ticket_file(request: TenantRequest, slug: str, pk: int, file_id: int) -> HttpResponse:
    """A file of the conversation, to be saved. 404 unless it belongs to this ticket."""
    file = get_file(queries.get_ticket(pk), file_id, request.actor)
    return serving.download(file.file, file.name, file.content_type)


@permitted(permissions.VIEW)
@require_safe
def ticket_picture(request: TenantRequest, slug: str, pk: int, file_id: int) -> HttpResponse:
    """A picture of the conversation as we wrote it anew, to be shown. 404 for every other file."""
    file = get_file(queries.get_ticket(pk), file_id, request.actor)
    if not file.has_preview:
        raise Http404
    return serving.picture(file.file, file.name, file.content_type)


@permitted(permissions.VIEW)
@require_safe
def ticket_message_html(request: TenantRequest, slug: str, pk: int, message_id: int) -> HttpResponse:
    """A message as its sender laid it out, for a frame: nothing runs, only its own pictures load."""
    inbound = get_received(queries.get_ticket(pk), message_id)
    if not inbound.html:
        raise Http404
    context = {"body": channels.html_of(inbound, _addresses(inbound, slug, pk)), "language": inbound.language}
    answer = render(request, "tickets/message_html.html", context)
    answer.headers["Content-Security-Policy"] = DOCUMENT.format(origin=" allow-same-origin") + STYLED
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@permitted(permissions.VIEW)
@require_safe
def ticket_message_raw(request: TenantRequest, slug: str, pk: int, message_id: int) -> HttpResponse:
    """The e-mail as it came, to be saved. A large one is among the files instead."""
    inbound = get_received(queries.get_ticket(pk), message_id)
    if inbound.channel != Channel.EMAIL:
        raise Http404
    return serving.download_bytes(bytes(inbound.raw), f"message-{inbound.pk}.eml", "message/rfc822")


@permitted(permissions.WORK)
@require_POST
def reply_file_add(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Add files to one's draft of an answer."""
    refused: list[str] = []
    for file in request.FILES.getlist("files"):
        name = file.name or ""
        try:
            if (file.size or 0) > LARGEST:
                raise BadInput(too_large(name))
            services.add_reply_file(
                ticket_id=pk, name=name, content=file.read(), actor=request.actor, at=now()
            )
        except BadInput as refusal:
            refused.append(refusal.message)
    return _reply_files(request, slug, pk, refused)


@permitted(permissions.WORK)
@require_POST
def reply_file_remove(request: TenantRequest, slug: str, pk: int, file_id: int) -> HttpResponse:
    """Take a file out of one's draft."""
    services.remove_reply_file(ticket_id=pk, file_id=file_id, actor=request.actor, at=now())
    return _reply_files(request, slug, pk, [])


def _reply_files(request: TenantRequest, slug: str, pk: int, refused: list[str]) -> HttpResponse:
    ticket = queries.get_ticket(pk)
    if not request.headers.get("HX-Request") and not refused:
        return HttpResponseRedirect(reverse("tickets:ticket_detail", args=[slug, pk]), status=303)
    context = {"ticket": ticket, "waiting": draft_files(pk, request.actor), "refused": refused}
    return render(request, "tickets/_reply_files.html", context)


def _addresses(inbound: InboundMessage, slug: str, ticket_id: int) -> dict[str, str]:
    """Where the message's own pictures are, by content id."""
    return {
        file.content_id: reverse("tickets:ticket_picture", args=[slug, ticket_id, file.pk])
        for file in inbound.attachments.all()
        if file.content_id and file.has_preview
    }
