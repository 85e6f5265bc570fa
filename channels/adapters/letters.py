"""An e-mail as Django builds it, and what became of handing it over. Both e-mail adapters speak so."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formataddr, parseaddr
from smtplib import SMTPAuthenticationError, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from channels import http
from channels.adapters.base import Outcome, Outgoing, Refused, Retry, Sent


def compose(message: Outgoing, *, name: str, address: str, reply_to: str = "") -> EmailMessage:
    """The letter, in the name of the company, from the account's address, in its thread."""
    headers = {"Message-ID": message.message_id}
    if message.in_reply_to:
        chain = [*message.references] or [message.in_reply_to]
        headers |= {"In-Reply-To": message.in_reply_to, "References": " ".join(chain)}
    if message.is_automatic:
        headers |= {"Auto-Submitted": "auto-generated"}
    letter = EmailMessage(
        subject=message.subject,
        body=message.body,
        from_email=formataddr((name, parseaddr(address)[1])),
        to=[message.recipient],
        reply_to=[reply_to] if reply_to else None,
        headers=headers,
    )
    for file in message.files:
        letter.attach(file.name, file.content, file.content_type)
    return letter


def hand_over(letter: EmailMessage, connection: Callable[[], BaseEmailBackend] | None = None) -> Outcome:
    """Send by this connection (None: Django's own). A server's "not now" is tried again, its "no" is not."""
    try:
        letter.connection = connection() if connection else None
        letter.send()
    except SMTPRecipientsRefused as problem:
        code, words = next(iter(problem.recipients.values()), (550, b""))
        return _said(code, words)
    except SMTPAuthenticationError as problem:
        return Retry(reason=_words(problem.smtp_code, problem.smtp_error))
    except SMTPResponseException as problem:
        return _said(problem.smtp_code, problem.smtp_error)
    except (SMTPException, OSError) as problem:
        return Retry(reason=f"{type(problem).__name__}: {http.words_of(problem)}"[:500])
    except ValueError as problem:
        return Refused(reason=f"{type(problem).__name__}: {problem}"[:500])
    return Sent()


def _said(code: int, words: bytes | str) -> Outcome:
    return Retry(reason=_words(code, words)) if 400 <= code < 500 else Refused(reason=_words(code, words))


def _words(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {text}"[:500]
