"""Intake: what the customer needs, and by when.

Owns: Topic, Ticket, TicketMessage, SlaPolicy, SlaClock, SlaSegment, SlaTimer,
Escalation, EscalationTimer. Publishes: TicketOpened,
TicketChanged, TicketReplied, TicketResolved, TicketReopened, SlaWarned, SlaBreached, TicketAssigned,
EscalationCalled. May call: customers, workforce, knowledge, channels, notices, accounts, journal, tenants, core.

The model app: every other app copies its shape.
"""
