"""Every read of tickets that more than one caller needs."""

from __future__ import annotations

from tickets.queries.clocks import (
    ClockView,
    Line,
    clocks_of,
    explain,
    next_clock,
    policies,
    reading_of,
    segments_of,
)
from tickets.queries.tickets import (
    INBOX_VIEWS,
    conversation_of,
    find_least_busy_member,
    find_ticket_of_inbound,
    find_topic,
    get_ticket,
    inbox,
    inbox_counts,
    latest_tickets_of,
    search_tickets,
    searched,
    ticket_for_update,
    tickets,
    tickets_of_customer,
    topics,
)

__all__ = [
    "INBOX_VIEWS",
    "ClockView",
    "Line",
    "clocks_of",
    "conversation_of",
    "explain",
    "find_least_busy_member",
    "find_ticket_of_inbound",
    "find_topic",
    "get_ticket",
    "inbox",
    "inbox_counts",
    "latest_tickets_of",
    "next_clock",
    "policies",
    "reading_of",
    "search_tickets",
    "searched",
    "segments_of",
    "ticket_for_update",
    "tickets",
    "tickets_of_customer",
    "topics",
]
