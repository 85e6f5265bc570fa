"""Choices of feedback."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LinkPurpose(models.TextChoices):
    """What a customer's link is good for, and nothing else."""

    TRACK = "track", _("Follow the visit")
    RATE = "rate", _("Rate the visit")
    CHOOSE = "choose", _("Choose another time")


class RatingReason(models.TextChoices):
    """What a customer liked or missed."""

    ON_TIME = "on_time", _("On time")
    CLEAR = "clear", _("Explained clearly")
    POLITE = "polite", _("Polite")
    FIXED = "fixed", _("Fixed the first time")
    TIDY = "tidy", _("Left it tidy")


class RecoveryStatus(models.TextChoices):
    """Where the follow-up to a bad rating stands."""

    OPEN = "open", pgettext_lazy("recovery", "Open")
    DONE = "done", _("Done")


class Flag(models.TextChoices):
    """Why a rating deserves a second look. It is kept all the same, but left out of what pay is made of."""

    FAST = "fast", _("Within five seconds")
    NO_PAGE = "no_page", _("Page was not opened")
    STAFF_SESSION = "staff_session", _("From a signed-in colleague's browser")
    ENGINEER_ADDRESS = "engineer_address", _("From the engineer's network")
    BY_STAFF = "by_staff", _("Entered by us for the customer")
