"""Codes of triage, and how far a request is, as sentences."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.formats import local_date
from tickets.enums import SegmentReason, TicketStatus, WaitingFor
from tickets.likeness import Alike
from tickets.models import Ticket


def progress_of(ticket: Ticket, at: datetime) -> str:
    """How far a request is, in one sentence for whoever asked."""
    if ticket.status in (TicketStatus.RESOLVED, TicketStatus.CLOSED):
        return _("It is done. Write or call if anything is left.")
    if ticket.status == TicketStatus.WAITING:
        if ticket.waiting_for == WaitingFor.VISIT and ticket.visit_at is not None and ticket.visit_at > at:
            return _("Somebody comes on %(day)s.") % {"day": local_date(ticket.visit_at)}
        return {
            WaitingFor.CUSTOMER: _("We asked you something and wait for your answer."),
            WaitingFor.PARTS: _("We wait for parts."),
            WaitingFor.PROVIDER: _("A partner company works on it."),
            WaitingFor.VISIT: _("Our engineer works on it."),
        }[WaitingFor(ticket.waiting_for)]
    if ticket.owner_id is None:
        return _("We have it. Somebody looks at it soon.")
    return _("We are working on it.")


def words_of_reason(reason: str) -> str:
    """A segment's reason in words. One that names a ticket ("carried:T-17") says so; free text stays."""
    code, _colon, ticket = reason.partition(":")
    if code in SegmentReason.values:
        return (
            str(SegmentReason(code).label) % {"ticket": ticket} if ticket else str(SegmentReason(code).label)
        )
    return reason


def words_of_likeness(reason: Alike) -> str:
    """What two tickets share, in words."""
    return {
        Alike.ASSET: _("same asset"),
        Alike.SITE: _("same site"),
        Alike.CONTACT: _("same contact"),
        Alike.CUSTOMER: _("same customer"),
        Alike.TOPIC: _("same topic"),
        Alike.WORDS: _("similar words"),
    }[reason]
