"""Files of mail: one message, or a mailbox of them ("mbox"): pure, and memory stays bounded."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

LARGEST_AT_ONCE = 20 * 1024 * 1024
"""A message larger than this is given as a file, so that nobody holds it in memory."""

_FROM = re.compile(rb"^From \S+.*\b\d{4}\b.*$")
_HEADER = re.compile(rb"^[!-9;-~]{1,80}:")


def messages_in(file: BinaryIO) -> Iterator[bytes | BinaryIO]:
    """Each message of an open file: bytes, or an open file when it is large.

    A file that begins with mbox's "From " line is split before each further one that stands after an empty
    line and before a header. Every other file is one message, whatever it holds. A yielded file is closed
    afterwards.
    """
    first = file.readline(1_000)
    file.seek(0)
    if _FROM.match(first.rstrip(b"\r\n")):
        yield from _split(file)
    elif os.fstat(file.fileno()).st_size > LARGEST_AT_ONCE:
        yield file
    else:
        yield file.read()


def _split(file: BinaryIO) -> Iterator[bytes | BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=LARGEST_AT_ONCE) as held:
        pending = file.readline(65_536)
        is_after_blank = True
        while pending:
            line, pending = pending, file.readline(65_536)
            begins = is_after_blank and _FROM.match(line.rstrip(b"\r\n")) and _HEADER.match(pending)
            if begins and held.tell():
                yield _whole(held)  # type: ignore[arg-type]
                held.seek(0)
                held.truncate()
            if not begins:
                held.write(line[1:] if line.startswith(b">From ") else line)
            is_after_blank = not line.strip()
        if held.tell():
            yield _whole(held)  # type: ignore[arg-type]


def _whole(held: BinaryIO) -> bytes | BinaryIO:
    size = held.tell()
    held.seek(0)
    return held if size > LARGEST_AT_ONCE else held.read()
