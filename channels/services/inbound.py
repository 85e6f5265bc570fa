"""Storing what reaches us before anybody reads it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from channels.enums import Channel, InboundStatus
from channels.events import MessageReceived
from channels.models import InboundMessage
from journal import services as journal
from tenants.actors import Actor


@transaction.atomic(savepoint=False)
def receive(
    *,
    channel: str,
    external_id: str,
    raw: bytes,
    received_at: datetime,
    actor: Actor,
    **facts: Any,
) -> tuple[InboundMessage, bool]:
    """Store what came before anybody reads it; one channel message enters once.

    Returns the message and whether it is new. `facts` are columns of InboundMessage or go into its `facts`.
    """
    columns = {n for f in InboundMessage._meta.fields for n in (f.name, f.attname)} & set(facts)
    values = {name: facts.pop(name) for name in columns}
    once = {"channel": channel, "external_id": external_id[:300]}
    try:
        with transaction.atomic():
            message = InboundMessage.objects.create(
                **once, raw=raw, received_at=received_at, facts=facts, **values
            )
    except IntegrityError:  # Nearly all are new: asking first would cost every one of them a query.
        known = InboundMessage.objects.filter(**once).first()
        if known is None:
            raise
        return known, False
    journal.record(actor=actor, verb="received", thing=message, at=received_at)
    return message, True


@transaction.atomic
def receive_web_form(
    *,
    key: str,
    name: str,
    email: str,
    phone: str,
    subject: str,
    body: str,
    language: str,
    at: datetime,
    actor: Actor,
    facts: dict[str, Any] | None = None,
) -> tuple[InboundMessage, bool]:
    """Take in a public request form; `key` makes a repeated click the same request."""
    fields = {"name": name, "email": email, "phone": phone, "subject": subject, "body": body}
    raw = json.dumps({**fields, "language": language, **(facts or {})}, ensure_ascii=False).encode()
    message, created = receive(
        channel=Channel.WEB,
        external_id=key,
        raw=raw,
        received_at=at,
        actor=actor,
        status=InboundStatus.READ,
        sender_name=name[:200],
        sender_address=email[:254],
        sender_phone=phone[:40],
        subject=subject[:300],
        body=body,
        language=language,
        **{"kind": "message", **(facts or {})},
    )
    if created:
        journal.publish(MessageReceived(message_id=message.pk))
    return message, created
