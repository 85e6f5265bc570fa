"""Facts of intake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketFact(Event):
    """Base of what happens to one ticket."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "ticket"

    ticket_id: int


def ticket_ids(events: Iterable[TicketFact]) -> list[int]:
    """The tickets that these facts are about, each once, in their order."""
    return list(dict.fromkeys(event.ticket_id for event in events))


@dataclass(frozen=True, kw_only=True)
class TicketOpened(TicketFact):
    """A customer's need was taken in."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class TicketChanged(TicketFact):
    """Owner, priority, state or another fact of the ticket changed."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class TicketTriaged(TicketFact):
    """Somebody said what an active ticket is about, or where: it has a topic and a site now."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class TicketReplied(TicketFact):
    """A public message joined the conversation; `is_ours` says whose."""

    outbound_only: ClassVar[bool] = False

    is_ours: bool


@dataclass(frozen=True, kw_only=True)
class TicketResolved(TicketFact):
    """The customer's problem was solved."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class TicketReopened(TicketFact):
    """The problem came back."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class SlaWarned(TicketFact):
    """A clock passed its warning share."""

    outbound_only: ClassVar[bool] = False

    clock_id: int


@dataclass(frozen=True, kw_only=True)
class SlaBreached(TicketFact):
    """A clock passed its due time."""

    outbound_only: ClassVar[bool] = False

    clock_id: int


@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketFact):
    """The conversation of `source_id` goes on in this ticket."""

    outbound_only: ClassVar[bool] = False

    source_id: int


@dataclass(frozen=True, kw_only=True)
class TicketUnmerged(TicketFact):
    """This ticket stands for itself again; `target_id` was its target."""

    outbound_only: ClassVar[bool] = False

    target_id: int


@dataclass(frozen=True, kw_only=True)
class TicketSplit(TicketFact):
    """Some messages of `source_id` became this ticket."""

    source_id: int


@dataclass(frozen=True, kw_only=True)
class TicketWoke(TicketFact):
    """The time to look at a waiting ticket again has come."""


@dataclass(frozen=True, kw_only=True)
class TicketVisitsEnded(TicketFact):
    """No visit of the ticket is to come any more: it is resolved, or on the desk again. `is_done`: all its work is;
    `reason`: its work orders with their states, in the company's language."""

    outbound_only: ClassVar[bool] = False

    is_done: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberMentioned(TicketFact):
    """A note names somebody of the tenant."""

    outbound_only: ClassVar[bool] = False

    message_id: int
    membership_id: int


@dataclass(frozen=True, kw_only=True)
class SittingChanged(TicketFact):
    """Somebody opened a ticket, began or stopped writing."""

    topic: ClassVar[str] = "presence"


@dataclass(frozen=True, kw_only=True)
class ClocksOutdated(Event):
    """A policy or calendar changed, and clocks of tickets after `after_id` still wait to be replayed."""

    reason: str
    calendar_id: int | None
    customer_id: int | None
    after_id: int
    actor_label: str


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(TicketFact):
    """The ticket has another owner, by somebody else's act. `is_urgent` when it cannot wait for the morning."""

    outbound_only: ClassVar[bool] = False

    membership_id: int
    by_id: int | None = None
    by_label: str = ""
    is_urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class EscalationCalled(TicketFact):
    """An escalation calls for the rules that listen to `word`."""

    clock_id: int
    escalation_id: int
    word: str
