"""Choices of tickets."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class TicketStatus(models.TextChoices):
    """Where a ticket stands."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")
    MERGED = "merged", _("Merged")
    SPAM = "spam", _("Spam")


class WaitingFor(models.TextChoices):
    """For whom or what a waiting ticket waits."""

    CUSTOMER = "customer", _("Customer")
    PARTS = "parts", _("Parts")
    PROVIDER = "provider", _("Provider")
    VISIT = "visit", _("Scheduled visit")


class TicketKind(models.TextChoices):
    """What sort of need it is."""

    PROBLEM = "problem", _("Problem")
    REQUEST = "request", _("Request")
    COMPLAINT = "complaint", _("Complaint")


class Priority(models.IntegerChoices):
    """How urgent: 1 is the most urgent."""

    P1 = 1, "P1"
    P2 = 2, "P2"
    P3 = 3, "P3"
    P4 = 4, "P4"


class MessageKind(models.TextChoices):
    """Who may read a message of a ticket."""

    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal note")


class Direction(models.TextChoices):
    """Whose words they are."""

    INBOUND = "in", _("From the customer")
    OUTBOUND = "out", _("From us")


class SlaKpi(models.TextChoices):
    """What an SLA clock measures."""

    FIRST_RESPONSE = "first_response", _("First response")
    NEXT_RESPONSE = "next_response", _("Next response")
    ARRIVAL = "arrival", pgettext_lazy("promise", "On site")
    RESOLUTION = "resolution", _("Resolution")
    OTHER = "other", _("Between two events")


class SlaEvent(models.TextChoices):
    """What starts a clock, and what it is met by."""

    OPENED = "opened", _("Ticket opened")
    CUSTOMER_WROTE = "customer_wrote", _("Customer wrote")
    TAKEN = "taken", _("Somebody took it")
    WE_REPLIED = "we_replied", _("We replied")
    WORK_ORDERED = "work_ordered", _("Work order made")
    ARRIVED = "arrived", _("Arrived on site")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")


class OnReopen(models.TextChoices):
    """What a met clock does when its ticket is reopened."""

    CONTINUE = "continue", _("Continue")
    RESTART = "restart", _("Start again")


class ClockState(models.TextChoices):
    """How an SLA clock stands."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    MET = "met", _("Met")
    BREACHED = "breached", _("Late")
    CANCELLED = "cancelled", _("Cancelled")


class TimerKind(models.TextChoices):
    """What a timer fires."""

    WARN = "warn", _("Warning")
    BREACH = "breach", _("Breach")


class PolicyReason(models.TextChoices):
    """What of a ticket its SLA policy named; joined with "+" where it named several things."""

    KIND = "kind", _("this kind of ticket")
    CONTRACT = "contract", _("this contract")
    WORK_TYPE = "work_type", _("this work type")
    PRIORITY = "priority", _("this priority")
    TIER = "tier", _("this tier")
    ANY = "any", _("every ticket")

    @classmethod
    def worded(cls, codes: str) -> str:
        """A sentence in the reader's language for codes joined with "+"."""
        words = [str(cls(code).label) for code in codes.split("+") if code in cls.values]
        if words in ([], [str(cls.ANY.label)]):
            return gettext("It holds for every ticket")
        return gettext("It names %(what)s") % {"what": gettext(" and ").join(words)}


class SegmentReason(models.TextChoices):
    """Why a clock began to run, stopped or went on."""

    OPENED = "opened", _("Ticket opened")
    HAPPENED = "happened", _("What it measures began")
    WAITING = "waiting", _("Waiting for the customer")
    ON_HOLD = "on_hold", _("Waiting, as the policy allows")
    CONTINUED = "continued", _("Work goes on")
    CUSTOMER_REPLIED = "customer_replied", _("The customer replied")
    WE_REPLIED = "we_replied", _("We replied")
    TOLD = "told", _("The customer was told of the visit")
    CAME = "came", _("Our engineer was there")
    RETARGETED = "retargeted", _("Another promise holds")
    PUBLISHED = "published", _("The policy was changed")
    CALENDAR = "calendar", _("The calendar was changed")
    ARRIVED = "arrived", _("Arrived on site")
    ON_SITE = "on_site", _("Arrived on site for %(thing)s")
    RESOLVED = "resolved", _("Resolved")
    REOPENED = "reopened", _("Reopened")
    ENDED = "ended", _("What it measures happened")
    DROPPED = "dropped", _("No longer needed")
    CARRIED = "carried", _("Carried over from %(thing)s")
    MERGED = "merged", _("Goes on in %(thing)s")


class EscalationMoment(models.TextChoices):
    """When an escalation acts."""

    WARN = "warn", _("When the promise is at risk")
    BREACH = "breach", _("When the promise is broken")
    AFTER = "after", _("Some time after the promise was broken")


class EscalationAct(models.TextChoices):
    """What an escalation does."""

    NOTIFY = "notify", _("Tell")
    REASSIGN = "reassign", _("Give the ticket to")
    RAISE = "raise", _("Raise the priority")
    RULE = "rule", _("Call a rule")


class EscalationWhom(models.TextChoices):
    """Whom an escalation tells, or gives the ticket to."""

    OWNER = "owner", _("The owner")
    ON_CALL = "on_call", _("Whoever is on call")
    ROLE = "role", pgettext_lazy("escalation", "A role")
    MEMBER = "member", _("One person")
