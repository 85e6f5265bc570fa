"""Facts of settlement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class ChargesPriced(Event):
    """The charges of a finished visit stand; the clerk may issue."""

    outbound_only: ClassVar[bool] = True
    topic: ClassVar[str] = "settlement"

    work_order_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice left the house."""

    topic: ClassVar[str] = "settlement"
    outbound_only: ClassVar[bool] = True

    invoice_id: int
    work_order_id: int


@dataclass(frozen=True, kw_only=True)
class InvoicePaid(Event):
    """An invoice was paid in full."""

    topic: ClassVar[str] = "settlement"
    outbound_only: ClassVar[bool] = True

    invoice_id: int
    work_order_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentTakenBack(Event):
    """A payment was entered wrongly; its invoice is open again by that much."""

    topic: ClassVar[str] = "settlement"
    outbound_only: ClassVar[bool] = True

    invoice_id: int
    work_order_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceReversed(Event):
    """An invoice was taken back; its work order can be invoiced anew."""

    topic: ClassVar[str] = "settlement"
    outbound_only: ClassVar[bool] = True

    invoice_id: int
    work_order_id: int
