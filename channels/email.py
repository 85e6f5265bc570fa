"""Reading an e-mail as it came from the wire: pure, and never surprised.

Whatever cannot be read says so in `problem` and keeps what could be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses
from typing import Literal

from channels import machines, mime
from channels.charsets import decoded
from channels.html import LONGEST_HTML, safe_html, text_of_html
from channels.machines import MailKind
from channels.replies import split_reply
from core.text import clean, is_address

__all__ = ["LONGEST_BODY", "ReadEmail", "ReadFile", "find_message_id", "read_email", "text_of_html"]

Problem = Literal["", "empty", "unreadable", "too_deep", "no_sender", "no_headers", "nothing"]
"""Codes of `enums.InboundProblem`."""

LONGEST_BODY = 100_000
MOST_PARTS = 2_000
MOST_FILES = 100
CUT = b"fieldservice-cut:"
"""How the body of a part begins that was too large to be read; its size in bytes follows."""

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
_REFERENCE = re.compile(r"<[^<>\s]{1,250}>")
_BARE_ADDRESS = re.compile(r"^(\s*\"[^\"]*\"|[^@<>\"]*)\s+([^\s@<>\"]+@[^\s@<>\"]+)\s*$")
"""A name and an address without the brackets that should stand around it."""

_MANY_BLANKS = re.compile(r"[ \t]*\n[ \t]*(?:\n[ \t]*)+")
_HEADERS_OF_MAIL = {
    *("from", "sender", "to", "date", "subject", "message-id", "received", "return-path"),
    *("content-type", "mime-version"),
}
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_PARSER = BytesParser(policy=policy.compat32)
_SEALED = {
    "application/pkcs7-mime": "smime",
    "application/x-pkcs7-mime": "smime",
    "application/pgp-encrypted": "pgp",
    "application/ms-tnef": "winmail",
}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A part that is not the message's text. `cut` is its size when it was too large to be read at all."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    cut: int = 0


@dataclass(frozen=True, slots=True)
class ReadEmail:
    """What an e-mail says. `problem` is empty, or the code of why nobody could answer it.

    `body` holds the new words, `quoted` the repeated ones and the signature. `references` holds the message
    ids it answers, nearest first. `html` is safe to show; `blocked` counts the remote pictures taken out of
    it. `is_like_automatic` says that a machine may have written it although no header admits it; `by_list`
    names the mailing list it came by. `sent_on` is the Date header. `seal` names what hides the content
    ("smime", "pgp", "winmail"). `notes` says what was guessed.
    """

    message_id: str = ""
    sender_name: str = ""
    sender_address: str = ""
    subject: str = ""
    body: str = ""
    quoted: str = ""
    html: str = ""
    blocked: int = 0
    language: str = ""
    references: tuple[str, ...] = ()
    kind: MailKind = "message"
    is_like_automatic: bool = False
    by_list: str = ""
    sent_on: str = ""
    seal: str = ""
    files: tuple[ReadFile, ...] = ()
    notes: tuple[str, ...] = ()
    problem: Problem = ""

    @property
    def attachments(self) -> int:
        """How many parts are not the text."""
        return len(self.files)


def find_message_id(raw: bytes) -> str:
    """The Message-ID in the header section, without reading the rest; "" when there is none."""
    head = re.split(rb"\r?\n\r?\n", mime.unwrapped(raw[:262_144]), maxsplit=1)[0]
    match = _MESSAGE_ID.search(head)
    return clean(match[1].decode("ascii", "replace")).replace("\ufffd", "?") if match else ""


def read_email(raw: bytes) -> ReadEmail:
    """Read one raw message. Never raises: what breaks the reader becomes `problem`."""
    raw = mime.unwrapped(raw)
    if not raw.strip():
        return ReadEmail(problem="empty")
    try:
        message = _PARSER.parsebytes(raw)
        if not _HEADERS_OF_MAIL & {name.lower() for name in message.keys()}:  # noqa: SIM118 (headers, not a dict)
            return _without_headers(raw)
        return _read(message, raw)
    except Exception as error:  # Hostile input finds every corner of a parser; the raw message stays.
        return _unreadable(raw, error)


def _read(message: Message, raw: bytes) -> ReadEmail:
    notes: list[str] = []
    name, address = _sender(message)
    subject = " ".join(mime.header(message, "subject").split())[:300]
    kind = machines.kind_of(message, address=address, subject=subject)
    plain, rich, files = _content(message, notes, with_files=kind != "bounce")
    text = _text(plain, rich, notes)
    split = split_reply(text)
    shown = safe_html("\n".join(rich)[:LONGEST_HTML]) if rich and kind == "message" else None
    problem: Problem = ""
    if not address:
        problem = "no_sender"
    elif not (text or subject or files):
        problem = "nothing"
    elif not text:
        notes.append("The message has no text.")
    return ReadEmail(
        message_id=find_message_id(raw),
        sender_name=name,
        sender_address=address,
        subject=subject,
        body=split.new,
        quoted=split.rest,
        html=shown.html if shown else "",
        blocked=shown.blocked if shown else 0,
        language=_language(message, f"{subject}\n{split.new}"),
        references=_references(message),
        kind=kind,
        is_like_automatic=machines.is_like_automatic(subject),
        by_list=machines.list_of(message),
        sent_on=mime.header(message, "date")[:80],
        seal=next((_SEALED[file.content_type] for file in files if file.content_type in _SEALED), ""),
        files=files,
        notes=tuple(notes),
        problem=problem,
    )


def _without_headers(raw: bytes) -> ReadEmail:
    text = _tidy(decoded(raw[: LONGEST_BODY * 4], None)[0])
    return ReadEmail(body=text[:LONGEST_BODY], language=_language(None, text), problem="no_headers")


def _unreadable(raw: bytes, error: Exception) -> ReadEmail:
    """What the headers alone say, for the person who looks at it."""
    is_deep = isinstance(error, RecursionError)
    fault = clean(f"{type(error).__name__}: {error}".encode("utf-8", "replace").decode())[:500]
    try:
        message = BytesHeaderParser(policy=policy.compat32).parsebytes(raw[:262_144])
        name, address = _sender(message)
        subject = " ".join(mime.header(message, "subject").split())[:300]
    except Exception:  # Even the headers are beyond reading.
        name = address = subject = ""
    return ReadEmail(
        message_id=find_message_id(raw),
        sender_name=name,
        sender_address=address,
        subject=subject,
        body=_tidy(decoded(raw[:LONGEST_BODY], None)[0]),
        notes=() if is_deep else (fault,),
        problem="too_deep" if is_deep else "unreadable",
    )


def _sender(message: Message) -> tuple[str, str]:
    for name in ("from", "sender"):
        for label, address in getaddresses([mime.header(message, name)]):
            if is_address(address):
                return " ".join(label.split())[:200], address.lower()
        found = _BARE_ADDRESS.search(mime.header(message, name))
        if found and is_address(found[2]):
            return " ".join(found[1].replace('"', " ").split())[:200], found[2].lower()
    return "", ""


def _references(message: Message) -> tuple[str, ...]:
    """In-Reply-To, then References from the last to the first: the nearest comes first."""
    answered = _REFERENCE.findall(mime.header(message, "in-reply-to"))
    thread = _REFERENCE.findall(mime.header(message, "references"))
    return tuple(dict.fromkeys([*answered, *reversed(thread)]))[:50]


def _content(
    message: Message, notes: list[str], *, with_files: bool
) -> tuple[list[str], list[str], tuple[ReadFile, ...]]:
    """The plain texts, the HTML texts and the other parts."""
    plain: list[str] = []
    rich: list[str] = []
    files: list[ReadFile] = []
    for number, part in enumerate(mime.leaves(message)):
        if number >= MOST_PARTS:
            notes.append(f"Only the first {MOST_PARTS} parts were read.")
            break
        kind = part.get_content_type()
        is_text = kind in {"text/plain", "text/html"} or part.get_content_maintype() == "multipart"
        if not is_text or part.get_content_disposition() == "attachment" or _is_named_text(part, plain):
            if with_files and len(files) < MOST_FILES:
                files.append(_file(part, kind))
        elif kind == "text/html":
            rich.append(mime.text_of(part, notes))
        else:
            plain.append(mime.text_of(part, notes))
    return plain, rich, tuple(files)


def _is_named_text(part: Message, plain: list[str]) -> bool:
    """A text with a file's name after the message's own text is a file."""
    return bool(plain) and part.get_content_disposition() == "inline" and bool(mime.filename_of(part))


def _file(part: Message, kind: str) -> ReadFile:
    content = mime.payload_of(part)
    cut = 0
    text = part.get_payload()
    if isinstance(text, str) and text.lstrip().startswith(CUT.decode()):
        digits = text.strip().removeprefix(CUT.decode())[:18]
        cut, content = int(digits) if digits.isdigit() else 0, b""
    name = mime.filename_of(part)
    if not name and kind == "message/rfc822":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        subject = mime.header(first, "subject") if isinstance(first, Message) else ""
        name = f"{subject[:80] or 'message'}.eml"
    elif not name and kind == "text/calendar":
        name = "invite.ics"
    content_id = mime.raw_header(part, "content-id").strip().strip("<>")
    return ReadFile(name, kind, content, clean(content_id)[:250].encode("ascii", "replace").decode(), cut)


def _text(plain: list[str], rich: list[str], notes: list[str]) -> str:
    body = "\n\n".join(text for text in plain if text.strip())
    if not body.strip():
        body = "\n\n".join(text_of_html(text) for text in rich)
    body = _tidy(body)
    if len(body) > LONGEST_BODY:
        notes.append(f"The text was cut after {LONGEST_BODY} characters; the raw message has the rest.")
    return body[:LONGEST_BODY]


def _tidy(text: str) -> str:
    """Clean text with plain line ends and at most one empty line in a row."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _MANY_BLANKS.sub("\n\n", clean(text).replace("\r\n", "\n").replace("\r", "\n")).strip()


def _language(message: Message | None, text: str) -> str:
    """The language of the words, as one of ours, or "": kana are Japanese, Han alone is taken for Chinese."""
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh-hans"
    declared = mime.header(message, "content-language").lower() if message is not None else ""
    return "en" if declared.startswith("en") else ""
