"""Facts of customers."""

from __future__ import annotations

from dataclasses import dataclass

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class ContractChanged(Event):
    """A contract was added or changed: what was promised to its customer may differ now."""

    contract_id: int
    customer_id: int
