"""Read models for the figures."""

from __future__ import annotations

from django.db import models

from channels.enums import Channel
from dispatch.models import Visit
from tenants.models import TenantModel
from tickets.models import Ticket, Topic
from workforce.models import Engineer


class VisitFigures(TenantModel):
    """What one finished visit adds to the figures; rewritten by handlers from the facts.

    `is_repeat`: the same kind of work was done on the same asset (or site) in the 30 days before.
    """

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="figures")
    engineer = models.ForeignKey(Engineer, on_delete=models.CASCADE, related_name="+")
    area = models.CharField(max_length=80, blank=True)
    completed_on = models.DateField()
    is_on_time = models.BooleanField(null=True)
    late_minutes = models.IntegerField(default=0)
    work_minutes = models.PositiveIntegerField(default=0)
    travel_minutes = models.PositiveIntegerField(default=0)
    is_repeat = models.BooleanField(default=False)
    score = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "visit"], name="visit_figures_uniq")]
        indexes = [models.Index(fields=["tenant", "completed_on"], name="visit_figures_day_idx")]

    def __str__(self) -> str:
        return f"{self.visit} {self.completed_on}"


class InquiryFigures(TenantModel):
    """What one ticket adds to the figures of intake; rewritten by handlers from the facts when it changes.

    Day and hour are of the tenant's zone. `response_minutes` runs on the wall clock from the opening to our
    first public answer; `handling_seconds` is how long people had the ticket open. Spam and merged tickets
    are nobody's inquiry: they have no row.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.SET_NULL, null=True, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    opened_on = models.DateField()
    opened_hour = models.PositiveSmallIntegerField()
    response_minutes = models.PositiveIntegerField(null=True)
    handling_seconds = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    is_resolved = models.BooleanField(default=False)
    reopened = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "ticket"], name="inquiry_figures_uniq")]
        indexes = [models.Index(fields=["tenant", "opened_on"], name="inquiry_figures_day_idx")]

    def __str__(self) -> str:
        return f"{self.ticket} {self.opened_on}"
