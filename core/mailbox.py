"""Files of mail: one message, or a mailbox of them ("mbox"): pure, and memory stays bounded."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

LARGEST_AT_ONCE = 20 * 1024 * 1024
"""A message larger than this is given as a file, so that nobody holds it in memory."""

LONGEST_HEAD = 65_536

_NAMING = re.compile(
    rb"^(message-id|in-reply-to|references|from|sender):(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE
)
_NAME = re.compile(rb"[^\s<>@,;:\"()]{1,200}@[^\s<>@,;:\"()]{1,200}")
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


@dataclass(slots=True)
class _Named:
    """What the messages of a file are called, whom they answer, and all of that with who wrote them."""

    own: set[bytes] = field(default_factory=set)
    answered: list[bytes] = field(default_factory=list)
    all: set[bytes] = field(default_factory=set)


def conversations(paths: Iterable[Path]) -> list[list[Path]]:
    """The files in groups that have nothing to do with each other, in the order given.

    Messages belong together when they name the same message or have the same sender: who takes in each group
    in its order gets the same conversations as one who takes in all. Within its group a file comes after those
    whose messages it answers, else in the order given. A file that cannot be read stands alone.
    """
    groups: dict[Path, list[Path]] = {}
    group_of: dict[bytes, Path] = {}
    moved: dict[Path, Path] = {}

    def living(first: Path) -> Path:
        while first in moved:
            first = moved[first]
        return first

    order = {path: number for number, path in enumerate(paths)}
    named = {path: _names_in(path) for path in order}
    for path in order:
        names = named[path].all
        met = {living(group_of[name]) for name in names if name in group_of} | {path}
        first = min(met, key=order.__getitem__)
        groups[path] = [path]
        for other in sorted(met - {first}, key=order.__getitem__):
            groups[first] += groups.pop(other)
            moved[other] = first
        group_of |= dict.fromkeys(names, first)
    return [_answers_last(sorted(group, key=order.__getitem__), named) for group in groups.values()]


def _answers_last(group: list[Path], named: dict[Path, _Named]) -> list[Path]:
    """The files of a group, each after those it answers; a circle is cut where it was entered."""
    if len(group) == 1:
        return group
    holder: dict[bytes, Path] = {}
    for path in group:
        for name in named[path].own:
            holder.setdefault(name, path)
    placed: dict[Path, None] = {}
    entered: set[Path] = set()
    for path in group:
        waiting = [path]
        while waiting:
            one = waiting[-1]
            first = [] if one in entered else [holder[name] for name in named[one].answered if name in holder]
            entered.add(one)
            if missing := [path for path in first if path not in entered]:
                waiting += missing[::-1]
            else:
                placed.setdefault(waiting.pop())
    return list(placed)


def _names_in(path: Path) -> _Named:
    """What is named in the heads of a file's messages, in lower case."""
    found = _Named()
    try:
        with path.open("rb") as file:
            heads = [_head(message) for message in messages_in(file)]
    except OSError:
        return found
    for header, value in (pair for head in heads for pair in _NAMING.findall(head)):
        names = [name.lower() for name in _NAME.findall(value)]
        found.all.update(names)
        if header.lower() == b"message-id":
            found.own.update(names)
        elif header.lower() in (b"in-reply-to", b"references"):
            found.answered += names
    return found


def _head(message: bytes | BinaryIO) -> bytes:
    start = message[:LONGEST_HEAD] if isinstance(message, bytes) else message.read(LONGEST_HEAD)
    return re.split(rb"\r?\n\r?\n", start.lstrip(), maxsplit=1)[0]


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
