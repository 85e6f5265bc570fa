"""The webhook of every account: one address, whatever the provider."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels import adapters, queries, services
from channels.adapters.base import Call, Forged
from core.clock import now
from tenants.actors import Actor
from tenants.http import TenantRequest

WEBHOOK = Actor.system("webhook")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def take(request: TenantRequest, slug: str, hook: str) -> HttpResponse:
    """Take a provider's call. An unknown address is 404, a call that proves nothing 403, a long one 413."""
    account = queries.find_account_by_hook(hook)
    adapter = adapters.find_adapter(account.adapter) if account else None
    if account is None or adapter is None or not adapter.has_hook:
        raise Http404
    body = _body(request, adapter.most_bytes)
    if body is None:
        return HttpResponse(status=413)
    try:
        reply = services.take_call(hook=hook, call=_call(request, body), actor=WEBHOOK, at=now())
    except Forged:
        return HttpResponse(status=403)
    response = HttpResponse(reply.body, content_type=reply.content_type)
    add_never_cache_headers(response)
    return response


def _body(request: TenantRequest, most: int) -> bytes | None:
    """The raw body; None when it is longer than the provider ever sends."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
        return None
    body = request.read(most + 1)
    return None if len(body) > most else bytes(body)


def _call(request: TenantRequest, body: bytes) -> Call:
    return Call(
        method=request.method or "GET",
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
