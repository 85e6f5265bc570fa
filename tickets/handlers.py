"""What tickets do when something happened."""

from __future__ import annotations

from channels.events import MessageReceived
from core.clock import now
from journal.registry import on
from tickets import services
from tickets.services.intake import INTAKE


@on(MessageReceived)
def on_message_received(event: MessageReceived) -> None:
    """Make a ticket of it, or add it to the one it answers, unless that is done."""
    services.take_in(message_id=event.message_id, actor=INTAKE, at=now())
