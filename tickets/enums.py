"""Choices of tickets."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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
    ARRIVAL = "arrival", pgettext_lazy("promise", "On site")
    RESOLUTION = "resolution", _("Resolution")


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
    """Why an SLA policy was chosen."""

    TIER_AND_PRIORITY = "tier_and_priority", _("It names this tier and this priority")
    PRIORITY = "priority", _("It names this priority")
    TIER = "tier", _("It names this tier")
    ANY = "any", _("It holds for every ticket")


class SegmentReason(models.TextChoices):
    """Why a clock began to run, stopped or went on."""

    OPENED = "opened", _("Ticket opened")
    WAITING = "waiting", _("Waiting for the customer")
    CONTINUED = "continued", _("Work goes on")
    CUSTOMER_REPLIED = "customer_replied", _("The customer replied")
    WE_REPLIED = "we_replied", _("We replied")
    RETARGETED = "retargeted", _("Another promise holds")
    ARRIVED = "arrived", _("Arrived on site")
    RESOLVED = "resolved", _("Resolved")
    REOPENED = "reopened", _("Reopened")
    DROPPED = "dropped", _("No longer needed")
