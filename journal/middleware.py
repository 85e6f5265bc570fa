"""Every unsafe request that carries a key happens once: a double click, a retry, a lost answer.

The key is the header `Idempotency-Key` or the form field `idempotency_key`. The mark is written in the
request's own transaction: a second request with the same key waits for the first, then gets its answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.api.problems import CONTENT_TYPE, problem
from core.errors import Conflict
from core.text import clean
from journal.models import IdempotentAct
from tenants.active import active_tenant_id, find_active_tenant_id

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_KEPT_HEADERS = ("Content-Type", "Location", "HX-Redirect", "HX-Trigger", "ETag")
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_TOO_LONG = {"X-Answer": "too long to keep"}
_SECRET = {"X-Answer": "not kept"}
_LARGEST_BODY = 256 * 1024
_CALLS = re.compile(r"^/c/[-\w]+/hooks/")


class IdempotencyMiddleware:
    """Runs inside the tenant: the same key in another tenant is another key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in _SAFE or find_active_tenant_id() is None or _CALLS.match(request.path_info):
            # A provider's call is read raw, and once by the provider's own id.
            return self.get_response(request)
        key = _key(request)
        if not key:
            return self.get_response(request)
        scope, digest = _scope(request), _digest(request)
        if not _claim(scope, key, digest):
            return _replay(request, scope, key, digest)
        response = self.get_response(request)
        _keep(scope, key, response)
        return response


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key and (request.content_type or "") in _FORMS:
        key = request.POST.get("idempotency_key", "")
    key = clean(key)
    return key if len(key) <= 200 else hashlib.sha256(key.encode()).hexdigest()


def _scope(request: HttpRequest) -> str:
    actor = getattr(request, "actor", None)
    who = f"{actor.kind}:{actor.membership_id or actor.token_id or ''}" if actor else ""
    return f"{who} {request.method} {request.path_info}"[:200]


def _digest(request: HttpRequest) -> str:
    """What was asked, without what differs between two sendings of the same form."""
    if request.content_type not in _FORMS:
        return hashlib.sha256(request.body).hexdigest()
    parts = sorted((k, v) for k, vs in request.POST.lists() for v in vs if k != "csrfmiddlewaretoken")
    files = sorted((k, f.name, _digest_of(f)) for k, fs in request.FILES.lists() for f in fs)
    return hashlib.sha256(repr((parts, files)).encode()).hexdigest()


def _digest_of(file: UploadedFile[Any]) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()


def _claim(scope: str, key: str, digest: str) -> bool:
    """Whether this request is the first with its key. Waits for a first one that is still running."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO journal_idempotentact (tenant_id, scope, key, request_hash, headers, body, created_at)
            VALUES (%s, %s, %s, %s, '{}', '', clock_timestamp()) ON CONFLICT DO NOTHING
            """,
            [active_tenant_id(), scope, key, digest],
        )
        return bool(cursor.rowcount == 1)


def _keep(scope: str, key: str, response: HttpResponse) -> None:
    act = IdempotentAct.objects.filter(scope=scope, key=key)
    if response.status_code >= 400:
        # Nothing happened (errors roll back): the same key may try again with better input.
        act.delete()
        return
    is_small = not response.streaming and len(response.content) <= _LARGEST_BODY
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    if getattr(response, "holds_secret", False):
        act.update(status=response.status_code, headers=_SECRET, body=b"")
        return
    act.update(
        status=response.status_code,
        headers=kept if is_small else _TOO_LONG,
        body=response.content if is_small else b"",
    )


def _replay(request: HttpRequest, scope: str, key: str, digest: str) -> HttpResponse:
    act = IdempotentAct.objects.filter(scope=scope, key=key).first()
    if act is None or act.status is None:
        return _refuse(
            request,
            409,
            "still_running",
            _("The same request is still being answered. Wait, then look again."),
        )
    if act.request_hash != digest:
        detail = _("This Idempotency-Key was used with other input. Use a new key for a new request.")
        return _refuse(request, 422, "key_reused", detail)
    if act.headers == _SECRET:
        detail = _("This was done already; what it answered was shown once and is not kept.")
        return _refuse(request, 409, "already_done", detail)
    if act.headers == _TOO_LONG:
        detail = _("This was done already; its answer was too long to keep. Look at the thing itself.")
        return _refuse(request, 409, "already_done", detail)
    response = HttpResponse(bytes(act.body), status=act.status, headers=act.headers)
    response.headers["Idempotent-Replay"] = "true"
    return response


def _refuse(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        body = problem(status=status, code=code, title=_("Not possible now"), detail=detail)
        return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
    return render(request, "refusal.html", {"refusal": Conflict(detail), "status": status}, status=status)
