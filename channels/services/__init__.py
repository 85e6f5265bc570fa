"""Taking in what reaches us, and sending what we say."""

from __future__ import annotations

from channels.services.inbound import receive, receive_web_form
from channels.services.mail import ingest_email
from channels.services.message_ids import find_ours, message_id_of
from channels.services.outbound import send_message, send_queued
from channels.services.quarantine import discard, quarantine, release

__all__ = [
    "discard",
    "find_ours",
    "ingest_email",
    "message_id_of",
    "quarantine",
    "receive",
    "receive_web_form",
    "release",
    "send_message",
    "send_queued",
]
