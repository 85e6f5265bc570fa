"""Reading an e-mail as it came from the wire: pure, and never surprised.

Whatever cannot be read says so in `problem` and keeps what could be read. Encodings are tried as declared,
then by their usual wider sister (Shift_JIS is CP932 in the wild), then recognised, then replaced.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Literal

import charset_normalizer
import nh3

from core.text import clean, is_address

MailKind = Literal["message", "automatic", "bounce"]
Problem = Literal["", "empty", "unreadable", "no_sender", "no_headers", "nothing"]
"""Codes of `enums.InboundProblem`."""

LONGEST_BODY = 100_000
LONGEST_HTML = 2_000_000
MOST_PARTS = 2_000

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
_REFERENCE = re.compile(r"<[^<>\s]{1,250}>")
_WIDER = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "utf8": "utf-8",
}
_BLOCKS = {
    "br",
    "p",
    "div",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "hr",
    "table",
}
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS))})(?:\s[^>]*)?/?>")
_MANY_BLANKS = re.compile(r"[ \t]*\n[ \t]*(?:\n[ \t]*)+")
_HEADERS_OF_MAIL = (
    *("from", "sender", "to", "date", "subject", "message-id", "received", "return-path"),
    *("content-type", "mime-version"),
)
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class ReadEmail:
    """What an e-mail says. `problem` is empty, or the code of why nobody could answer it.

    `references` holds the message ids it answers, nearest first. `attachments` counts parts that are not
    its text. `notes` says what was guessed or cut.
    """

    message_id: str = ""
    sender_name: str = ""
    sender_address: str = ""
    subject: str = ""
    body: str = ""
    language: str = ""
    references: tuple[str, ...] = ()
    kind: MailKind = "message"
    attachments: int = 0
    notes: tuple[str, ...] = ()
    problem: Problem = ""


def find_message_id(raw: bytes) -> str:
    """The Message-ID in the header section, without reading the rest; "" when there is none."""
    head = re.split(rb"\r?\n\r?\n", raw[:262_144], maxsplit=1)[0]
    match = _MESSAGE_ID.search(head)
    return match[1].decode("ascii", "replace") if match else ""


def read_email(raw: bytes) -> ReadEmail:
    """Read one raw message. Never raises: what breaks the reader becomes `problem`."""
    if not raw.strip():
        return ReadEmail(problem="empty")
    try:
        message = BytesParser(policy=policy.default).parsebytes(raw)
        if not any(_raw_header(message, name) for name in _HEADERS_OF_MAIL):
            return _without_headers(raw)
        return _read(message, raw)
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        text = _decoded(raw[:LONGEST_BODY], None)[0]
        return ReadEmail(
            message_id=find_message_id(raw),
            body=clean(text),
            notes=(f"{type(error).__name__}: {error}"[:500],),
            problem="unreadable",
        )


def _read(message: EmailMessage, raw: bytes) -> ReadEmail:
    notes: list[str] = []
    name, address = _sender(message)
    subject = " ".join(_header(message, "subject").split())[:300]
    body, attachments = _content(message, notes)
    problem: Problem = ""
    if not address:
        problem = "no_sender"
    elif not (body or subject or attachments):
        problem = "nothing"
    elif not body:
        notes.append("The message has no text.")
    return ReadEmail(
        message_id=find_message_id(raw),
        sender_name=name,
        sender_address=address,
        subject=subject,
        body=body,
        language=_language(message, f"{subject}\n{body}"),
        references=_references(message),
        kind=_kind(message, address),
        attachments=attachments,
        notes=tuple(notes),
        problem=problem,
    )


def _without_headers(raw: bytes) -> ReadEmail:
    text = _tidy(_decoded(raw[: LONGEST_BODY * 4], None)[0])
    return ReadEmail(body=text[:LONGEST_BODY], language=_language(None, text), problem="no_headers")


def _kind(message: EmailMessage, address: str) -> MailKind:
    """By headers only: words in a subject say nothing certain (RFC 3834, RFC 3464)."""
    is_report = message.get_content_type() == "multipart/report"
    report = str(message.get_param("report-type") or "").lower()
    return_path = _header(message, "return-path").strip()
    local = address.partition("@")[0].lower()
    if (is_report and report == "delivery-status") or _header(message, "x-failed-recipients"):
        return "bounce"
    if local in {"mailer-daemon", "mail-daemon"} or (local == "postmaster" and return_path == "<>"):
        return "bounce"
    submitted = _header(message, "auto-submitted").split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "automatic"
    if any(_header(message, name) for name in ("x-autoreply", "x-autorespond", "x-auto-reply")):
        return "automatic"
    if _header(message, "precedence").strip().lower() in {"auto_reply", "bulk", "junk"} or is_report:
        return "automatic"
    return "message"


def _sender(message: EmailMessage) -> tuple[str, str]:
    for header in ("from", "sender"):
        for name, address in getaddresses([_header(message, header)]):
            if is_address(address):
                return " ".join(name.split())[:200], address.lower()
    return "", ""


def _references(message: EmailMessage) -> tuple[str, ...]:
    """In-Reply-To, then References from the last to the first: the nearest comes first."""
    answered = _REFERENCE.findall(_header(message, "in-reply-to"))
    thread = _REFERENCE.findall(_header(message, "references"))
    return tuple(dict.fromkeys([*answered, *reversed(thread)]))[:50]


def _content(message: EmailMessage, notes: list[str]) -> tuple[str, int]:
    """The text to read and the number of other parts."""
    plain: list[str] = []
    rich: list[str] = []
    attachments = 0
    for number, part in enumerate(_leaves(message)):
        if number >= MOST_PARTS:
            notes.append(f"Only the first {MOST_PARTS} parts were read.")
            break
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment" or kind not in {"text/plain", "text/html"}:
            attachments += 1
        elif kind == "text/plain":
            plain.append(_text(part, notes))
        else:
            rich.append(_text(part, notes))
    body = "\n\n".join(text for text in plain if text.strip())
    if not body.strip():
        body = "\n\n".join(text_of_html(text) for text in rich)
    body = _tidy(body)
    if len(body) > LONGEST_BODY:
        notes.append(f"The text was cut after {LONGEST_BODY} characters; the raw message has the rest.")
    return body[:LONGEST_BODY], attachments


def _tidy(text: str) -> str:
    """Clean text with plain line ends and at most one empty line in a row."""
    return _MANY_BLANKS.sub("\n\n", clean(text).replace("\r\n", "\n").replace("\r", "\n")).strip()


def _leaves(message: Message) -> Iterator[Message]:
    """Parts without parts, in order; an enclosed message counts as one part."""
    stack: list[Message] = [message]
    while stack:
        part = stack.pop()
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() != "message":
            stack.extend(reversed([child for child in payload if isinstance(child, Message)]))
        else:
            yield part


def _text(part: Message, notes: list[str]) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    text, note = _decoded(payload, part.get_content_charset())
    if note:
        notes.append(note)
    return text


def _decoded(payload: bytes, charset: str | None) -> tuple[str, str]:
    """The text and a remark when the declared encoding was not the real one."""
    declared = (charset or "").lower()
    for name in filter(None, (declared, _WIDER.get(declared, ""), "" if declared else "utf-8")):
        try:
            return payload.decode(name), ""
        except (UnicodeDecodeError, LookupError):
            continue
    guess = charset_normalizer.from_bytes(payload[:65_536]).best()
    name = guess.encoding if guess is not None else "utf-8"
    return payload.decode(
        name, "replace"
    ), f"Encoding {charset or 'unknown'} could not be read; read as {name}."


def text_of_html(source: str) -> str:
    """The words of an HTML document, one line per block; scripts, styles and titles are dropped."""
    kept = nh3.clean(
        source[:LONGEST_HTML],
        tags=_BLOCKS,
        attributes={},
        clean_content_tags={"script", "style", "title"},
        link_rel=None,
    )
    lines = _BLOCK_TAG.sub("\n", " ".join(kept.split(" ")))
    return html.unescape(lines).replace("\u00a0", " ")


def _raw_header(message: Message, name: str) -> str:
    """The header as it stands in the message, even when the library cannot parse it."""
    for key, value in message.raw_items():
        if key.lower() == name:
            return str(value)
    return ""


def _header(message: EmailMessage, name: str) -> str:
    """The header as text: encoded words decoded, raw bytes recognised, lines unfolded."""
    raw = _raw_header(message, name)
    if not raw:
        return ""
    if any("\udc80" <= char <= "\udcff" for char in raw):
        text = _decoded(raw.encode("utf-8", "surrogateescape"), None)[0]
    else:
        try:
            text = str(message.get(name) or "")
        except Exception:  # The library's header parser raises many kinds on malformed headers.
            text = raw
    text = text.encode("utf-8", "replace").decode("utf-8")
    return clean(text.replace("\r", " ").replace("\n", " ")).strip()


def _language(message: EmailMessage | None, text: str) -> str:
    """The language of the words, as one of ours, or "": kana are Japanese, Han alone is taken for Chinese."""
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh-hans"
    declared = _header(message, "content-language").lower() if message is not None else ""
    return "en" if declared.startswith("en") else ""
