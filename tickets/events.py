"""Facts of intake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketFact(Event):
    """Base of what happens to one ticket."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "ticket"

    ticket_id: int


@dataclass(frozen=True, kw_only=True)
class TicketOpened(TicketFact):
    """A customer's need was taken in."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class TicketChanged(TicketFact):
    """Owner, priority, state or another fact of the ticket changed."""


@dataclass(frozen=True, kw_only=True)
class TicketReplied(TicketFact):
    """A public message joined the conversation; `is_ours` says whose."""

    is_ours: bool


@dataclass(frozen=True, kw_only=True)
class TicketResolved(TicketFact):
    """The customer's problem was solved."""


@dataclass(frozen=True, kw_only=True)
class TicketReopened(TicketFact):
    """The problem came back."""


@dataclass(frozen=True, kw_only=True)
class SlaWarned(TicketFact):
    """A clock passed its warning share."""

    clock_id: int


@dataclass(frozen=True, kw_only=True)
class SlaBreached(TicketFact):
    """A clock passed its due time."""

    clock_id: int
