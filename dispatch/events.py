"""Facts of scheduling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class WorkOrderCreated(Event):
    """Work waits to be planned."""

    topic: ClassVar[str] = "work"

    work_order_id: int


@dataclass(frozen=True, kw_only=True)
class VisitFact(Event):
    """Base of what happens to one visit. `visit_id`, its work order and its engineer."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "visit"

    visit_id: int
    work_order_id: int
    engineer_id: int


@dataclass(frozen=True, kw_only=True)
class VisitScheduled(VisitFact):
    """Somebody, at some time, was chosen."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class VisitMoved(VisitFact):
    """The engineer or the time of a visit changed; `from_engineer_id` and `from_start_at` are what they were."""

    outbound_only: ClassVar[bool] = False

    from_engineer_id: int = 0
    from_start_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class VisitLocked(VisitFact):
    """The customer confirmed a visit, or somebody said how firmly it is promised."""


@dataclass(frozen=True, kw_only=True)
class VisitSent(VisitFact):
    """The engineer was told."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class VisitProgressed(VisitFact):
    """The engineer accepted, left, arrived, paused or went on: `status` is the new state."""

    outbound_only: ClassVar[bool] = False

    status: str


@dataclass(frozen=True, kw_only=True)
class VisitCancelled(VisitFact):
    """The visit will not take place."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class VisitCompleted(VisitFact):
    """The work was done."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class ConsentFact(Event):
    """Base of what happens to the question whether a confirmed visit may move."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "consent"

    consent_id: int
    visit_id: int
    work_order_id: int


@dataclass(frozen=True, kw_only=True)
class ConsentAsked(ConsentFact):
    """A customer is to be asked whether their visit may move."""

    outbound_only: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class ConsentClosed(ConsentFact):
    """The customer answered, did not in time, or need not any more: `status` says which."""

    status: str


@dataclass(frozen=True, kw_only=True)
class OfferFact(Event):
    """Base of what happens to one offer. `engineer_id` and `provider_id` are 0 where there is none."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "offer"

    offer_id: int
    work_order_id: int
    engineer_id: int
    provider_id: int


@dataclass(frozen=True, kw_only=True)
class OfferMade(OfferFact):
    """Work was offered to somebody."""


@dataclass(frozen=True, kw_only=True)
class OfferClosed(OfferFact):
    """An offer was accepted, declined, ran out or was taken back: `status` says which."""

    status: str
