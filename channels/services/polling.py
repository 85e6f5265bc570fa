"""Fetching mailboxes: claimed as rows, each message stored in a transaction of its own."""

from __future__ import annotations

import hashlib
import logging
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from channels import adapters, vault
from channels.adapters import imap
from channels.adapters.base import Account, NotWorking
from channels.enums import InboundProblem
from channels.models import ChannelAccount
from channels.services.accounts import locked_words, values_of
from channels.services.inbound import receive
from channels.services.mail import ingest_email
from channels.services.quarantine import quarantine
from core.clock import now
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)
LEASE, PAUSE = "5 minutes", "60 seconds"
LONGEST_SECONDS = 120
MOST_TRIES = 3
"""A message at which the connection broke so often is left aside, so that it does not keep the rest out."""
POSTMAN = Actor.system("mailbox")


def poll_due(*, limit: int = 50) -> int:
    """Fetch the mailboxes that are due, of every tenant. Returns how many were looked into."""
    looked = 0
    while looked < limit and (claimed := _claim()):
        tenant_id, account_id = claimed
        looked += 1
        try:
            _poll(tenant_id, account_id)
        except (
            Exception
        ):  # One mailbox must not stop the others: its lease ends, and it is looked into again.
            log.exception("polling failed", extra={"account_id": account_id})
    return looked


def _claim() -> tuple[int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM claim_polls(%s, %s, %s, %s)",
            [list(adapters.POLLED), 1, LEASE, PAUSE],
        )
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else None


def _poll(tenant_id: int, account_id: int) -> None:
    with tenant_active(tenant_id):
        account = ChannelAccount.objects.get(pk=account_id)
        try:
            values, language = values_of(account), current_tenant().language
        except vault.Locked:
            _finish(account_id, locked_words())
            return
    problem = ""
    if values.option("imap_host"):
        try:
            with translation.override(language):
                _fetch_all(account, values)
        except NotWorking as refusal:
            problem = str(refusal)
    with tenant_active(tenant_id):
        _finish(account_id, problem)


def _fetch_all(account: ChannelAccount, values: Account) -> None:
    """Fetch what is new since the cursor; the cursor moves with each message, in its transaction."""
    since = (account.created_at - timedelta(days=1)).date()
    until = time.monotonic() + LONGEST_SECONDS
    with imap.opened(values) as box:
        cursor = dict(account.cursor)
        if cursor.get("validity") != box.validity:
            cursor = {"validity": box.validity, "uid": 0}
        for uid in box.waiting(after=int(cursor["uid"]), since=since):
            if time.monotonic() > until:
                return
            cursor = _begin(values, cursor, uid)
            if cursor["tries"] <= MOST_TRIES:
                _take(values, box, uid)
            else:
                _give_up(values, cursor, uid)
            cursor = {"validity": box.validity, "uid": uid}
            _keep(values, cursor)


def _begin(values: Account, cursor: dict[str, Any], uid: int) -> dict[str, Any]:
    """Note that this message is being fetched: should everything break at it, the next poll knows."""
    tries = int(cursor.get("tries", 0)) + 1 if cursor.get("at") == uid else 1
    started = {"validity": cursor["validity"], "uid": cursor["uid"], "at": uid, "tries": tries}
    _keep(values, started)
    return started


def _keep(values: Account, cursor: dict[str, Any]) -> None:
    with tenant_active(values.tenant_id):
        ChannelAccount.objects.filter(pk=values.id).update(cursor=cursor)


def _take(values: Account, box: imap.Mailbox, uid: int) -> None:
    try:
        raw = box.fetch(uid)
    except imap.TooLarge as found:
        reason = _("It has %(size)s bytes: more than is fetched. Only its headers are here.") % {
            "size": found.size
        }
        _set_aside(values, f"{box.validity}.{uid}", found.head, reason)
        return
    if raw is not None:
        take_in(values, raw)


def take_in(values: Account, raw: bytes) -> None:
    """Store one fetched message; one that cannot even be read is stored in quarantine."""
    try:
        with tenant_active(values.tenant_id):
            ingest_email(raw=raw, at=now(), actor=POSTMAN, account_id=values.id)
    except Exception as problem:  # A poison message must not keep the rest out, and is not lost.
        log.exception("a fetched message could not be read", extra={"account_id": values.id})
        digest = hashlib.sha256(raw).hexdigest()
        _set_aside(values, digest, raw, f"{type(problem).__name__}: {problem}"[:500])


def _give_up(values: Account, cursor: dict[str, Any], uid: int) -> None:
    reason = _("The server broke off %(count)s times at this message. It is still in the mailbox.") % {
        "count": MOST_TRIES
    }
    _set_aside(values, f"{cursor['validity']}.{uid}", b"", reason)


def _set_aside(values: Account, number: str, raw: bytes, reason: str) -> None:
    with tenant_active(values.tenant_id):
        message, is_new = receive(
            channel="email",
            external_id=f"mailbox:{values.id}:{number}",
            raw=raw,
            received_at=now(),
            actor=POSTMAN,
            account_id=values.id,
        )
        if is_new:
            quarantine(
                message_id=message.pk,
                problem=InboundProblem.UNREADABLE,
                reason=reason,
                actor=POSTMAN,
                at=now(),
            )


def _finish(account_id: int, problem: str) -> None:
    """Let go of the mailbox until it is due again; what is wrong is shown on the account."""
    ChannelAccount.objects.filter(pk=account_id).update(
        leased_until=None, checked_at=Now(), problem=problem[:1000]
    )
