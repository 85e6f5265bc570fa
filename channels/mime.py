"""Headers, encodings and parts of a raw message, as senders really write them.

The standard library's parser of structured headers takes quadratic time on hostile ones and trusts declared
encodings; here a header is cut to a sane length, and `charsets` reads bytes as words.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Iterator
from email.message import Message
from email.utils import collapse_rfc2231_value
from urllib.parse import unquote_to_bytes

from channels.charsets import decoded
from core.text import clean

LONGEST_START, LONGEST_END = 12_000, 4_000
"""What is read of a longer header: a sender's address and the nearest reference stand at its end."""

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def unwrapped(raw: bytes) -> bytes:
    """The message as bytes that begin with its headers: without a byte order mark, UTF-16 as UTF-8."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace").encode()
    return raw.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n\x00 \t") if raw[:1] in b"\xef\r\n\x00 \t" else raw


def raw_header(message: Message, name: str) -> str:
    """The first header of this name as it stands in the message; "" when there is none."""
    for key, value in message.raw_items():
        if key.lower() == name:
            text = str(value)
            if len(text) > LONGEST_START + LONGEST_END:
                return text[:LONGEST_START] + text[-LONGEST_END:]
            return text
    return ""


def header(message: Message, name: str) -> str:
    """The header as text: encoded words decoded, raw bytes recognised, lines unfolded."""
    return tidy_header(raw_header(message, name))


def tidy_header(raw: str) -> str:
    """What a header's own text says, without marks that would turn the words around it."""
    if not raw:
        return ""
    if any("\udc80" <= char <= "\udcff" for char in raw):
        raw = decoded(raw.encode("utf-8", "surrogateescape"), None)[0]
    text = raw.replace("\r", " ").replace("\n", " ")
    if "=?" in text:
        text = _words(text)
    return clean(_DIRECTION.sub("", text.encode("utf-8", "replace").decode("utf-8"))).strip()


def leaves(message: Message) -> Iterator[Message]:
    """Parts without parts, in order; an enclosed message counts as one part."""
    stack: list[Message] = [message]
    while stack:
        part = stack.pop()
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() != "message":
            stack.extend(reversed([child for child in payload if isinstance(child, Message)]))
        else:
            yield part


def payload_of(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding undone as far as that goes."""
    content = part.get_payload()
    if isinstance(content, list):
        return b"\n".join(_as_bytes(child) for child in content if isinstance(child, Message))
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, binascii.Error):
        payload = None
    return payload if isinstance(payload, bytes) else str(content).encode("utf-8", "surrogateescape")


def filename_of(part: Message) -> str:
    """The name the sender gave the part (RFC 2231, RFC 2047 or raw bytes); "" when there is none."""
    for parameter, where in (("filename", "content-disposition"), ("name", "content-type")):
        try:
            value = part.get_param(parameter, header=where)
        except (ValueError, LookupError, TypeError, AttributeError):
            value = None
        if isinstance(value, tuple):
            charset, _language, text = value
            payload = text.encode("latin-1", "replace") if text.isascii() else b""
            if payload and "%" in text:
                payload = unquote_to_bytes(text)
            named = decoded(payload, charset)[0] if payload and charset else collapse_rfc2231_value(value)
            return tidy_header(named)[:500]
        if value:
            return tidy_header(str(value))[:500]
    return ""


def text_of(part: Message, notes: list[str]) -> str:
    """The words of a text part; what had to be guessed is noted."""
    try:
        charset = part.get_content_charset()
    except (ValueError, LookupError, TypeError, AttributeError):
        charset = None
    text, note = decoded(payload_of(part), charset)
    if note and note not in notes:
        notes.append(note)
    return text


def _words(text: str) -> str:
    """Encoded words decoded; neighbours of one encoding are joined as bytes, since some cut characters."""
    text = _BETWEEN.sub(r"\1\2", text)
    out: list[str] = []
    held, charset, end = b"", "", 0
    for match in _WORD.finditer(text):
        name = match[1].split("*")[0]
        if held and (match.start() != end or name.lower() != charset.lower()):
            out.append(decoded(held, charset)[0])
            held = b""
        out.append(text[end : match.start()])
        held, charset, end = held + _word_bytes(match[2], match[3]), name, match.end()
    if held:
        out.append(decoded(held, charset)[0])
    return "".join([*out, text[end:]])


def _word_bytes(kind: str, content: str) -> bytes:
    given = content.encode("ascii", "replace")
    if kind in "qQ":
        return quopri.decodestring(given, header=True)
    try:
        return base64.b64decode(given + b"=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        return given


def _as_bytes(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except Exception:  # The library's generator raises many kinds on malformed messages.
        return "\n".join(f"{name}: {value}" for name, value in message.raw_items()).encode("utf-8", "replace")
