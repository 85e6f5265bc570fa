"""Visits and ratings as the customer reads them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dispatch.enums import VisitStatus
from dispatch.models import Visit
from dispatch.queries import told_of
from dispatch.rules import Window
from feedback import rules

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
