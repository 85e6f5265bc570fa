"""Bytes as words: as declared, else its wider sister with the few bad bytes replaced, else recognised.

One broken byte must not cost a message. What shifts the bytes of a two-byte encoding is undone where the
words make sense again, and a guess is made only among encodings that leave ASCII as it is.
"""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from channels import scripts
from core.text import clean

_WIDER = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
_NOT_TEXT = {"base64", "bz2", "hex", "quopri", "rot13", "uu", "zip", "zlib", "idna", "punycode"}
_JIS_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\$\([@BDO]|\([BJI])")
_HIGH = bytes(range(128, 256))
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_ONE_BYTE = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp874",
    "koi8_r",
]
_ENOUGH_TO_MEASURE = 64
_MOST_READ = 16_384
"""Bytes by which an encoding is recognised."""

_SOME_LOST = "Some characters could not be read."
_UNREADABLE_JIS = b"\x22\x2e"
_FEW, _MANY = 3, 200


def decoded(payload: bytes, charset: str | None) -> tuple[str, str]:
    """The text and a remark when the declared encoding was not the real one, or characters are lost."""
    declared = (charset or "").lower().strip("'\" ")
    if declared.startswith("iso-2022-jp") or (not declared and b"\x1b$" in payload):
        text = _from_jis(payload)
        if text is not None:
            return text, ""
    for name in filter(None, (declared, _WIDER.get(declared, ""), "" if declared else "utf-8")):
        if not _is_text(name):
            continue
        try:
            return payload.decode(name), ""
        except (UnicodeError, LookupError, ValueError):
            continue
    codec = _codec(declared)
    lost = _lost_in_utf8(payload)
    if lost and _is_nearly_utf8(payload, lost, is_declared=codec == "utf-8"):
        return payload.decode("utf-8", "replace"), _SOME_LOST
    text, name = _recognised(payload, codec) if lost else (payload.decode(), "utf-8")
    if name == codec:
        return text, _SOME_LOST
    return text, f"Encoding {clean(charset or 'unknown')[:40]} could not be read; read as {name}."


def _is_text(name: str) -> bool:
    return name.replace("_", "-").removesuffix("-codec") not in _NOT_TEXT


def _codec(declared: str) -> str:
    """The codec of a declared encoding, or of its wider sister; "" when there is none."""
    name = _WIDER.get(declared, declared)
    try:
        return codecs.lookup(name).name if name and _is_text(name) else ""
    except (LookupError, ValueError):
        return ""


def _is_nearly_utf8(payload: bytes, bad: int, *, is_declared: bool) -> bool:
    """Whether it is UTF-8 with a few bad bytes: characters of three bytes hardly come about by chance."""
    text = payload.decode("utf-8", "ignore")
    long = sum(char > "\u07ff" for char in text)
    latin = sum("\u00c0" <= char <= "\u017f" for char in text)
    short = sum("\u007f" < char <= "\u07ff" for char in text)
    if is_declared:
        return long >= bad or latin >= bad or short >= 4 * bad or bad * 50 < len(text)
    return long >= max(2, 2 * bad) or latin >= 4 * bad or short >= 8 * bad


def _lost_in_utf8(payload: bytes) -> int:
    return len(payload.decode("utf-8", "replace")) - len(payload.decode("utf-8", "ignore"))


def _recognised(payload: bytes, declared: str) -> tuple[str, str]:
    """The text, and the codec that makes the most sense of it; the declared one is believed when in doubt."""
    sample = payload[:_MOST_READ]
    sense = {codec: _sense(sample, codec) for codec in scripts.SCRIPTS}
    if declared in sense:
        sense[declared] += 0.25
    best = max(sense, key=sense.__getitem__)
    if sense[best] >= (0.3 if best == declared else 0.4):
        return _lenient(payload, best) or payload.decode(best, "replace"), best
    if declared and declared not in sense and declared != "utf-8":
        text = _replaced(payload, declared)
        if text.count("\ufffd") <= _most_lost(payload):
            return text, declared
    name = _one_byte_codec(payload) or declared or "utf-8"
    return _replaced(payload, name), name


def _replaced(payload: bytes, codec: str) -> str:
    try:
        return payload.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def _sense(payload: bytes, codec: str) -> float:
    text = _lenient(payload, codec)
    return scripts.sense_of(text, codec, len(payload)) if text is not None else -1.0


def _most_lost(payload: bytes) -> int:
    """How many bad characters are few: a number for short texts, a share of long ones."""
    return max(_FEW, min((len(payload) - len(payload.translate(None, _HIGH))) // 40, _MANY))


def _lenient(payload: bytes, codec: str) -> str | None:
    """The text with bad bytes replaced; None when many are bad."""
    text = _resumed(payload, codec)
    if codec != "gb18030" or b"\x80" not in payload:
        return text
    # Within a character this byte makes another, very rare one, and shifts all after it unseen.
    other = _resumed(payload.replace(b"\x80", b"\xff"), codec)
    known = [found for found in (text, other) if found is not None]
    return max(known, key=lambda found: scripts.sense_of(found, codec, len(payload)), default=None)


def _resumed(payload: bytes, codec: str) -> str | None:
    """The text, going on after each bad byte where the rest makes the most sense; None when many are bad."""
    most, pieces, at = _most_lost(payload), [], 0
    rest = memoryview(payload)
    while True:
        try:
            pieces.append(codecs.decode(rest[at:], codec))
            return "".join(pieces)
        except UnicodeDecodeError as broken:
            good = at + broken.start
        if len(pieces) >= 2 * most:
            return None
        pieces += [codecs.decode(rest[at:good], codec), "\ufffd"]
        at = good + _bad_bytes(payload[good : good + 51], codec)


def _bad_bytes(payload: bytes, codec: str) -> int:
    """How many bytes to pass over, 1 to 3: a bad one may stand alone, or for half of a character, or inside."""

    def sense(skipped: int) -> float:
        left = payload[skipped : skipped + 48]
        return scripts.sense_of(left.decode(codec, "replace"), codec, len(left))

    ascii_after = next((n for n in (1, 2) if n < len(payload) and payload[n] < 0x30), 3)
    return max(range(1, min(3, ascii_after, max(1, len(payload))) + 1), key=sense)


def _one_byte_codec(payload: bytes) -> str:
    """The encoding of a European or other alphabet, as far as that can be told; "" when it cannot."""
    if len(payload) >= _ENOUGH_TO_MEASURE:
        guess = charset_normalizer.from_bytes(payload[:65_536], cp_isolation=_ONE_BYTE).best()
        if guess is not None:
            return guess.encoding
    high = sum(len(run) for run in _HIGH_RUN.findall(payload))
    return "cp1252" if len(payload) - high >= high else ""


def _from_jis(payload: bytes) -> str | None:
    """ISO-2022-JP with the characters that Windows adds to it; None when it is something else."""
    if len(payload) - len(payload.translate(None, _HIGH)) > _FEW:
        return None
    pieces, start, is_wide, is_kana = [], 0, False, False
    for match in [*_JIS_ESCAPE.finditer(payload), None]:
        end = match.start() if match else len(payload)
        piece = payload[start:end]
        if is_wide:
            pieces.append(_shifted(_seven_bits(piece)).decode("cp932", "replace"))
        elif is_kana:
            pieces.append(
                bytes(byte | 0x80 if byte > 32 else byte for byte in piece).decode("cp932", "replace")
            )
        else:
            pieces.append(piece.decode("ascii", "replace"))
        if match:
            start, is_wide, is_kana = match.end(), match[0][1:2] == b"$", match[0].endswith(b"(I")
    return "".join(pieces)


def _seven_bits(piece: bytes) -> bytes:
    """JIS pairs without bad bytes: one too many is dropped, a pair with one is the mark for what is missing."""
    if piece.isascii():
        return piece
    if len(piece) % 2:
        return piece.translate(None, _HIGH)
    pairs = (piece[at : at + 2] for at in range(0, len(piece), 2))
    return b"".join(pair if pair.isascii() else _UNREADABLE_JIS for pair in pairs)


def _shifted(piece: bytes) -> bytes:
    """Seven-bit JIS pairs as Shift_JIS pairs; line ends, which reset nothing in the wild, are kept."""
    out, at = bytearray(), 0
    while at < len(piece):
        row = piece[at]
        if row <= 32 or at + 1 >= len(piece):
            out.append(row)
            at += 1
            continue
        cell = piece[at + 1]
        lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
        trail = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
        out += bytes((lead & 0xFF, trail & 0xFF))
        at += 2
    return bytes(out)
