"""Messages too large to be read at once: skimmed line by line, so that memory stays bounded."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import BinaryIO

from channels.email import CUT

LARGEST_READ = 20 * 1024 * 1024
MOST_OF_A_PART = 1024 * 1024
MOST_KEPT = 8 * 1024 * 1024

_TYPE = re.compile(rb"^content-type:\s*([^\s;]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Skimmed:
    """What is left of a large message without its large parts, and the digest and size of the whole."""

    lean: bytes
    digest: str
    size: int


def skim(stream: BinaryIO) -> Skimmed:
    """Read a message of any size: parts longer than 1 MB are replaced by a line that says how long they were.

    A part begins where a line begins with two dashes, as MIME's boundaries do.
    """
    kept: list[bytes] = []
    part: list[bytes] = []
    digest, size, total, held, dropped = hashlib.sha256(), 0, 0, 0, 0

    def close() -> None:
        nonlocal total, held, dropped
        head = _head(part) if dropped else b""
        if head:
            kept.append(head + CUT + str((held - len(head) + dropped) * 3 // 4).encode() + b"\n")
        else:
            kept.extend(part)
        total += held
        part.clear()
        held = dropped = 0

    while line := stream.readline(65_536):
        digest.update(line)
        size += len(line)
        if line.startswith(b"--") and total < MOST_KEPT:
            close()
        if held < MOST_OF_A_PART:
            part.append(line)
            held += len(line)
        else:
            dropped += len(line)
    close()
    return Skimmed(b"".join(kept), digest.hexdigest(), size)


def _head(part: list[bytes]) -> bytes:
    """The boundary line and headers of a part, to its empty line; b"" for text, whose beginning is kept."""
    for number, line in enumerate(part):
        if not line.strip():
            head = b"".join(part[: number + 1])
            kind = _TYPE.search(head)
            return head if kind and not kind[1].lower().startswith(b"text/") else b""
    return b""
