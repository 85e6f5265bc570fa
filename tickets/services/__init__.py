"""What may be done to tickets: one function per use case."""

from __future__ import annotations

from tickets.services.bulk import NewTicket, open_tickets_in_bulk
from tickets.services.clocks import fire_due_timers, stop_clock
from tickets.services.conversation import (
    add_message,
    receive_reply,
    reply_to_ticket,
)
from tickets.services.intake import (
    Intake,
    discard_quarantined,
    open_quarantined,
    take_in,
    take_in_email,
    take_in_web_form,
)
from tickets.services.opening import open_ticket
from tickets.services.policies import create_policy, create_topic
from tickets.services.progress import (
    assign_owner,
    close_ticket,
    continue_ticket,
    mark_spam,
    reopen_ticket,
    resolve_ticket,
    take_ticket,
    triage_ticket,
    wait_ticket,
)

__all__ = [
    "Intake",
    "NewTicket",
    "add_message",
    "assign_owner",
    "close_ticket",
    "continue_ticket",
    "create_policy",
    "create_topic",
    "discard_quarantined",
    "fire_due_timers",
    "mark_spam",
    "open_quarantined",
    "open_ticket",
    "open_tickets_in_bulk",
    "receive_reply",
    "reopen_ticket",
    "reply_to_ticket",
    "resolve_ticket",
    "stop_clock",
    "take_in",
    "take_in_email",
    "take_in_web_form",
    "take_ticket",
    "triage_ticket",
    "wait_ticket",
]
