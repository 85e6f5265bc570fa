"""The desk's side of a chat: what is new in the conversation, and that somebody is writing."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import permitted
from core.clock import now
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.queries.chat import chat_state_of, messages_after
from tickets.queries.files import contents_of
from tickets.views.inbox import delivered


@permitted(permissions.VIEW)
@require_safe
def ticket_chat(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """The messages after `?after=`, as the conversation shows them, and the chat's state."""
    ticket = queries.get_ticket(pk)
    after = request.GET.get("after", "")
    number = int(after) if after.isascii() and after.isdecimal() and len(after) < 18 else 0
    messages = list(messages_after(ticket, number))
    context = {
        "ticket": ticket,
        "conversation": delivered(messages),
        "contents": contents_of(messages),
        "chat": chat_state_of(ticket, now()),
    }
    answer = render(request, "tickets/chat_news.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@permitted(permissions.WORK)
@require_POST
def ticket_chat_typing(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Somebody of the desk is writing to the visitor."""
    services.desk_writes(ticket_id=pk, actor=request.actor)
    return HttpResponse(status=204)
