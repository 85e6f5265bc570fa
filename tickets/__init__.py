"""Intake: what the customer needs, and by when.

Owns: Topic, Ticket, TicketMessage, BusinessCalendar, CalendarVersion, SlaPolicy, SlaItem, SlaClock,
SlaSegment, SlaTimer, Escalation, EscalationTimer. Publishes: TicketOpened, TicketChanged, TicketTriaged, TicketReplied,
TicketResolved, TicketReopened, TicketMerged, TicketUnmerged, TicketSplit, TicketWoke, TicketVisitsEnded,
MemberMentioned, SittingChanged, SlaWarned, SlaBreached, TicketAssigned, EscalationCalled, ClocksOutdated.
May call: customers, workforce, knowledge, channels, notices, accounts, journal, tenants, core.

The model app: every other app copies its shape.
"""
