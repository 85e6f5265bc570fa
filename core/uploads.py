"""A limit for whole requests with files, before any of them is written to disk."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 256 * 1024 * 1024
"""Far above what any form takes, so that forms themselves can say what is too large; answered with 400."""


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
