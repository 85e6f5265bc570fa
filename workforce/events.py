"""Facts of the workforce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class AvailabilityChanged(Event):
    """When an engineer can be sent has changed: the week, a break, an extra shift or an absence."""

    topic: ClassVar[str] = "work"

    engineer_id: int
