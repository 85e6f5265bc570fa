"""Topic, Ticket and its conversation, the desk's own things, and the SLA clock's ledger."""

from __future__ import annotations

from tickets.models.codes import AssetCode
from tickets.models.desk import CannedReply, Draft, SavedView, Sitting
from tickets.models.escalations import Escalation, EscalationTimer
from tickets.models.sla import (
    BusinessCalendar,
    CalendarVersion,
    SlaClock,
    SlaItem,
    SlaPolicy,
    SlaSegment,
    SlaTimer,
)
from tickets.models.tickets import SubState, Ticket, TicketMessage, Topic

__all__ = [
    "AssetCode",
    "BusinessCalendar",
    "CalendarVersion",
    "CannedReply",
    "Draft",
    "Escalation",
    "EscalationTimer",
    "SavedView",
    "Sitting",
    "SlaClock",
    "SlaItem",
    "SlaPolicy",
    "SlaSegment",
    "SlaTimer",
    "SubState",
    "Ticket",
    "TicketMessage",
    "Topic",
]
