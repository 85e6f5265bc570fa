"""Choices of planning."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RunState(models.TextChoices):
    """Where a planning run stands."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Planning")
    PROPOSED = "proposed", pgettext_lazy("planning run", "Proposed")
    NOTHING = "nothing", _("Nothing to decide")
    CLOSED = "closed", pgettext_lazy("planning run", "Closed")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class RunKind(models.TextChoices):
    """What a planning run is for."""

    BUILD = "build", _("Build the plan")
    REPAIR = "repair", _("Re-plan after a disruption")


class ChangeKind(models.TextChoices):
    """What a proposal does to one work order."""

    ADD = "add", _("Plan")
    MOVE = "move", _("Move")
    ASK = "ask", _("Needs the customer's consent")
    UNPLAN = "unplan", _("Take off the plan")
    KEEP = "keep", _("Leave")
    UNSERVED = "unserved", _("Not planned")


class ChangeState(models.TextChoices):
    """What came of a proposed change."""

    OPEN = "open", pgettext_lazy("proposed change", "Open")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Refused")
    STALE = "stale", _("Overtaken")
