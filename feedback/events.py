"""Facts of evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class ResponseRecorded(Event):
    """A customer rated a visit, or changed the score."""

    topic: ClassVar[str] = "response"

    response_id: int
    visit_id: int


@dataclass(frozen=True, kw_only=True)
class RecoveryOpened(Event):
    """A customer must be called: a low score, or the wish for a call."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "response"

    recovery_id: int
    response_id: int


@dataclass(frozen=True, kw_only=True)
class RecoveryFinished(Event):
    """The follow-up came to an outcome."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "response"

    recovery_id: int
    response_id: int
