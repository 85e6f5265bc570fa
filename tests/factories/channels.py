"""Raw e-mails for tests."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime

from tests.cast import AT


def make_email(
    *,
    sender: str = "Mari Aoki <mari@aoki.example>",
    subject: str = "The copier jams",
    body: str = "Every day on 3F.",
    message_id: str = "<one@aoki.example>",
    in_reply_to: str = "",
    **headers: str,
) -> bytes:
    """One raw message; keyword `auto_submitted="auto-replied"` becomes the header Auto-Submitted."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "service@acme.example"
    message["Subject"] = subject
    message["Date"] = format_datetime(AT)
    message["Message-ID"] = message_id
    if in_reply_to:
        message["In-Reply-To"] = in_reply_to
    for name, value in headers.items():
        message[name.replace("_", "-").title()] = value
    message.set_content(body)
    return message.as_bytes()
