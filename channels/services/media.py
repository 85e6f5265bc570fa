"""Files that a provider keeps for us until we fetch them."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction

from channels import adapters
from channels.adapters.base import File, Media
from channels.models import Attachment, InboundMessage
from channels.services.accounts import values_of
from core.text import clean
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic
def fetch_media(*, message_id: int, actor: Actor, at: datetime) -> int:
    """Fetch what came with a message from its provider, once. Returns how many files it has then.

    Raises `NotWorking` when the provider does not give them (yet): it is asked again later.
    """
    message = (
        InboundMessage.objects.select_for_update(of=("self",)).select_related("account").get(pk=message_id)
    )
    kept = message.attachments.count()
    adapter = adapters.find_adapter(message.account.adapter) if message.account else None
    if kept or message.account is None or adapter is None:
        return kept
    values = values_of(message.account)
    for facts in message.facts.get("media", []):
        _keep(message, adapter.fetch(values, Media(**facts)), at)
        kept += 1
    journal.record(actor=actor, verb="received", thing=message, at=at, changes={"files": kept})
    return kept


def _keep(message: InboundMessage, file: File, at: datetime) -> None:
    digest = hashlib.sha256(file.content).hexdigest()
    kept = Attachment(
        inbound=message,
        name=clean(file.name)[:200],
        content_type=file.content_type[:100],
        size=len(file.content),
        sha256=digest,
        created_at=at,
    )
    kept.file.save(digest, ContentFile(file.content), save=True)
