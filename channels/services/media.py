"""Files and names that a provider keeps until we ask: claimed as rows, asked for outside any transaction."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import connection
from django.db.models.functions import Now
from django.utils import translation

from channels import adapters, rules, vault
from channels.adapters.base import Account, Adapter, File, Media, NotWorking
from channels.email import ReadFile
from channels.events import MessageReceived
from channels.models import InboundMessage
from channels.services.accounts import locked_words, values_of
from channels.services.attachments import attach_received, note_missing
from core.clock import now
from core.text import clean
from journal import services as journal
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)
LEASE = "10 minutes"
LONGEST_SECONDS = 30
FETCHER = Actor.system("webhook")


def fetch_due(*, limit: int = 50) -> int:
    """Fetch the files and names that are due, of every tenant, for half a minute. Returns of how many messages.

    Safe in any number of processes: one message of an account is claimed at a time, so that a provider that
    hangs holds one process. What it does not give is asked for again, and told as missing in the end.
    """
    looked, until = 0, time.monotonic() + LONGEST_SECONDS
    while looked < limit and time.monotonic() < until and (claimed := _claim()):
        looked += 1
        try:
            _fetch_claimed(*claimed)
        except Exception:  # One message must not stop the others: its lease ends, and it is asked for again.
            log.exception("fetching files failed", extra={"message_id": claimed[1]})
    return looked


def _claim() -> tuple[int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, id FROM claim_files(%s, %s)", [1, LEASE])
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else None


def _fetch_claimed(tenant_id: int, message_id: int) -> None:
    with tenant_active(tenant_id):
        message = InboundMessage.objects.select_related("account").defer("raw").get(pk=message_id)
        wanted = [Media(**facts) for facts in message.facts.get("media", [])]
        adapter = adapters.find_adapter(message.account.adapter) if message.account else None
        try:
            values = values_of(message.account) if message.account and adapter else None
        except vault.Locked:
            values = None
        language = current_tenant().language
    if message.facts.get("is_unnamed"):
        name = _ask_name(adapter, values, message) if adapter and values else ""
        with tenant_active(tenant_id):
            _name(message_id, name)
    with tenant_active(tenant_id):
        if not wanted or adapter is None or message.attachments.exists():
            _finish(message_id)
            return
        if values is None:
            _fail(message, wanted, locked_words(), now())
            return
    try:
        with translation.override(language):
            files = _fetch(adapter, values, wanted)
    except NotWorking as refusal:
        with tenant_active(tenant_id):
            _fail(message, wanted, str(refusal), now())
        return
    read = [ReadFile(file.name, file.content_type, file.content) for file in files]
    with tenant_active(tenant_id):
        kept = InboundMessage.objects.select_for_update().defer("raw").get(pk=message_id)
        if not kept.attachments.exists():
            attach_received(message=kept, files=read, actor=FETCHER, at=now())
        _finish(message_id)


def _ask_name(adapter: Adapter, values: Account, message: InboundMessage) -> str:
    try:
        return adapter.name_of(values, message.sender_address)
    except Exception:  # Whatever the provider answers, the message goes on.
        log.exception("a name could not be read", extra={"message_id": message.pk})
        return ""


def _name(message_id: int, name: str) -> None:
    """Let a message go on that waited for its sender's name, whether it got one or not."""
    message = InboundMessage.objects.select_for_update().defer("raw").get(pk=message_id)
    if message.facts.pop("is_unnamed", False):
        message.sender_name = clean(name)[:200]
        message.save(update_fields=["sender_name", "facts"])
        journal.publish(MessageReceived(message_id=message_id))


def _fetch(adapter: Adapter, values: Account, wanted: list[Media]) -> list[File]:
    return [adapter.fetch(values, media) for media in wanted]


def _finish(message_id: int) -> None:
    InboundMessage.objects.filter(pk=message_id).update(files_due_at=None, files_claimed_at=None)


def _fail(message: InboundMessage, wanted: list[Media], why: str, at: datetime) -> None:
    """Ask again later, on the database's clock; after too many tries the files are told as missing."""
    log.warning("files were not given", extra={"message_id": message.pk, "why": why})
    if rules.is_hopeless(message.files_tries):
        files = [ReadFile(media.name, media.content_type, b"") for media in wanted]
        note_missing(message=message, files=files, actor=FETCHER, at=at)
        _finish(message.pk)
        return
    pause = timedelta(seconds=rules.pause_seconds(message.files_tries))
    InboundMessage.objects.filter(pk=message.pk).update(files_due_at=Now() + pause, files_claimed_at=None)
