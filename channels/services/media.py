"""Files that a provider keeps for us until we fetch them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from channels import adapters
from channels.adapters.base import Media
from channels.email import ReadFile
from channels.models import InboundMessage
from channels.services.accounts import values_of
from channels.services.attachments import attach_received
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
    fetched = [adapter.fetch(values, Media(**facts)) for facts in message.facts.get("media", [])]
    files = [ReadFile(file.name, file.content_type, file.content) for file in fetched]
    return len(attach_received(message=message, files=files, actor=actor, at=at))
