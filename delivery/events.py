"""Facts of the work on site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class EvidenceRecorded(Event):
    """Something was added to a visit: `kind` is answer, photo, part or signature."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "visit"

    visit_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class DelayReported(Event):
    """The engineer will be late by so many minutes."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "visit"

    visit_id: int
    minutes: int
