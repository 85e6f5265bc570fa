"""Every API error as `application/problem+json` (RFC 9457), never a stack trace."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import IntegrityError, ProgrammingError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import BadInput, Refusal
from core.validation import refusal_of

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
DOCS = "/api/v1/problems/"


def problem(
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """The body: `type` is stable and documented, `code` is for programs, `detail` for people."""
    body: dict[str, Any] = {
        "type": f"{DOCS}#{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return {name: _printable(value) for name, value in {**body, **facts}.items()}


def _printable(value: Any) -> Any:
    """The value with a question mark for half characters, which a program may send but nobody can write."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _printable(inner) for key, inner in value.items()}
    return [_printable(inner) for inner in value] if isinstance(value, list) else value


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Returns None only for what must stay a 500."""
    body = _body(error)
    if body is None:
        return None
    set_rollback()
    headers = {}
    if isinstance(error, exceptions.APIException):
        if challenge := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = str(challenge)
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def _body(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, Refusal):
        return _refusal(error)
    if isinstance(error, exceptions.ValidationError):
        return _invalid(flatten(error.get_full_details()))
    if isinstance(error, ValidationError):
        return _invalid([{"pointer": "", "code": "invalid", "detail": text} for text in error.messages])
    if isinstance(error, exceptions.APIException):
        return _api(error)
    if isinstance(error, Http404) or _is_rivals_row(error):
        return not_found()
    if isinstance(error, PermissionDenied):
        return problem(
            status=403, code="not_allowed", title=_("Not allowed"), detail=str(error) or _("Not allowed.")
        )
    return _integrity(error) if isinstance(error, IntegrityError) else None


def not_found() -> dict[str, Any]:
    """The one answer for what does not exist and for what belongs to a rival."""
    detail = _("There is no such thing here. Check the id; ids of other companies look the same.")
    return problem(status=404, code="not_found", title=_("Not found"), detail=detail)


def _is_rivals_row(error: Exception) -> bool:
    return isinstance(error, ProgrammingError) and "row-level security" in str(error)


def _refusal(error: Refusal) -> dict[str, Any]:
    errors = None
    if isinstance(error, BadInput):
        errors = [
            {"pointer": f"/{field}", "code": "invalid", "detail": text}
            for field, texts in error.errors.items()
            for text in texts
        ]
    titles = {403: _("Not allowed"), 404: _("Not found"), 409: _("Not possible now"), 422: _("Bad input")}
    title = titles.get(error.status, _("Refused"))
    return problem(
        status=error.status,
        code=error.problem_code,
        title=title,
        detail=error.message,
        errors=errors,
        facts=error.facts,
    )


def _invalid(errors: list[dict[str, str]]) -> dict[str, Any]:
    detail = _("%(count)d value(s) cannot be used; `errors` says which and why.") % {"count": len(errors)}
    return problem(status=400, code="invalid", title=_("Bad input"), detail=detail, errors=errors)


def _api(error: exceptions.APIException) -> dict[str, Any]:
    code = str(getattr(error, "default_code", "error"))
    detail = str(error.detail)
    title = {401: _("Who are you?"), 403: _("Not allowed"), 404: _("Not found"), 405: _("Wrong method")}.get(
        error.status_code, _("Bad request")
    )
    if error.status_code == status.HTTP_404_NOT_FOUND and not isinstance(error, exceptions.NotFound):
        return not_found()
    return problem(status=error.status_code, code=code, title=title, detail=detail)


def _integrity(error: IntegrityError) -> dict[str, Any] | None:
    diagnosis = getattr(error.__cause__, "diag", None)
    sqlstate = getattr(diagnosis, "sqlstate", None) or getattr(error.__cause__, "pgcode", None)
    name = getattr(diagnosis, "constraint_name", None) or "?"
    if sqlstate not in {"23505", "23P01", "23503", "23514"}:
        return None
    log.info("constraint refused a write", extra={"constraint": name})
    if sqlstate == "23503":
        return not_found()
    words = refusal_of(name)
    if sqlstate == "23514":
        detail = words or _("The database refused the values: rule %(name)s.") % {"name": name}
        return problem(status=422, code="bad_input", title=_("Bad input"), detail=detail, constraint=name)
    plain = _("Another one like it exists already: rule %(name)s. Use that one, or change the values.")
    detail = words or plain % {"name": name}
    return problem(status=409, code="conflict", title=_("Already there"), detail=detail, constraint=name)


def flatten(details: Any, pointer: str = "") -> list[dict[str, str]]:
    """DRF's nested error details as a flat list with JSON pointers."""
    if (
        isinstance(details, dict)
        and {"message", "code"} <= details.keys()
        and isinstance(details["message"], str)
    ):
        return [{"pointer": pointer, "code": str(details["code"]), "detail": str(details["message"])}]
    if isinstance(details, dict):
        return [
            found
            for key, value in details.items()
            for found in flatten(value, pointer if key == "non_field_errors" else f"{pointer}/{key}")
        ]
    found = []
    for index, value in enumerate(details):
        deeper = pointer if isinstance(value, dict) and "message" in value else f"{pointer}/{index}"
        found += flatten(value, deeper)
    return found


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """404 outside any API view (an unknown path under /api/)."""
    return JsonResponse(not_found(), status=404, content_type=CONTENT_TYPE)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """400 outside any API view; 413 for a body larger than the server reads."""
    if isinstance(exception, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        text = _("The body is larger than %(most)s MB and was not read. Send less at once.")
        detail = text % {"most": most}
        body = problem(status=413, code="too_large", title=_("Bad request"), detail=detail)
    else:
        detail = _("The request could not be read and nothing was changed.")
        body = problem(status=400, code="parse_error", title=_("Bad request"), detail=detail)
    return JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE)


def server_error(request: HttpRequest) -> JsonResponse:
    """500 for programs: says that nothing was changed."""
    body = problem(
        status=500,
        code="server_error",
        title=_("Our fault"),
        detail=_(
            "Something broke on our side and nothing was changed. Repeat with the same Idempotency-Key."
        ),
    )
    return JsonResponse(body, status=500, content_type=CONTENT_TYPE)
