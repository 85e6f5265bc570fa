"""Choices of scheduling."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VisitStatus(models.TextChoices):
    """Where a visit stands."""

    PROPOSED = "proposed", _("Proposed")
    SCHEDULED = "scheduled", _("Scheduled")
    DISPATCHED = "dispatched", pgettext_lazy("visit", "Sent")
    ACCEPTED = "accepted", _("Accepted")
    TRAVELLING = "travelling", _("Travelling")
    ON_SITE = "on_site", _("On site")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    COULD_NOT_COMPLETE = "could_not_complete", _("Could not complete")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("No-show")


class WorkOrderStatus(models.TextChoices):
    """Derived from the visits; the last two come from settlement."""

    UNSCHEDULED = "unscheduled", _("Unscheduled")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    ACCEPTED = "accepted", _("Accepted")
    SETTLED = "settled", _("Settled")
    CANCELLED = "cancelled", _("Cancelled")


class LockLevel(models.TextChoices):
    """How firmly a visit was promised."""

    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    COMMITTED = "committed", _("Committed")


class Strategy(models.TextChoices):
    """How a rule picks among the engineers who can."""

    EARLIEST = "earliest", _("Earliest arrival")
    NEAREST = "nearest", _("Nearest")
    LEAST_LOADED = "least_loaded", _("Least loaded")


class RunOutcome(models.TextChoices):
    """What came of a rule."""

    ASSIGNED = "assigned", _("Assigned")
    NOBODY = "nobody", _("Nobody can")
    NO_RULE = "no_rule", _("No rule applies")
    SKIPPED = "skipped", _("Not needed")


class Rule(models.TextChoices):
    """Hard rules of the evaluator: why somebody cannot."""

    SKILL = "skill", _("Lacks a skill")
    CERTIFICATE = "certificate", _("Certificate has expired")
    TERRITORY = "territory", _("Outside the territory")
    SHIFT = "shift", _("Outside working time")
    ABSENCE = "absence", _("Absent")
    OVERLAP = "overlap", _("Another visit at that time")
    WINDOW = "window", _("Outside the window")
    INACTIVE = "inactive", _("Not active")
    TRAVEL = "travel", _("Cannot get there in time")
