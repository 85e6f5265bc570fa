"""Read models for the figures."""

from __future__ import annotations

from django.db import models

from dispatch.models import Visit
from tenants.models import TenantModel
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
