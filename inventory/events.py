"""Facts of supply."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class StockMoved(Event):
    """A stock level changed."""

    topic: ClassVar[str] = "stock"

    part_id: int
    location_id: int
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class StockRanLow(Event):
    """A stock level fell below its minimum."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "stock"

    part_id: int
    location_id: int
