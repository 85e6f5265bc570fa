"""Handing out files that others sent: never as pages, never to be guessed at by a browser."""

from __future__ import annotations

from typing import cast

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpResponse
from django.utils.http import content_disposition_header

LARGEST_AT_ONCE = 32 * 1024 * 1024
SHUT = "sandbox; default-src 'none'"
"""The policy of a file: should a browser show it after all, nothing in it runs or loads."""


def download(file: FieldFile, name: str, content_type: str) -> HttpResponse:
    """The file to be saved under its name; a large one in pieces."""
    if file.size > LARGEST_AT_ONCE:
        # Views promise an HttpResponse; one in pieces is its sibling, and nobody asks for its content.
        answer = cast(HttpResponse, FileResponse(file.open("rb"), content_type=content_type))
    else:
        with file.open("rb") as held:
            answer = HttpResponse(held.read(), content_type=content_type)
    return _shut(answer, name, is_shown=False)


def download_bytes(content: bytes, name: str, content_type: str) -> HttpResponse:
    """Bytes to be saved under a name."""
    return _shut(HttpResponse(content, content_type=content_type), name, is_shown=False)


def picture(file: FieldFile, name: str, content_type: str) -> HttpResponse:
    """A picture that we wrote anew ourselves, to be shown."""
    with file.open("rb") as held:
        answer = HttpResponse(held.read(), content_type=content_type)
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return _shut(answer, name, is_shown=True)


def _shut(answer: HttpResponse, name: str, *, is_shown: bool) -> HttpResponse:
    disposition = content_disposition_header(not is_shown, name)
    if disposition:
        answer.headers["Content-Disposition"] = disposition
    answer.headers["Content-Security-Policy"] = SHUT
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers.setdefault("Cache-Control", "private, no-store")
    return answer
