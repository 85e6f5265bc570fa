"""E-mail by the company's own mailbox: fetched by IMAP, sent by SMTP."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Collection, Mapping
from smtplib import SMTPAuthenticationError, SMTPException
from typing import Any

from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels import http
from channels.adapters import imap, oauth
from channels.adapters.base import Account, Adapter, Field, Group, NotWorking, Outcome, Outgoing, Retry
from channels.adapters.letters import compose, hand_over
from channels.enums import Channel

TIMEOUT_SECONDS = 20
_SECURITY = (
    ("tls", gettext_lazy("TLS")),
    ("starttls", "STARTTLS"),
    ("none", gettext_lazy("None: only inside one's own network")),
)
_READING = Group(
    gettext_lazy("Incoming mail"),
    gettext_lazy(
        "The mailbox is looked into every minute and left as it is: nothing is marked, moved or deleted."
    ),
)
_SENDING = Group(
    gettext_lazy("Outgoing mail"), gettext_lazy("Answers leave by this server, in the company's name.")
)


class MailboxAdapter(Adapter):
    """Without an IMAP server it only sends; without an SMTP server it sends as the installation does."""

    code = "mailbox"
    channel = Channel.EMAIL
    label = gettext_lazy("Mailbox (IMAP and SMTP)")
    address_label = gettext_lazy("E-mail address")
    polls = True
    has_hook = False
    address_hint = gettext_lazy("What customers write to, and what answers come from.")
    fields = (
        *oauth.FIELDS,
        Field(
            name="imap_host",
            label=gettext_lazy("IMAP server"),
            is_required=False,
            hint=gettext_lazy("Empty means: nothing is fetched."),
            group=_READING,
        ),
        Field(name="imap_port", label=gettext_lazy("IMAP port"), kind="number", default=993, group=_READING),
        Field(
            name="imap_security",
            label=gettext_lazy("IMAP encryption"),
            kind="choice",
            choices=_SECURITY,
            default="tls",
            group=_READING,
            beside=True,
        ),
        Field(name="imap_user", label=gettext_lazy("IMAP user"), is_required=False, group=_READING),
        Field(
            name="imap_password",
            label=gettext_lazy("IMAP password"),
            kind="secret",
            is_required=False,
            group=_READING,
            beside=True,
        ),
        Field(name="imap_folder", label=gettext_lazy("Folder"), default="INBOX", group=_READING),
        Field(
            name="smtp_host",
            label=gettext_lazy("SMTP server"),
            is_required=False,
            hint=gettext_lazy("Empty means: as this installation sends."),
            group=_SENDING,
        ),
        Field(name="smtp_port", label=gettext_lazy("SMTP port"), kind="number", default=465, group=_SENDING),
        Field(
            name="smtp_security",
            label=gettext_lazy("SMTP encryption"),
            kind="choice",
            choices=_SECURITY,
            default="tls",
            group=_SENDING,
            beside=True,
        ),
        Field(name="smtp_user", label=gettext_lazy("SMTP user"), is_required=False, group=_SENDING),
        Field(
            name="smtp_password",
            label=gettext_lazy("SMTP password"),
            kind="secret",
            is_required=False,
            group=_SENDING,
            beside=True,
        ),
    )

    def complaints(
        self, address: str, options: Mapping[str, Any], secrets: Collection[str] = ()
    ) -> dict[str, list[str]]:
        return oauth.complaints(options, secrets)

    def check(self, account: Account) -> str:
        found = []
        if account.option("imap_host"):
            with imap.opened(account):
                found.append(_("The mailbox can be read."))
        if account.option("smtp_host"):
            _try_smtp(account)
            found.append(_("The SMTP server lets us in."))
        return " ".join(found) or _("There is nothing to try: neither server is named.")

    def send(self, account: Account, message: Outgoing) -> Outcome:
        letter = compose(message, name=account.company, address=account.address)
        try:
            return hand_over(letter, (lambda: _smtp(account)) if account.option("smtp_host") else None)
        except NotWorking as problem:
            return Retry(reason=str(problem)[:500])


class _Wire(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return http.connect(host, port, timeout)


class _SecureWire(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = http.connect(host, port, timeout)
        return self.context.wrap_socket(opened, server_hostname=host)


class _Backend(EmailBackend):
    """Django's SMTP, through our own door; with `signs_in_as` by a token in place of a password."""

    signs_in_as: Account | None = None

    def open(self) -> bool | None:
        opened = super().open()
        if opened and self.signs_in_as is not None and self.connection is not None:
            try:
                _show_token(self.connection, self.signs_in_as)
            except Exception:
                self.close()
                raise
        return opened

    @property
    def connection_class(self) -> Any:
        return _SecureWire if self.use_ssl else _Wire


def _show_token(wire: smtplib.SMTP, account: Account) -> None:
    """Raises SMTPException when the server refuses also a fresh token, `NotWorking` without any."""
    refused: SMTPAuthenticationError | None = None
    wire.ehlo_or_helo_if_needed()
    for token in oauth.tokens(account):
        said = oauth.phrase(account, account.option("smtp_user"), token)
        try:
            # The empty answer to a challenge asks for the refusal, which is then raised.
            wire.auth("XOAUTH2", lambda challenge=None, said=said: "" if challenge else said)
        except SMTPAuthenticationError as problem:
            refused = problem
        else:
            return
    if refused is not None:
        raise refused


def _smtp(account: Account) -> EmailBackend:
    how, by_token = account.option("smtp_security") or "tls", oauth.is_used(account.options)
    backend = _Backend(
        host=account.option("smtp_host"),
        port=int(account.option("smtp_port") or 465),
        username="" if by_token else account.option("smtp_user"),
        password="" if by_token else account.secret("smtp_password"),
        use_ssl=how == "tls",
        use_tls=how == "starttls",
        timeout=TIMEOUT_SECONDS,
    )
    backend.signs_in_as = account if by_token else None
    return backend


def _try_smtp(account: Account) -> None:
    backend = _smtp(account)
    try:
        backend.open()
    except (SMTPException, OSError) as problem:
        words = _("The SMTP server does not let us in: %(why)s") % {"why": http.words_of(problem)}
        raise NotWorking(words) from problem
    finally:
        backend.close()
