"""A limit for whole requests with files, before any of them is written to disk."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 256 * 1024 * 1024
"""Far above what any form takes, so that forms themselves can say what is too large; answered with 400."""

_IN_MEMORY = 2 * 1024 * 1024
_PIECE = 64 * 1024

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def measured(application: Application) -> Application:
    """Measures bodies that come in chunks, whose length nobody announced: Django would take them for empty.

    What is longer than `MOST_BYTES` is read no further and handed on as too long, without its bytes.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING") and not environ.get("CONTENT_LENGTH"):
            body, length = _held(environ["wsgi.input"])
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(length)
        return application(environ, start_response)

    return answer


def _held(stream: IO[bytes]) -> tuple[IO[bytes], int]:
    """The whole body, on disk when it is large, and its length; nothing of one that is too long."""
    held: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  given back when the request ends
    length = 0
    while piece := stream.read(_PIECE):
        length += len(piece)
        if length > MOST_BYTES:
            held.close()
            return io.BytesIO(), length
        held.write(piece)
    held.seek(0)
    return held, length


class BoundedUpload(FileUploadHandler):
    """Refuses a request by what its header announces; hands everything else on to the next handler."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > MOST_BYTES:
            raise RequestDataTooBig(
                f"The request announces {content_length} bytes; at most {MOST_BYTES} are read."
            )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
