"""Intake: what the customer needs, and by when.

Owns: Topic, Ticket, TicketMessage, SlaPolicy, SlaClock, SlaSegment, SlaTimer. Publishes: TicketOpened,
TicketChanged, TicketReplied, TicketResolved, TicketReopened, SlaWarned, SlaBreached. May call: customers,
workforce, knowledge, channels, accounts, journal, tenants, core.

The model app: every other app copies its shape.
"""
