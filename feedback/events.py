"""Facts of evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class ResponseRecorded(Event):
    """A customer rated a visit."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "response"

    response_id: int
    visit_id: int
