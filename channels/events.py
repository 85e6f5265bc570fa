"""Facts of channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageReceived(Event):
    """A message was read and waits to become, or join, a ticket."""

    topic: ClassVar[str] = "inbox"

    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessageQueued(Event):
    """A message of ours waits to be sent."""

    message_id: int


@dataclass(frozen=True, kw_only=True)
class CallReceived(Event):
    """A provider called our webhook; what it holds waits to be read."""

    message_id: int


@dataclass(frozen=True, kw_only=True)
class MediaAnnounced(Event):
    """A message came with files that the provider keeps for us to fetch, or without its sender's name."""

    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessageReturned(Event):
    """A message of ours came back: it did not reach whom it was for."""

    message_id: int
