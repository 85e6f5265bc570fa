"""CSV as it really comes: encodings, delimiters, header styles. Pure: bytes in, rows by column name out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from charset_normalizer import from_bytes

LONGEST_CELL = 20_000
_SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class UnreadableFile(ValueError):
    """The whole file cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line of the file on which it starts, and its cells by column, or why it is broken."""

    line: int
    cells: dict[str, str]
    problem: str = ""


def decode(data: bytes) -> str:
    """The file as text: UTF-8 with or without a mark, UTF-16, Shift_JIS, GB18030, else what fits best."""
    if data.startswith(_SPREADSHEET):
        raise UnreadableFile("This is a spreadsheet, not a CSV file. Save it as “CSV UTF-8” and try again.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decode_legacy(data)
    if "\x00" in text:
        raise UnreadableFile("This is not text. Give a CSV file, best in UTF-8.")
    return text


def _decode_legacy(data: bytes) -> str:
    """The more natural reading: Chinese bytes as Shift_JIS show half-width kana, the reverse rare
    characters."""
    japanese, chinese = _try(data, "cp932"), _try(data, "gb18030")
    natural = _share(japanese, lambda c: not "\uff61" <= c <= "\uff9f")
    simplified = _share(chinese, _is_gb2312)
    if japanese is not None and natural > max(simplified, 0.5):
        return japanese
    if chinese is not None and simplified > 0.5:
        return chinese
    best = from_bytes(data).best()
    if best is None:
        raise UnreadableFile("The encoding of the file is not known. Save it as “CSV UTF-8” and try again.")
    return str(best)


def _share(text: str | None, is_natural: Callable[[str], bool]) -> float:
    """How much of what is not ASCII looks natural: 0 when nothing does, or there is none."""
    foreign = [c for c in (text or "")[:20_000] if not c.isascii()]
    return sum(map(is_natural, foreign)) / len(foreign) if foreign else 0.0


def _is_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def column_name(header: str) -> str:
    """One spelling for both header styles: "Unique Key" and "unique_key" are the same column."""
    return re.sub(r"[^\w]+", "_", header.strip().casefold()).strip("_")


def read(data: bytes) -> tuple[list[str], Iterator[Row]]:
    """(columns, rows) of a CSV file. Raises `UnreadableFile` when there is no header or no text at all."""
    text = decode(data)
    if not text.strip():
        raise UnreadableFile("The file is empty. It needs a header line and one line per request.")
    csv.field_size_limit(2**31 - 1)
    head = text.lstrip("\r\n").splitlines()[0]
    delimiter = max(",;\t|", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [column_name(name) for name in _header(reader)]
    return columns, _rows(reader, columns)


def _header(reader: Iterator[list[str]]) -> list[str]:
    return next((row for row in reader if any(cell.strip() for cell in row)), [])


def _rows(reader: Any, columns: list[str]) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, {}, f"it is not CSV: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield _row(line, columns, cells)


def _row(line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return Row(line, {}, f"it has {len(cells)} values for {len(columns)} columns")
    long = next((name for name, cell in zip(columns, cells, strict=True) if len(cell) > LONGEST_CELL), "")
    if long:
        return Row(line, {}, f"column “{long}” is longer than {LONGEST_CELL} characters")
    return Row(line, {name: cell.strip() for name, cell in zip(columns, cells, strict=True)})
