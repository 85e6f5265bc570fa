"""What a mail server says of a message of ours that it could not deliver (RFC 3464)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

from channels import mime

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_DELAYED = re.compile(
    r"delayed|delay notification|will (?:continue|keep) (?:trying|to try)|still being retried"
    r"|warning message only|temporar(?:y|ily)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Report:
    """`is_final` is False when the server goes on trying. `status` is an enhanced code such as "5.1.1"."""

    is_final: bool = True
    status: str = ""
    recipient: str = ""
    diagnostic: str = ""


def read_report(raw: bytes) -> Report:
    """Read a bounce. Never raises: what is not said stays empty, and the message counts as returned."""
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(mime.unwrapped(raw))
        return _read(message)
    except Exception:  # Mail servers write what they like.
        return Report()


def _read(message: Message) -> Report:
    fields: dict[str, str] = {}
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload() if isinstance(part.get_payload(), list) else []:
                if isinstance(block, Message):
                    fields |= {name.lower(): " ".join(str(value).split()) for name, value in block.items()}
    if fields:
        action = fields.get("action", "failed").lower()
        status = _STATUS.search(fields.get("status", ""))
        recipient = fields.get("final-recipient", fields.get("original-recipient", ""))
        return Report(
            is_final=action not in {"delayed", "delivered", "relayed", "expanded"},
            status=status[1] if status else "",
            recipient=recipient.rpartition(";")[2].strip()[:254],
            diagnostic=mime.tidy_header(fields.get("diagnostic-code", "").rpartition(";")[2])[:300],
        )
    words = mime.header(message, "subject")
    text = next((mime.text_of(part, []) for part in mime.leaves(message)), "")[:4000]
    status = _STATUS.search(text)
    is_final = not (_DELAYED.search(words) or (status and status[1].startswith("4")))
    recipient = mime.header(message, "x-failed-recipients").split(",")[0].strip()
    return Report(is_final, status[1] if status else "", recipient[:254])
