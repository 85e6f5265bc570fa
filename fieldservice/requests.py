"""A name for every request: on the answer, in the logs, in what a person reports."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

_SOUND = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_SECRET = re.compile(r"(/join/|/accounts/password/reset/key/|/c/[-\w]+/hooks/)[^/\s]+")


def without_secrets(text: str) -> str:
    """A path, or a line that holds one, without the part with which one joins or chooses a password."""
    return _SECRET.sub(r"\1…", text)


class SecretPaths(logging.Filter):
    """Keeps those parts out of what libraries log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), ()
        return True


class RequestIdMiddleware:
    """Keeps a sound `X-Request-Id` of the proxy or makes one; binds it to the logs of this request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _SOUND.match(given) else uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(
            request_id=request_id, method=request.method, path=without_secrets(request.path_info)
        ):
            response = self.get_response(request)
        response.headers["X-Request-Id"] = request_id
        return response
