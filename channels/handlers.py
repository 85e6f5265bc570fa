"""What channels do when something happened."""

from __future__ import annotations

from channels import services
from channels.events import MessageQueued
from core.clock import now
from journal.registry import on
from tenants.actors import Actor


@on(MessageQueued)
def on_message_queued(event: MessageQueued) -> None:
    """Send it."""
    services.send_queued(message_id=event.message_id, at=now(), actor=Actor.system("mail"))
