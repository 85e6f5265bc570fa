"""Facts of notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class NoticeDelivered(Event):
    """A notice reached its person in the product, at once or when their own hours began."""

    topic: ClassVar[str] = "notice"

    notice_id: int
    membership_id: int


@dataclass(frozen=True, kw_only=True)
class NoticesRead(Event):
    """A person read notices: the bells of their other windows count fewer."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "notice"

    membership_id: int
