"""Fetching a mailbox by IMAP, leaving it as it is: nothing is marked, moved or deleted."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from channels import http
from channels.adapters import oauth
from channels.adapters.base import Account, NotWorking

TIMEOUT_SECONDS = 20.0
LARGEST_BYTES = 40 * 1024 * 1024
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class TooLarge(Exception):
    """The message is longer than is taken in; only its headers were fetched, which it carries."""

    def __init__(self, head: bytes, size: int) -> None:
        super().__init__(size)
        self.head, self.size = head, size


class _Capped:
    """A server that announces more than a message may have is not listened to."""

    def read(self, size: int) -> bytes:
        if size > LARGEST_BYTES + 1024:
            raise imaplib.IMAP4.abort("the server sends too much")
        return super().read(size)  # type: ignore[misc, no-any-return]


class _Plain(_Capped, imaplib.IMAP4):
    def _create_socket(self, timeout: float | None) -> socket.socket:
        return http.connect(self.host, self.port, timeout or TIMEOUT_SECONDS)


class _Secure(_Capped, imaplib.IMAP4_SSL):
    def _create_socket(self, timeout: float | None) -> socket.socket:
        opened = http.connect(self.host, self.port, timeout or TIMEOUT_SECONDS)
        secure: socket.socket = self.ssl_context.wrap_socket(opened, server_hostname=self.host)
        return secure


class Mailbox:
    """An opened folder. `validity` changes when the server gave its messages new UIDs."""

    def __init__(self, wire: imaplib.IMAP4, folder: str) -> None:
        self._wire = wire
        escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
        _expect(wire.select(f'"{escaped}"', readonly=True))
        found = wire.response("UIDVALIDITY")[1]
        self.validity = int(found[0]) if found and found[0] else 0

    def waiting(self, *, after: int, since: date) -> list[int]:
        """UIDs above `after` of messages that came on or after a day, in the order in which they came."""
        day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        found = _expect(self._wire.uid("SEARCH", f"UID {after + 1}:*", "SINCE", day))
        uids = sorted(int(uid) for uid in (found[0] or b"").split())
        # "n:*" always names the last message, also when it is below n.
        return [uid for uid in uids if uid > after]

    def fetch(self, uid: int) -> bytes | None:
        """The raw message; None when it is gone. Raises `TooLarge`."""
        told = _expect(self._wire.uid("FETCH", str(uid), "(RFC822.SIZE)"))
        size = _SIZE.search(b" ".join(_flat(told)))
        if size is None:
            return None
        if int(size[1]) > LARGEST_BYTES:
            raise TooLarge(self._part(uid, "BODY.PEEK[HEADER]") or b"", int(size[1]))
        return self._part(uid, "BODY.PEEK[]")

    def _part(self, uid: int, what: str) -> bytes | None:
        told = _expect(self._wire.uid("FETCH", str(uid), f"({what})"))
        return next((bytes(part[1]) for part in told if isinstance(part, tuple)), None)


@contextmanager
def opened(account: Account) -> Iterator[Mailbox]:
    """The account's folder, read-only, for a while. Raises `NotWorking` when it cannot be reached or read."""
    try:
        wire = _connect(account)
    except (imaplib.IMAP4.error, OSError, ValueError) as problem:
        raise NotWorking(_("The mailbox cannot be reached: %(why)s") % {"why": _words(problem)}) from problem
    try:
        _sign_in(wire, account)
        yield Mailbox(wire, account.option("imap_folder") or "INBOX")
    except (imaplib.IMAP4.error, OSError, ValueError) as problem:
        raise NotWorking(_("The mailbox cannot be read: %(why)s") % {"why": _words(problem)}) from problem
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            wire.logout()


def _connect(account: Account) -> imaplib.IMAP4:
    host, port = account.option("imap_host"), int(account.option("imap_port") or 993)
    how = account.option("imap_security") or "tls"
    if how == "tls":
        return _Secure(host, port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_SECONDS)
    wire = _Plain(host, port, timeout=TIMEOUT_SECONDS)
    if how == "starttls":
        wire.starttls(ssl.create_default_context())
    return wire


def _sign_in(wire: imaplib.IMAP4, account: Account) -> None:
    """Raises IMAP4.error when the server refuses, also a fresh token; `NotWorking` when there is no token."""
    if not oauth.is_used(account.options):
        _expect(wire.login(account.option("imap_user"), account.secret("imap_password")))
        return
    refused: imaplib.IMAP4.error | None = None
    for token in oauth.tokens(account):
        said = oauth.phrase(account, account.option("imap_user"), token).encode()
        try:
            wire.authenticate("XOAUTH2", _saying(said))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as problem:
            refused = problem
        else:
            return
    if refused is not None:
        raise refused


def _saying(said: bytes) -> Callable[[bytes], bytes]:
    """The empty answer to a challenge asks for the refusal, which imaplib then raises."""
    return lambda challenge: b"" if challenge else said


def _expect(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(b" ".join(_flat(answer[1])).decode("utf-8", "replace") or answer[0])
    return answer[1]


def _flat(parts: list[Any]) -> Iterator[bytes]:
    for part in parts:
        yield from (p for p in (part if isinstance(part, tuple) else (part,)) if isinstance(p, bytes))


def _words(problem: BaseException) -> str:
    text = problem.args[0] if problem.args else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else http.words_of(problem)
