"""Visits and requests as the customer reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formats import local_date
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from dispatch.queries import told_of
from dispatch.rules import UNDER_WAY, Window
from feedback import rules
from tickets.enums import TicketStatus, WaitingFor
from tickets.models import Ticket

V = VisitStatus

TRACK_STEPS = (
    ("calendar-check", gettext_lazy("Booked")),
    ("car", gettext_lazy("On the way")),
    ("tool", gettext_lazy("Working")),
    ("circle-check", gettext_lazy("Done")),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One dot of the customer's line; `place` is "past", "here" or "" for what comes."""

    icon: str
    word: str
    place: str


def lead_of(together: Sequence[Visit]) -> Visit:
    """The one of visits that go together by whom the customer sees how far they are: somebody still under way, else
    who is furthest."""
    chosen = [visit for visit in together if visit.status in UNDER_WAY] or together
    status = rules.status_together(visit.status for visit in chosen)
    return next(visit for visit in chosen if visit.status == status)


def window_of(visit: Visit) -> Window:
    """When the engineer arrives, as the customer is told."""
    return rules.arrival_window(
        start_at=visit.start_at,
        told=told_of(visit),
        travel_started_at=visit.travel_started_at,
        travel_minutes=visit.travel_minutes,
    )


def steps_of(visit: Visit) -> list[Step]:
    """The line of four dots; empty for a visit that has left it."""
    here = rules.STEPS.get(visit.status)
    if here is None:
        return []
    last = len(TRACK_STEPS) - 1
    return [
        Step(icon, str(word), "past" if n < here else "here" if n == here and here <= last else "")
        for n, (icon, word) in enumerate(TRACK_STEPS)
    ]


def sentence_of(visit: Visit) -> str:
    """Where the visit stands, in one sentence."""
    return {
        V.TRAVELLING: _("The engineer is on the way to you."),
        V.ON_SITE: _("The engineer is with you and working."),
        V.PAUSED: _("The work is paused for a moment and will go on."),
        V.DONE: _("The work is done. Thank you."),
        V.COULD_NOT_COMPLETE: _("We could not finish this time. We will call you to arrange another visit."),
        V.NO_SHOW: _("We did not meet you this time. We will call you to arrange another visit."),
        V.CANCELLED: _("This visit will not take place. We will be in touch if another one is needed."),
    }.get(VisitStatus(visit.status), _("Your visit is booked. This page follows it; no need to call."))


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
